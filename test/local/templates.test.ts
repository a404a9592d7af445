/** Loading templates: intrinsic functions over several stacks, physical names, and faults that name their place. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { arnOf, physicalId } from '../../local/resource-names.ts';
import type { TemplateResource, Templates } from '../../local/service.ts';
import { loadTemplates } from '../../local/templates.ts';
import { FIXTURES } from './front-door-stand-in.ts';

const endpoint = 'http://localhost:4566';
const made: string[] = [];
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true });
});

type Json = Record<string, unknown>;
function assembly(stacks: Record<string, Json>): string {
  const directory = mkdtempSync(join(tmpdir(), 'tvt-templates-'));
  made.push(directory);
  for (const [name, template] of Object.entries(stacks)) {
    writeFileSync(join(directory, `${name}.template.json`), JSON.stringify(template));
  }
  return directory;
}
const load = (stacks: Record<string, Json>): Templates =>
  loadTemplates({ directory: assembly(stacks), endpoint });
const only = (templates: Templates, type: string): TemplateResource => {
  const [resource] = templates.byType(type);
  if (resource === undefined) throw new Error(`There is no ${type}.`);
  return resource;
};
/** One stack with one bucket, whose property `Value` is under test. */
function valueOf(value: unknown, more: Json & { readonly Resources?: Json } = {}): unknown {
  const It = { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'it', Value: value } };
  const templates = load({ one: { ...more, Resources: { ...more.Resources, It } } });
  return only(templates, 'AWS::S3::Bucket').properties['Value'];
}

describe('the fixture', () => {
  const templates = loadTemplates({ directory: FIXTURES, endpoint });

  it('is resolved across stacks', () => {
    const role = templates.byType('AWS::IAM::Role').find(({ logicalId }) => logicalId === 'Keeper');
    expect(JSON.stringify(role?.properties)).toContain('"arn:aws:s3:::tvt-records-000000000000/*"');
    expect(JSON.stringify(templates.byType('AWS::IAM::Role'))).not.toContain('Fn::');
    expect(templates.outputs['RecordsArn']).toBe('arn:aws:s3:::tvt-records-000000000000');
  });

  it('has no resource whose condition does not hold, and names those without a name', () => {
    const buckets = templates.byType('AWS::S3::Bucket');
    expect(buckets.map(({ logicalId }) => logicalId)).toEqual(['Records', 'Unnamed']);
    expect(physicalId(only({ ...templates, byType: () => buckets.slice(1) }, ''))).toMatch(
      /^foundation-unnamed-[0-9a-f]{12}$/,
    );
    expect(buckets[0]?.properties['Tags']).toEqual([{ Key: 'days', Value: '30' }]);
  });

  it('gives keys ids that stay the same', () => {
    const [first] = templates.byType('AWS::KMS::Key');
    const [again] = loadTemplates({ directory: FIXTURES, endpoint }).byType('AWS::KMS::Key');
    expect(first === undefined || again === undefined ? '' : physicalId(first)).toBe(
      again === undefined ? '-' : physicalId(again),
    );
    expect(first === undefined ? '' : arnOf(first)).toMatch(
      /^arn:aws:kms:eu-west-2:000000000000:key\/[0-9a-f-]{36}$/,
    );
  });
});

