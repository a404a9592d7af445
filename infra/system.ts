/** The whole system as CDK stacks, in the order things depend on one another. */
import { Tags, Validations, type App } from 'aws-cdk-lib';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Declared } from './declared.ts';
import { REGION, keepInRegion } from './region.ts';
import { CatalogueStack } from './stacks/catalogue-stack.ts';
import { FunctionsStack } from './stacks/functions-stack.ts';
import { PartnersStack } from './stacks/partners-stack.ts';
import { PeopleStack } from './stacks/people-stack.ts';
import { WorkflowsStack } from './stacks/workflows-stack.ts';
import { ZonesStack } from './stacks/zones-stack.ts';

export interface SystemProps {
  readonly declared: Declared;
  readonly code: (functionName: string) => Code;
  readonly layerFolder: string;
}

export function thamesValleyTogether(app: App, { declared, code, layerFolder }: SystemProps): void {
  const { partners, schemas, reports } = declared;
  // No account: names carry the account's own id, so one template serves every account.
  const env = { region: REGION };

  const zones = new ZonesStack(app, 'TvtZones', { env, reports });
  const { accessLogs, keyArns: zoneKeyArns, pseudonymKeyArn, logKeyArn } = zones;
  const { landingKeyArns, signingKeyArns } = new PartnersStack(app, 'TvtPartners', {
    env,
    partners,
    accessLogs,
  });
  const keys = { zoneKeyArns, landingKeyArns, signingKeyArns };
  new CatalogueStack(app, 'TvtCatalogue', {
    env,
    schemas,
    partners,
    queryResultsKeyArn: zoneKeyArns['query-results'],
  });
  new FunctionsStack(app, 'TvtFunctions', { env, ...keys, pseudonymKeyArn, logKeyArn, code, layerFolder });
  new WorkflowsStack(app, 'TvtWorkflows', { env, declared, logKeyArn });
  new PeopleStack(app, 'TvtPeople', { env, partners, ...keys });

  Tags.of(app).add('system', 'thames-valley-together');
  keepInRegion(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
