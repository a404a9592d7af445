import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { LAYER_FOLDER, refuseForeignProcessor } from '../../infra/constructs/duckdb-layer.ts';
import { FUNCTIONS } from '../../infra/function-list.ts';
import { synthesised } from './synthesised.ts';

const system = synthesised();
const lambdas = new Map(
  system.ofType('AWS::Lambda::Function').map(({ properties }) => [properties.FunctionName, properties]),
);

test('the functions are those that are listed', () => {
  expect([...lambdas.keys()].sort()).toEqual(FUNCTIONS.map(({ name }) => `tvt-${name}`).sort());
});

test.each(FUNCTIONS)(
  '$name runs on Node 24 and arm64, under a role and with a log of its own',
  ({ name, duckdb }) => {
    const lambda = lambdas.get(`tvt-${name}`);

    expect(lambda).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Role: `role:tvt-fn-${name}`,
    });
    expect(lambda?.Layers ?? []).toHaveLength(duckdb ? 1 : 0);
    expect(
      system
        .ofType('AWS::Logs::LogGroup')
        .find(({ properties }) => properties.LogGroupName === `/aws/lambda/tvt-${name}`)?.properties,
    ).toMatchObject({ RetentionInDays: 365, KmsKeyId: 'key:tvt-logs' });
  },
);

const TOLD: Readonly<Record<string, readonly string[]>> = {
  TVT_SUFFIX: FUNCTIONS.map(({ name }) => name),
  TVT_PSEUDONYM_KEY: ['receive-feed', 'match-people', 'publish-snapshot'],
  TVT_GATE_WORK_GROUP: ['start-report'],
  TVT_DAILY_RUN_ARN: ['plan-run'],
  TVT_ENVIRONMENT: ['agreements', 'start-report', 'release-report'],
};
test('a function is told the settings it uses and no others', () => {
  const told = FUNCTIONS.map(({ name }) => [name, settingsOf(name)]);

  const expected = FUNCTIONS.map(({ name }) => [
    name,
    Object.keys(TOLD)
      .filter((setting) => TOLD[setting]?.includes(name))
      .sort(),
  ]);
  expect(told).toEqual(expected);
});

const variables = z.looseObject({ Environment: z.object({ Variables: z.record(z.string(), z.string()) }) });
const settingsOf = (name: string): string[] =>
  Object.keys(variables.parse(lambdas.get(`tvt-${name}`)).Environment.Variables).sort();

test('people reach two functions, both only under their own IAM signature', () => {
  const urls = system.ofType('AWS::Lambda::Url').map(({ properties }) => properties.AuthType);

  expect(urls).toEqual(['AWS_IAM', 'AWS_IAM']);
  expect(FUNCTIONS.filter(({ url }) => url).map(({ name }) => name)).toEqual([
    'issue-upload-url',
    'agreements',
  ]);
  expect(system.ofType('AWS::Lambda::Permission')).toEqual([]);
});

const bindings = join(LAYER_FOLDER, 'nodejs/node_modules/@duckdb/node-bindings-linux-arm64');

test.each(['duckdb.node', 'libduckdb.so'])('%s in the layer is native code for arm64', (file) => {
  expect(() => refuseForeignProcessor(join(bindings, file))).not.toThrow();
});

test('the layer carries the release of DuckDB the functions are tried with here', () => {
  const release = (folder: string): string | undefined =>
    /"version": "(\d+\.\d+)\./.exec(readFileSync(join(folder, 'package.json'), 'utf8'))?.[1];

  expect(release(bindings)).toBe(release('node_modules/@duckdb/node-api'));
});

test.each([
  ['code for x86-64', elf(62), /is not native code for Linux on arm64/],
  [
    'code for another system',
    Buffer.from('cffaedfe0c000001000000000600000000000000', 'hex'),
    /is not native code/,
  ],
  ['an empty file', Buffer.alloc(0), /is not native code/],
])('%s in the layer stops the synthesis with a sentence', (_, bytes, sentence) => {
  const file = join(mkdtempSync(join(tmpdir(), 'tvt-layer-')), 'duckdb.node');
  writeFileSync(file, bytes);

  expect(() => refuseForeignProcessor(file)).toThrow(sentence);
});

test('a layer that was never installed stops the synthesis and says how to install it', () => {
  expect(() => refuseForeignProcessor('build/layers/none/duckdb.node')).toThrow(
    /is missing: run "node infra\/layers\/duckdb\/install.mjs"/,
  );
});

function elf(machine: number): Buffer {
  const header = Buffer.from('7f454c4602010100000000000000000003000000', 'hex');
  header.writeUInt16LE(machine, 18);
  return header;
}
