/** What `cdk synth` runs: reads the declared truth, bundles the functions, and builds the stacks. */
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { bundleFunctions } from './bundle.ts';
import { LAYER_FOLDER } from './constructs/duckdb-layer.ts';
import { ROOMS, readDeclared, type Rooms } from './declared.ts';
import { FUNCTIONS } from './function-list.ts';
import { refuseAnotherRegion } from './region.ts';
import { thamesValleyTogether } from './system.ts';

const app = new App();

try {
  refuseAnotherRegion(textFromContext('region'), process.env);
  const bundles = bundleFunctions(FUNCTIONS, process.cwd());
  thamesValleyTogether(app, {
    declared: readDeclared(roomsFromContext()),
    code: (name) => Code.fromAsset(bundles.get(name)?.folder ?? ''),
    layerFolder: LAYER_FOLDER,
  });
  app.synth();
} catch (error) {
  // A sentence is what a person needs here, not a stack trace through CDK.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function roomsFromContext(): Rooms {
  const folder = (room: keyof Rooms): string => textFromContext(room) ?? ROOMS[room];
  return {
    partnersDir: folder('partnersDir'),
    schemaDir: folder('schemaDir'),
    reportsDir: folder('reportsDir'),
    workflowsDir: folder('workflowsDir'),
  };
}

function textFromContext(name: string): string | undefined {
  const given: unknown = app.node.tryGetContext(name);
  return typeof given === 'string' ? given : undefined;
}
