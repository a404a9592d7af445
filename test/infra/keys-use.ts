import { expect, test } from 'vitest';
import { ROOMS, readDeclared } from '../../infra/declared.ts';
import { FUNCTIONS } from '../../infra/function-list.ts';
import { roleStatements, statementsOf, synthesised, type Statement } from './synthesised.ts';

const system = synthesised();
const { partners } = readDeclared(ROOMS);
const role = (name: string): string => `arn:aws:iam::000000000000:role/${name}`;

function keyPolicy(alias: string): readonly Statement[] {
  const target = system
    .ofType('AWS::KMS::Alias')
    .find(({ properties }) => properties.AliasName === `alias/${alias}`);
  if (target === undefined) throw new Error(`There is no key ${alias}.`);
  const keyId: unknown = system.stacks[target.stack]?.Resources[target.id]?.Properties.TargetKeyId;
  const key = system
    .ofType('AWS::KMS::Key')
    .find(({ stack, id }) => stack === target.stack && JSON.stringify(keyId).includes(`"${id}"`));
  return statementsOf(key?.properties.KeyPolicy);
}

test.each(partners)(
  'only an approver of $id signs with its key: everybody else is denied by the key itself',
  ({ id, short }) => {
    const policy = keyPolicy(`tvt-signing-${id}`);
    const approver = [role(`tvt-person-${short}-approver`)];

    expect(policy.filter(({ Action }) => Action.includes('kms:Sign'))).toMatchObject([
      { Effect: 'Allow', Condition: { ArnEquals: { 'aws:PrincipalArn': approver } } },
      {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': approver } },
      },
    ]);
    const signers = system
      .ofType('AWS::IAM::Role')
      .map(({ properties }) => String(properties.RoleName))
      .filter((name) =>
        roleStatements(system, name).some(
          ({ Action, Resource }) =>
            Action.includes('kms:Sign') && Resource?.includes(`key:tvt-signing-${id}`),
        ),
      );
    expect(signers).toEqual([`tvt-person-${short}-approver`]);
  },
);

test('the pseudonym key computes for three functions and denies everybody else', () => {
  const three = ['receive-feed', 'match-people', 'publish-snapshot'].map((name) => role(`tvt-fn-${name}`));

  expect(
    keyPolicy('tvt-pseudonyms').filter(({ Action }) => Action.includes('kms:GenerateMac')),
  ).toMatchObject([
    { Effect: 'Allow', Condition: { ArnEquals: { 'aws:PrincipalArn': three } } },
    { Effect: 'Deny', Condition: { ArnNotEquals: { 'aws:PrincipalArn': three } } },
  ]);
  expect(FUNCTIONS.filter(({ also }) => also.includes('pseudonyms'))).toHaveLength(3);
});

const ZONE_KEYS = [
  ...['control', 'records', 'link-state', 'linked', 'query-results', 'reports', 'ledger'].map(
    (zone) => `tvt-${zone}`,
  ),
  ...partners.map(({ id }) => `tvt-landing-${id}`),
];

test.each(ZONE_KEYS)('the key %s is rotated, and nobody decrypts with it but through S3', (alias) => {
  const usage = keyPolicy(alias).filter(({ Action }) =>
    Action.some((action) => /Decrypt|Encrypt|GenerateDataKey/.test(action)),
  );

  expect(usage).toMatchObject([
    {
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Condition: { StringEquals: { 'kms:ViaService': ['s3.eu-west-2.amazonaws.com'] } },
    },
  ]);
});

test('every key that can be rotated is, and every zone has a key of its own', () => {
  const keys = system.ofType('AWS::KMS::Key').map(({ properties }) => properties);
  const symmetric = keys.filter(({ KeySpec }) => KeySpec === undefined);

  expect(symmetric.length).toBe(ZONE_KEYS.length + 1);
  expect(symmetric.every(({ EnableKeyRotation }) => EnableKeyRotation === true)).toBe(true);
});

test('whoever administers a key is given no right to use it', () => {
  for (const { properties } of system.ofType('AWS::KMS::Key')) {
    const administration = statementsOf(properties.KeyPolicy).filter(
      ({ Sid }) => Sid === 'AdministeredThroughIam',
    );

    expect(administration).toHaveLength(1);
    expect(
      administration[0]?.Action.filter((action) => /\*|crypt|Sign$|Mac$|DataKey|CreateGrant/.test(action)),
    ).toEqual([]);
  }
});
