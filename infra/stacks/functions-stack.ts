/** The functions, each with exactly the rights infra/function-list.ts writes down for it. */
import { Aws, Stack, type StackProps } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { PartnerId, Zone } from '../../pipeline/zones.ts';
import { DuckdbLayer } from '../constructs/duckdb-layer.ts';
import { PipelineFunction } from '../constructs/pipeline-function.ts';
import { allow, zoneStatements, type Store } from '../constructs/zone-access.ts';
import { FUNCTIONS, type FunctionPlan, type OtherRight } from '../function-list.ts';
import { REGION } from '../region.ts';
import {
  GATE_WORK_GROUP,
  PSEUDONYM_ALIAS,
  bucketArn,
  executionsArn,
  glueArns,
  landingBucketArn,
  machineArn,
  workGroupArn,
} from '../names.ts';

export interface FunctionsStackProps extends StackProps {
  readonly zoneKeyArns: Readonly<Record<Exclude<Zone, 'landing'>, string>>;
  readonly landingKeyArns: ReadonlyMap<PartnerId, string>;
  readonly signingKeyArns: ReadonlyMap<PartnerId, string>;
  readonly pseudonymKeyArn: string;
  readonly logKeyArn: string;
  readonly code: (functionName: string) => Code;
  readonly layerFolder: string;
}

export class FunctionsStack extends Stack {
  constructor(scope: Construct, id: string, props: FunctionsStackProps) {
    super(scope, id, props);
    const { layer } = new DuckdbLayer(this, 'DuckDb', { folder: props.layerFolder });
    for (const plan of FUNCTIONS)
      new PipelineFunction(this, plan.name, {
        plan,
        code: props.code(plan.name),
        layer,
        statements: [
          ...plan.zones.flatMap((right) => zoneStatements(right, storesOf(right.zone, props))),
          ...plan.also.flatMap((right) => otherStatements(right, props)),
        ],
        environment: environmentOf(plan),
        logKeyArn: props.logKeyArn,
        classification: 'operational',
        retention: RetentionDays.ONE_YEAR,
      });
  }
}

function storesOf(zone: Zone, props: FunctionsStackProps): Store[] {
  if (zone !== 'landing') return [{ bucketArn: bucketArn(zone), keyArn: props.zoneKeyArns[zone] }];
  return [...props.landingKeyArns].map(([partner, keyArn]) => ({
    bucketArn: landingBucketArn(partner),
    keyArn,
  }));
}

function otherStatements(right: OtherRight, props: FunctionsStackProps): PolicyStatement[] {
  switch (right) {
    case 'pseudonyms':
      return allow(['kms:GenerateMac'], [props.pseudonymKeyArn]);
    case 'signing-public-keys':
      return allow(['kms:GetPublicKey'], [...props.signingKeyArns.values()]);
    case 'gate-start':
      return [
        ...allow(['athena:StartQueryExecution'], [workGroupArn(GATE_WORK_GROUP)]),
        // Athena reads and writes as its caller: the table definitions, and where its results lie.
        ...allow(
          ['glue:GetDatabase', 'glue:GetPartition', 'glue:GetPartitions', 'glue:GetTable', 'glue:GetTables'],
          glueArns('tvt_linked'),
        ),
        ...allow(['s3:GetBucketLocation'], [bucketArn('linked'), bucketArn('query-results')]),
        ...allow(
          ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
          [`${bucketArn('query-results')}/gate/*`],
        ),
      ];
    case 'gate-look':
      return allow(['athena:GetQueryExecution'], [workGroupArn(GATE_WORK_GROUP)]);
    case 'judge-agreements':
      return [];
    case 'daily-run-look':
      return allow(['states:DescribeExecution'], [executionsArn('daily-run')]);
  }
}

/** Bucket names follow from the account id (pipeline/zones.ts); the rest is told only to those who use it. */
function environmentOf(plan: FunctionPlan): Record<string, string> {
  const told: Record<OtherRight, readonly (readonly [string, string])[]> = {
    pseudonyms: [['TVT_PSEUDONYM_KEY', `alias/${PSEUDONYM_ALIAS}`]],
    'signing-public-keys': [],
    'gate-start': [['TVT_GATE_WORK_GROUP', GATE_WORK_GROUP]],
    'gate-look': [],
    // A signature given in one installation is worth nothing in another.
    'judge-agreements': [['TVT_ENVIRONMENT', `tvt:${Aws.ACCOUNT_ID}:${REGION}`]],
    'daily-run-look': [['TVT_DAILY_RUN_ARN', machineArn('daily-run')]],
  };
  return Object.fromEntries([['TVT_SUFFIX', Aws.ACCOUNT_ID], ...plan.also.flatMap((right) => told[right])]);
}
