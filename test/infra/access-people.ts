import { expect, test } from 'vitest';
import { ROOMS, STAFF_ROLES, readDeclared } from '../../infra/declared.ts';
import { accessLines } from './access-lines.ts';
import { roleStatements, synthesised } from './synthesised.ts';

const called = (name: string): string[] => [
  `lambda:GetFunctionUrlConfig function:tvt-${name}`,
  `lambda:InvokeFunction function:tvt-${name} when Bool lambda:InvokedViaFunctionUrl true`,
  `lambda:InvokeFunctionUrl function:tvt-${name} when StringEquals lambda:FunctionUrlAuthType AWS_IAM`,
];

/** What a person of each role may do; <own> is the partner, <short> its short name. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  uploader: [...called('issue-upload-url'), 'landing-<own>: list receipts/*; read receipts/*'],
  approver: [
    ...called('agreements'),
    'kms:GetPublicKey key:tvt-signing-<own>',
    'kms:Sign key:tvt-signing-<own>',
  ],
  analyst: [
    ...called('agreements'),
    ...[
      'BatchGetQueryExecution',
      'CreatePreparedStatement',
      'DeletePreparedStatement',
      'GetPreparedStatement',
    ].map(own),
    ...['GetQueryExecution', 'GetQueryResults', 'GetWorkGroup', 'ListPreparedStatements'].map(own),
    ...['ListQueryExecutions', 'StartQueryExecution', 'StopQueryExecution'].map(own),
    ...['Database', 'Partition', 'Partitions', 'Table', 'Tables'].flatMap((what) => [
      `glue:Get${what} catalog`,
      `glue:Get${what} database/tvt_reports`,
      `glue:Get${what} table/tvt_reports/*`,
    ]),
    'query-results: list analysts/<own>/*; read analysts/<own>/*; write analysts/<own>/*',
    'reports: list packs/recipient=<own>/* cells/recipient=<own>/*; read cells/recipient=<own>/* packs/recipient=<own>/*',
    's3:AbortMultipartUpload query-results/analysts/<own>/*',
    's3:GetBucketLocation query-results',
    's3:GetBucketLocation reports',
    's3:ListMultipartUploadParts query-results/analysts/<own>/*',
  ],
  operator: [
    ...called('agreements'),
    'control: list runs/* releases/*; read releases/* runs/*',
    ...['daily-run', 'release'].flatMap((machine) => [
      `states:DescribeExecution execution:tvt-${machine}:*`,
      `states:DescribeStateMachine stateMachine:tvt-${machine}`,
      `states:GetExecutionHistory execution:tvt-${machine}:*`,
      `states:ListExecutions stateMachine:tvt-${machine}`,
      `states:StartExecution stateMachine:tvt-${machine}`,
      `states:StopExecution execution:tvt-${machine}:*`,
    ]),
  ],
  auditor: ['ledger: list *; read *'],
  author: called('agreements'),
  matcher: ['link-state: list state/* collection_month=*; read collection_month=* state/*'],
  dpo: [],
  reviewer: [],
};

function own(action: string): string {
  return `athena:${action} workgroup/tvt-analysts-<short>`;
}

const system = synthesised();
const { partners } = readDeclared(ROOMS);
const held = partners.flatMap((partner) =>
  [...new Set(partner.staff.map(({ role }) => role))].map((role) => ({
    partner,
    role,
    short: partner.short,
  })),
);

test('the table of rights knows every role a person can hold', () => {
  expect(Object.keys(MAY).sort()).toEqual([...STAFF_ROLES].sort());
});

test.each(held)('a person who is $role at $short may do this and no more', ({ partner, role, short }) => {
  const lines = accessLines(roleStatements(system, `tvt-person-${short}-${role}`));

  const expected = (MAY[role] ?? []).map((line) =>
    line.replaceAll('<own>', partner.id).replaceAll('<short>', short),
  );
  expect(lines).toEqual(expected.sort());
});

test('there is one role for each role somebody holds, and none besides', () => {
  const roles = system
    .ofType('AWS::IAM::Role')
    .map(({ properties }) => String(properties.RoleName))
    .filter((name) => name.startsWith('tvt-person-'));

  expect(roles.sort()).toEqual(held.map(({ short, role }) => `tvt-person-${short}-${role}`).sort());
});

test('a role of a person lasts an hour at most and is taken only under the name of somebody the partner names', () => {
  for (const { partner, role, short } of held) {
    const properties = system
      .ofType('AWS::IAM::Role')
      .find(({ properties: { RoleName } }) => RoleName === `tvt-person-${short}-${role}`)?.properties;
    const named = partner.staff.filter((person) => person.role === role).map(({ id }) => id);

    expect(properties).toMatchObject({
      MaxSessionDuration: 3600,
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Condition: {
              StringEquals: {
                'sts:RoleSessionName': named.length === 1 ? expect.toBeOneOf([named, named[0]]) : named,
              },
            },
          },
        ],
      },
      Tags: expect.arrayContaining([
        { Key: 'partner', Value: partner.id },
        { Key: 'role', Value: role },
      ]),
    });
  }
});
