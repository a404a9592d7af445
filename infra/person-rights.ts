/** What each role of a person may do. A role without rights is a name the ledger can speak of, and no more. */
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Zone } from '../pipeline/zones.ts';
import { keys } from '../pipeline/zones.ts';
import { allow } from './constructs/zone-access.ts';
import type { Partner, StaffRole } from './declared.ts';
import {
  MACHINES,
  analystsWorkGroup,
  bucketArn,
  executionsArn,
  functionArn,
  glueArns,
  landingBucketArn,
  machineArn,
  workGroupArn,
} from './names.ts';

/** Keys of what a person of this partner may come near. */
interface PersonKeys {
  readonly zone: Readonly<Record<Exclude<Zone, 'landing'>, string>>;
  readonly landing: string;
  readonly signing: string;
}

type Rights = (partner: Partner, keyArns: PersonKeys) => readonly PolicyStatement[];

export const PERSON_RIGHTS: Readonly<Record<StaffRole, Rights>> = {
  uploader: (partner, { landing }) => [
    ...callFunction('issue-upload-url'),
    ...readPrefixes(landingBucketArn(partner.id), landing, [keys.landing.receipts]),
  ],
  approver: (_, { signing }) => [
    ...callFunction('agreements'),
    ...allow(['kms:GetPublicKey', 'kms:Sign'], [signing]),
  ],
  analyst: (partner, { zone }) => [
    ...callFunction('agreements'),
    ...readPrefixes(bucketArn('reports'), zone.reports, [
      keys.reports.packs(partner.id),
      `cells/recipient=${partner.id}/`,
    ]),
    ...queryReleased(partner, zone['query-results']),
  ],
  auditor: (_, { zone }) => readPrefixes(bucketArn('ledger'), zone.ledger, ['']),
  operator: (_, { zone }) => [
    ...callFunction('agreements'),
    ...readPrefixes(bucketArn('control'), zone.control, [keys.control.runs, keys.control.releases]),
    ...allow(
      ['states:DescribeStateMachine', 'states:ListExecutions', 'states:StartExecution'],
      MACHINES.map(machineArn),
    ),
    ...allow(
      ['states:DescribeExecution', 'states:GetExecutionHistory', 'states:StopExecution'],
      MACHINES.map(executionsArn),
    ),
  ],
  author: () => callFunction('agreements'),
  // The small team that does the matching may see who was matched with whom, and by which of a partner's own keys.
  matcher: (_, { zone }) =>
    readPrefixes(bucketArn('link-state'), zone['link-state'], ['state/', 'collection_month=']),
  dpo: () => [],
  reviewer: () => [],
};

/** Since October 2025 a function URL asks for both actions; the condition keeps the second from being used directly. */
function callFunction(name: string): PolicyStatement[] {
  return [
    ...allow(['lambda:InvokeFunctionUrl'], [functionArn(name)], {
      StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' },
    }),
    ...allow(['lambda:InvokeFunction'], [functionArn(name)], {
      Bool: { 'lambda:InvokedViaFunctionUrl': 'true' },
    }),
    // How a client finds the address by the function's name.
    ...allow(['lambda:GetFunctionUrlConfig'], [functionArn(name)]),
  ];
}

function readPrefixes(bucket: string, keyArn: string, prefixes: readonly string[]): PolicyStatement[] {
  return [
    ...allow(['s3:ListBucket'], [bucket], {
      StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) },
    }),
    ...allow(
      ['s3:GetObject'],
      prefixes.map((prefix) => `${bucket}/${prefix}*`),
    ),
    ...allow(['kms:Decrypt'], [keyArn]),
  ];
}

function queryReleased(partner: Partner, resultsKeyArn: string): PolicyStatement[] {
  const results = bucketArn('query-results');
  const own = keys.queryResults.analysts(partner.id);
  return [
    ...allow(ATHENA_QUERYING, [workGroupArn(analystsWorkGroup(partner.short))]),
    ...allow(
      ['glue:GetDatabase', 'glue:GetPartition', 'glue:GetPartitions', 'glue:GetTable', 'glue:GetTables'],
      glueArns('tvt_reports'),
    ),
    ...allow(['s3:GetBucketLocation'], [bucketArn('reports'), results]),
    ...readPrefixes(results, resultsKeyArn, [own]),
    ...allow(
      ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:PutObject'],
      [`${results}/${own}*`],
    ),
    ...allow(['kms:GenerateDataKey'], [resultsKeyArn]),
  ];
}

const ATHENA_QUERYING = [
  'athena:BatchGetQueryExecution',
  'athena:CreatePreparedStatement',
  'athena:DeletePreparedStatement',
  'athena:GetPreparedStatement',
  'athena:GetQueryExecution',
  'athena:GetQueryResults',
  'athena:GetWorkGroup',
  'athena:ListPreparedStatements',
  'athena:ListQueryExecutions',
  'athena:StartQueryExecution',
  'athena:StopQueryExecution',
];
