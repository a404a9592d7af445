/** The authoriser: identity policies, boundaries, bucket and key policies and their conditions, as decision tables. */
import { beforeEach, describe, expect, it } from 'vitest';
import { collectPolicies } from '../../local/iam-policies.ts';
import { createAuthoriser } from '../../local/iam.ts';
import { whileServing } from '../../local/current-call.ts';
import { createKeyring } from '../../local/credentials.ts';
import { arnOf } from '../../local/resource-names.ts';
import {
  ServiceError,
  type Authoriser,
  type Call,
  type Principal,
  type TemplateResource,
  type Templates,
} from '../../local/service.ts';
import { loadTemplates } from '../../local/templates.ts';
import { FIXTURES } from './front-door-stand-in.ts';

const clock = {
  now: () => new Date('2026-03-01T12:00:00Z'),
  offsetMs: () => 0,
  moveTo: () => Promise.resolve(),
};
const templates = loadTemplates({ directory: FIXTURES, endpoint: 'http://localhost:4566' });
const account = templates.account;
const policies = collectPolicies(templates, arnOf);
const keyring = createKeyring({ rootKey: new Uint8Array(32), account, roles: policies.roles });
const who = (role: string): Principal => keyring.principalFor(role, `${role}-one`);
const BUCKET = 'arn:aws:s3:::tvt-records-000000000000';

let authoriser: Authoriser;
beforeEach(() => {
  authoriser = createAuthoriser({ policies, account, region: 'eu-west-2', clock });
});

type Context = Readonly<Record<string, string | readonly string[]>>;
function decide(role: string, action: string, resource: string, context?: Context): string {
  try {
    authoriser.require({ principal: who(role), action, resource, ...(context !== undefined && { context }) });
    return 'allowed';
  } catch (error) {
    if (error instanceof ServiceError && error.status === 403) return error.message;
    throw error;
  }
}
const noIdentity = 'because no identity-based policy allows';

describe('a decision', () => {
  it.each<readonly [string, string, string, string, Context | undefined, string]>([
    ['what an identity policy allows', 'keeper', 's3:GetObject', `${BUCKET}/months/a`, undefined, 'allowed'],
    [
      'nothing else on the same object',
      'keeper',
      's3:DeleteObject',
      `${BUCKET}/months/a`,
      undefined,
      noIdentity,
    ],
    [
      'nothing on another bucket',
      'keeper',
      's3:GetObject',
      'arn:aws:s3:::other/months/a',
      undefined,
      noIdentity,
    ],
    [
      'a listing under the prefix of the condition',
      'keeper',
      's3:ListBucket',
      BUCKET,
      { 's3:prefix': 'months/2026' },
      'allowed',
    ],
    [
      'no listing under another prefix',
      'keeper',
      's3:ListBucket',
      BUCKET,
      { 's3:prefix': 'state/' },
      noIdentity,
    ],
    ['no listing without a prefix', 'keeper', 's3:ListBucket', BUCKET, undefined, noIdentity],
    [
      'a Deny of the bucket policy over an Allow',
      'keeper',
      's3:GetObject',
      `${BUCKET}/sealed/a`,
      undefined,
      'with an explicit deny in a resource-based policy',
    ],
    [
      'an Allow of the bucket policy alone',
      'guest',
      's3:GetObject',
      `${BUCKET}/open/a`,
      undefined,
      'allowed',
    ],
    ['no more than that Allow', 'guest', 's3:PutObject', `${BUCKET}/open/a`, undefined, noIdentity],
    ['what identity and boundary both allow', 'bounded', 's3:GetObject', `${BUCKET}/a`, undefined, 'allowed'],
    [
      'nothing the boundary leaves out',
      'bounded',
      's3:PutObject',
      `${BUCKET}/a`,
      undefined,
      'because no permissions boundary allows',
    ],
    [
      'an old link, by the age of its signature',
      'keeper',
      's3:GetObject',
      `${BUCKET}/months/a`,
      { 's3:signatureAge': '300001' },
      'with an explicit deny in a resource-based policy',
    ],
    [
      'a young link',
      'keeper',
      's3:GetObject',
      `${BUCKET}/months/a`,
      { 's3:signatureAge': '299999' },
      'allowed',
    ],
    [
      'a policy variable nobody has a value for',
      'tvt-fn-example',
      's3:PutObject',
      `${BUCKET}/records/one/x`,
      undefined,
      noIdentity,
    ],
    [
      'keys of the same letters in another case',
      'keeper',
      's3:ListBucket',
      BUCKET,
      { 'S3:Prefix': 'months/x' },
      'allowed',
    ],
    ['objects whose key differs in case', 'guest', 's3:GetObject', `${BUCKET}/OPEN/a`, undefined, noIdentity],
    ['a key with colons', 'keeper', 's3:GetObject', `${BUCKET}/runs/02:00:00:x`, undefined, 'allowed'],
  ])('covers %s', (_what, role, action, resource, context, expected) => {
    expect(decide(role, action, resource, context)).toContain(expected);
  });

  it('says who, what and where in the words of AWS', () => {
    expect(decide('guest', 's3:PutObject', `${BUCKET}/x`)).toBe(
      `User: arn:aws:sts::000000000000:assumed-role/guest/guest-one is not authorized to perform: s3:PutObject on resource: "${BUCKET}/x" because no identity-based policy allows the s3:PutObject action`,
    );
  });

  it('takes no character of a key for a wildcard', () => {
    // `*` would overlap `open/*`, were it one.
    expect(decide('guest', 's3:GetObject', `${BUCKET}/*`)).toContain(noIdentity);
    expect(decide('guest', 's3:GetObject', `${BUCKET}/ope?/a`)).toContain(noIdentity);
    // A line break must not slip under the wildcard of a Deny.
    expect(decide('keeper', 's3:GetObject', `${BUCKET}/sealed/a\nb`)).toContain('explicit deny');
  });

  it('asks key policy and identity policy both', () => {
    const key = templates.byType('AWS::KMS::Key').find(({ logicalId }) => logicalId === 'ClosedKey');
    const closed = key === undefined ? '' : arnOf(key);
    expect(decide('barred', 'kms:Encrypt', closed)).toContain('no resource-based policy allows');
    expect(decide('keeper', 'kms:Encrypt', closed)).toBe('allowed');
    expect(decide('keeper', 'kms:GenerateDataKey', closed)).not.toBe('allowed');
  });

  it('reads the encryption context, in an Allow and in a Deny', () => {
    const key = templates.byType('AWS::KMS::Key').find(({ logicalId }) => logicalId === 'RecordsKey');
    const arn = key === undefined ? '' : arnOf(key);
    const context = (value: string): Context => ({ 'kms:EncryptionContext:aws:s3:arn': value });
    expect(decide('narrow', 'kms:Decrypt', arn, context(`${BUCKET}/mine`))).toBe('allowed');
    expect(decide('narrow', 'kms:Decrypt', arn, context(`${BUCKET}/theirs`))).not.toBe('allowed');
    expect(decide('narrow', 'kms:Decrypt', arn)).not.toBe('allowed');
    expect(decide('barred', 'kms:Decrypt', arn, { 'kms:EncryptionContext:zone': 'records' })).toContain(
      'explicit deny',
    );
    expect(decide('barred', 'kms:Decrypt', arn, { 'kms:EncryptionContext:zone': 'linked' })).toBe('allowed');
  });

  it('does not carry over from one context to another', () => {
    const ages = ['1', '300001', '2', '300002'];
    const decisions = ages.map((age) =>
      decide('keeper', 's3:GetObject', `${BUCKET}/a`, { 's3:signatureAge': age }),
    );
    expect(decisions.map((decision) => decision === 'allowed')).toEqual([true, false, true, false]);
  });
});

