import { App, Stack } from 'aws-cdk-lib';
import { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { expect, test } from 'vitest';
import { RESOURCE_TYPES_OF_ONE_REGION, keepInRegion, refuseAnotherRegion } from '../../infra/region.ts';
import { synthesised } from './synthesised.ts';

const system = synthesised();
const LONDON = { region: 'eu-west-2' };

test.each([
  ['-c region=eu-west-1', 'eu-west-1', {}],
  ['AWS_REGION', undefined, { AWS_REGION: 'us-east-1' }],
  ['AWS_DEFAULT_REGION', undefined, { AWS_DEFAULT_REGION: 'eu-central-1' }],
])('synthesis for another region, asked for by %s, is refused with a sentence', (_, asked, environment) => {
  expect(() => refuseAnotherRegion(asked, environment)).toThrow(
    /exists only in eu-west-2 \(London\).*is refused\./,
  );
});

test('synthesis for London, or for no region in particular, is not refused', () => {
  expect(() => refuseAnotherRegion('eu-west-2', { AWS_REGION: 'eu-west-2' })).not.toThrow();
  expect(() => refuseAnotherRegion(undefined, { AWS_REGION: '' })).not.toThrow();
});

test('every resource is of a type known to keep data in its region, and no template names another region', () => {
  const { resources, stacks } = system;

  expect(resources.filter(({ type }) => !RESOURCE_TYPES_OF_ONE_REGION.has(type))).toEqual([]);
  const regions = new Set(JSON.stringify(stacks).match(/\b(?:af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-\d\b/g));
  expect([...regions]).toEqual(['eu-west-2']);
});

test('no bucket replicates or accelerates, and no key has replicas', () => {
  for (const { properties } of system.ofType('AWS::S3::Bucket')) {
    expect(properties).not.toHaveProperty('ReplicationConfiguration');
    expect(properties).not.toHaveProperty('AccelerateConfiguration');
  }
  for (const { properties } of system.ofType('AWS::KMS::Key'))
    expect(properties.MultiRegion ?? false).toBe(false);
});

test('a stack in another region stops the synthesis', () => {
  expect(
    faultsOf((app) => new Bucket(new Stack(app, 'Elsewhere', { env: { region: 'us-east-1' } }), 'B')),
  ).toContain('The stack Elsewhere is not bound to eu-west-2; every stack must be.');
});

test.each([
  [
    'a table with replicas',
    (stack: Stack) =>
      new CfnGlobalTable(stack, 'T', {
        attributeDefinitions: [{ attributeName: 'a', attributeType: 'S' }],
        keySchema: [{ attributeName: 'a', keyType: 'HASH' }],
        replicas: [{ region: 'eu-west-2' }],
      }),
    'AWS::DynamoDB::GlobalTable',
  ],
  [
    'a key with replicas',
    (stack: Stack) => new CfnKey(stack, 'K', { multiRegion: true }),
    'MultiRegion of AWS::KMS::Key',
  ],
  [
    'a bucket that accelerates',
    (stack: Stack) =>
      new CfnBucket(stack, 'B', { accelerateConfiguration: { accelerationStatus: 'Enabled' } }),
    'AccelerateConfiguration of AWS::S3::Bucket',
  ],
])('%s stops the synthesis', (_, add, named) => {
  const faults = faultsOf((app) => add(new Stack(app, 'Here', { env: LONDON })));

  expect(faults.some((fault) => fault.includes(named))).toBe(true);
});

function faultsOf(build: (app: App) => unknown): string[] {
  const app = new App();
  build(app);
  keepInRegion(app);
  const assembly = app.synth({ errorOnDuplicateSynth: false });
  return assembly.stacks.flatMap(({ messages }) =>
    messages.flatMap(({ level, entry }) =>
      ['error'].includes(level) && typeof entry.data === 'string' ? [entry.data] : [],
    ),
  );
}
