/** Loads the synthesised CloudFormation templates of a cloud assembly: what is not in them does not exist locally. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { TemplateResource, Templates } from './service.ts';
import { Document, LOCAL_ACCOUNT, REGION, type Stack } from './template-document.ts';
import { isRecord, resolver, type Resolver } from './template-intrinsics.ts';

const Manifest = z.object({
  artifacts: z
    .record(
      z.string(),
      z.object({
        type: z.string(),
        properties: z
          .object({
            templateFile: z.string().optional(),
            stackName: z.string().optional(),
            directoryName: z.string().optional(),
          })
          .optional(),
      }),
    )
    .default({}),
});

const Assets = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

/** Reads every stack of `directory`; resolves a resource when it is first asked for, and names it when it cannot. */
export function loadTemplates(options: { readonly directory: string; readonly endpoint: string }): Templates {
  const directory = resolve(options.directory);
  if (!existsSync(directory)) {
    throw new Error(`There are no templates at ${directory}: synthesise them first (npx cdk synth).`);
  }
  const stacks = readStacks(directory);
  if (stacks.length === 0) throw new Error(`No template was found in ${directory}.`);
  const resolve_ = resolver(stacks, { account: LOCAL_ACCOUNT, region: REGION, endpoint: options.endpoint });
  const resources = new Map<string, readonly TemplateResource[]>();
  const assets = readAssets(directory);
  return {
    account: LOCAL_ACCOUNT,
    region: REGION,
    byType(type) {
      const known = resources.get(type) ?? resourcesOfType(stacks, type, resolve_);
      resources.set(type, known);
      return known;
    },
    outputs: outputsOf(stacks, resolve_),
    assetFolder(s3Key) {
      const path = assets.get(s3Key);
      if (path === undefined) throw new Error(`No file asset of the templates has the key ${s3Key}.`);
      return path;
    },
  };
}

function resourcesOfType(stacks: readonly Stack[], type: string, resolve_: Resolver): TemplateResource[] {
  return stacks.flatMap((stack) =>
    Object.entries(stack.document.Resources)
      .filter(([, resource]) => resource.Type === type && resolve_.holds(stack, resource.Condition))
      .map(([logicalId, resource]) => {
        const properties = resolve_.value(stack, logicalId, resource.Properties);
        if (!isRecord(properties))
          throw new Error(`${stack.name}/${logicalId}: its properties are no object.`);
        return { stack: stack.name, logicalId, type, properties };
      }),
  );
}

function outputsOf(stacks: readonly Stack[], resolve_: Resolver): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const stack of stacks) {
    for (const [name, output] of Object.entries(stack.document.Outputs)) {
      // Resolved when read: an output nobody reads may speak of a resource the stand-in does not know.
      Object.defineProperty(outputs, name, {
        enumerable: true,
        get: () => String(resolve_.value(stack, `output ${name}`, output.Value)),
      });
    }
  }
  return outputs;
}

/** Stacks of the manifest, those of nested assemblies (CDK stages) included; a folder of bare templates will do. */
function readStacks(directory: string): Stack[] {
  const manifestFile = join(directory, 'manifest.json');
  if (!existsSync(manifestFile)) {
    return readdirSync(directory)
      .filter((file) => file.endsWith('.template.json'))
      .sort()
      .map((file) => readStack(join(directory, file), file.slice(0, -'.template.json'.length)));
  }
  const { artifacts } = Manifest.parse(JSON.parse(readFileSync(manifestFile, 'utf8')));
  return Object.entries(artifacts).flatMap(([id, { type, properties }]) => {
    if (type === 'cdk:cloud-assembly' && properties?.directoryName !== undefined) {
      return readStacks(join(directory, properties.directoryName));
    }
    if (type !== 'aws:cloudformation:stack' || properties?.templateFile === undefined) return [];
    return [readStack(join(directory, properties.templateFile), properties.stackName ?? id)];
  });
}

function readStack(file: string, name: string): Stack {
  const document = Document.parse(JSON.parse(readFileSync(file, 'utf8')));
  const nested = Object.entries(document.Resources).find(
    ([, { Type }]) => Type === 'AWS::CloudFormation::Stack',
  );
  if (nested !== undefined) throw new Error(`${name}/${nested[0]}: nested stacks are not loaded.`);
  return { name, document };
}

/** Object key of every file asset → its file or folder. */
function readAssets(directory: string): Map<string, string> {
  const assets = new Map<string, string>();
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name.startsWith('assembly-')) {
      for (const [key, path] of readAssets(join(directory, entry.name))) assets.set(key, path);
    }
    if (!entry.name.endsWith('.assets.json')) continue;
    const { files } = Assets.parse(JSON.parse(readFileSync(join(directory, entry.name), 'utf8')));
    for (const { source, destinations } of Object.values(files)) {
      for (const { objectKey } of Object.values(destinations)) {
        assets.set(objectKey, resolve(directory, source.path));
      }
    }
  }
  return assets;
}