describe('an intrinsic function', () => {
  it.each<readonly [string, unknown, unknown]>([
    ['Ref of a pseudo parameter', { Ref: 'AWS::AccountId' }, '000000000000'],
    [
      'Fn::Sub',
      { 'Fn::Sub': 'arn:${AWS::Partition}:${!Literal}:${It.Arn}:${It}' },
      'arn:aws:${Literal}:arn:aws:s3:::it:it',
    ],
    ['Fn::Sub with values', { 'Fn::Sub': ['${A}-${AWS::Region}', { A: { Ref: 'It' } }] }, 'it-eu-west-2'],
    ['Fn::Join', { 'Fn::Join': ['/', ['a', { Ref: 'It' }, 'c']] }, 'a/it/c'],
    ['Fn::Select of Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    ['Fn::GetAtt in its short form', { 'Fn::GetAtt': 'It.Arn' }, 'arn:aws:s3:::it'],
    ['AWS::NoValue in a list', ['a', { Ref: 'AWS::NoValue' }], ['a']],
    ['AWS::NoValue in an object', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
    ['Fn::Base64', { 'Fn::Base64': 'a' }, 'YQ=='],
    ['URLSuffix', { 'Fn::Sub': 's3.${AWS::URLSuffix}' }, 's3.amazonaws.com'],
  ])('%s is resolved', (_name, value, expected) => {
    expect(valueOf(value)).toEqual(expected);
  });

  it.each<readonly [string, unknown, boolean]>([
    ['equality', { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-2'] }, true],
    ['negation', { 'Fn::Not': [{ 'Fn::Equals': ['a', 'a'] }] }, false],
    ['conjunction', { 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Equals': ['a', 'b'] }] }, false],
    ['disjunction', { 'Fn::Or': [{ Condition: 'Yes' }, { 'Fn::Equals': ['a', 'b'] }] }, true],
  ])('a condition by %s decides Fn::If', (_name, condition, holds) => {
    const more = { Conditions: { Yes: { 'Fn::Equals': ['a', 'a'] }, It: condition } };
    expect(valueOf({ 'Fn::If': ['It', 'then', 'else'] }, more)).toBe(holds ? 'then' : 'else');
  });

  it('takes a parameter’s default', () => {
    expect(valueOf({ Ref: 'Days' }, { Parameters: { Days: { Type: 'String', Default: '30' } } })).toBe('30');
  });
});

describe('a fault names stack and logical id', () => {
  it.each<readonly [string, unknown, string]>([
    [
      'an attribute it does not know',
      { 'Fn::GetAtt': ['It', 'WebsiteURL'] },
      'one/It: the stand-in knows no attribute WebsiteURL of AWS::S3::Bucket',
    ],
    ['a resource that is not there', { Ref: 'Nothing' }, 'one/It: Ref Nothing'],
    ['an export nobody makes', { 'Fn::ImportValue': 'x' }, 'one/It: no stack exports x'],
    ['a function it does not resolve', { 'Fn::Cidr': ['10.0.0.0/16', 1] }, 'one/It: the function Fn::Cidr'],
    [
      'a resource of a type it cannot name',
      { Ref: 'Odd' },
      'one/Odd: the stand-in cannot name a Custom::Odd',
    ],
    ['a parameter without a default', { Ref: 'Days' }, 'one/It: the parameter Days has no default'],
    ['a circle', { 'Fn::GetAtt': ['Circle', 'Arn'] }, 'refers to itself'],
  ])('%s', (_what, value, message) => {
    const more = {
      Parameters: { Days: { Type: 'String' } },
      Resources: {
        Odd: { Type: 'Custom::Odd' },
        Circle: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Circle' } } },
      },
    };
    expect(() => valueOf(value, more)).toThrow(message);
  });

  it('but only once it is asked for', () => {
    const templates = load({
      one: { Resources: { It: { Type: 'Custom::Odd', Properties: { a: { Ref: 'Nothing' } } } } },
    });
    expect(templates.byType('AWS::S3::Bucket')).toEqual([]);
    expect(() => templates.byType('Custom::Odd')).toThrow('one/It');
  });

  it('and a folder without templates says how to make them', () => {
    expect(() => loadTemplates({ directory: join(tmpdir(), 'no-such-folder'), endpoint })).toThrow(
      'npx cdk synth',
    );
  });
});

describe('a cloud assembly', () => {
  it('is read by its manifest, stages and file assets included', () => {
    const directory = assembly({});
    const stage = join(directory, 'assembly-Live');
    mkdirSync(join(stage, 'asset.abc'), { recursive: true });
    const write = (folder: string, file: string, value: unknown) =>
      writeFileSync(join(folder, file), JSON.stringify(value));
    write(directory, 'manifest.json', {
      artifacts: { Live: { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Live' } } },
    });
    write(stage, 'manifest.json', {
      artifacts: {
        Tree: { type: 'cdk:tree' },
        LiveZones: {
          type: 'aws:cloudformation:stack',
          properties: { templateFile: 'zones.template.json', stackName: 'zones' },
        },
      },
    });
    write(stage, 'zones.template.json', {
      Resources: {
        Fn: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'f', Code: { S3Key: 'abc.zip' } } },
        Url: { Type: 'AWS::Lambda::Url', Properties: { TargetFunctionArn: { 'Fn::GetAtt': ['Fn', 'Arn'] } } },
      },
      Outputs: { Link: { Value: { 'Fn::GetAtt': ['Url', 'FunctionUrl'] } } },
    });
    write(stage, 'zones.assets.json', {
      files: { abc: { source: { path: 'asset.abc' }, destinations: { here: { objectKey: 'abc.zip' } } } },
    });

    const templates = loadTemplates({ directory, endpoint });

    expect(only(templates, 'AWS::Lambda::Function')).toMatchObject({ stack: 'zones', logicalId: 'Fn' });
    expect(templates.outputs['Link']).toBe('http://localhost:4566/lambda-url/f/');
    expect(templates.assetFolder('abc.zip')).toBe(join(stage, 'asset.abc'));
    expect(() => templates.assetFolder('other.zip')).toThrow('other.zip');
  });
});