describe('the call being served', () => {
  const call = (age: number): Call => ({
    service: 's3',
    principal: who('keeper'),
    method: 'GET',
    path: '/tvt-records-000000000000/months/a',
    query: new URLSearchParams(),
    headers: {},
    body: (async function* () {})(),
    presigned: true,
    signatureAgeMs: age,
    sourceIp: '127.0.0.1',
    requestId: 'r',
  });

  it('tells its age to a Deny on s3:signatureAge, whatever the service passes on', async () => {
    const ask = () => Promise.resolve(decide('keeper', 's3:GetObject', `${BUCKET}/months/a`));
    expect(await whileServing(call(1000), ask)).toBe('allowed');
    expect(await whileServing(call(400_000), ask)).toContain('explicit deny');
  });
});

/** Templates of one role with one statement. */
function templatesWith(statement: Record<string, unknown>): Templates {
  const role: TemplateResource = {
    stack: 's',
    logicalId: 'Role',
    type: 'AWS::IAM::Role',
    properties: {
      RoleName: 'someone',
      AssumeRolePolicyDocument: { Statement: [] },
      Policies: [{ PolicyName: 'rights', PolicyDocument: { Version: '2012-10-17', Statement: [statement] } }],
    },
  };
  return { ...templates, byType: (type) => (type === 'AWS::IAM::Role' ? [role] : []) };
}
const open = (statement: Record<string, unknown>) => () =>
  createAuthoriser({
    policies: collectPolicies(templatesWith(statement), arnOf),
    account,
    region: 'eu-west-2',
    clock,
  });

describe('a condition key nobody fills', () => {
  it.each([
    [
      'in a Deny',
      {
        Effect: 'Deny',
        Action: 's3:*',
        Resource: '*',
        Condition: { StringEquals: { 'aws:SourceVpce': 'v' } },
      },
      'aws:sourcevpce',
    ],
    [
      'in an Allow',
      {
        Effect: 'Allow',
        Action: 's3:*',
        Resource: '*',
        Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
      },
      'aws:multifactorauthpresent',
    ],
    [
      'as a variable of a resource',
      { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::b/${saml:sub}/*' },
      'saml:sub',
    ],
  ])('keeps the stand-in from starting %s, and is named', (_what, statement, key) => {
    expect(open(statement)).toThrow(key);
    expect(open(statement)).toThrow('the role someone');
  });

  it.each([
    [
      'an operator that does not exist',
      { Effect: 'Deny', Action: 's3:*', Resource: '*', Condition: { StringMatches: { 's3:prefix': 'a' } } },
      'condition operator StringMatches',
    ],
    [
      'a list compared as if it were one value',
      {
        Effect: 'Deny',
        Action: 'kms:*',
        Resource: '*',
        Condition: { StringEquals: { 'kms:EncryptionContextKeys': 'a' } },
      },
      'without ForAllValues or ForAnyValue',
    ],
    ['an element that does not exist', { Effect: 'Deny', Actions: 's3:*', Resource: '*' }, 's/Role'],
  ])('keeps company with %s: neither could ever apply', (_what, statement, message) => {
    expect(open(statement)).toThrow(message);
  });

  it('is none of those the stand-in fills', () => {
    const keys = [
      'aws:SecureTransport',
      's3:signatureAge',
      's3:x-amz-acl',
      'kms:EncryptionContext:any',
      'aws:PrincipalTag/partner',
    ];
    for (const key of keys) {
      expect(
        open({ Effect: 'Deny', Action: '*', Resource: '*', Condition: { Null: { [key]: 'true' } } }),
      ).not.toThrow();
    }
  });
});
