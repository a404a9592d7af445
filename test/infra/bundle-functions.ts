import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { bundleFunctions } from '../../infra/bundle.ts';
import type { FunctionPlan } from '../../infra/function-list.ts';

const plan = (name: string, duckdb = false): FunctionPlan => ({
  name,
  duckdb,
  memoryMb: 512,
  scratchMb: 512,
  timeoutSeconds: 30,
  url: false,
  zones: [],
  also: [],
});

/** A project of these functions, with this project's packages. */
function projectOf(functions: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'tvt-bundle-'));
  for (const room of ['functions', 'contracts', 'sql']) mkdirSync(join(root, room));
  writeFileSync(join(root, 'contracts/said.yaml'), 'declared: true\n');
  for (const [name, code] of Object.entries(functions))
    writeFileSync(join(root, `functions/${name}.ts`), code);
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  return root;
}

test('a function becomes one readable module beside the declared truth, without the SDK the runtime brings', async () => {
  const root = projectOf({
    greet: `import { S3Client } from '@aws-sdk/client-s3';
      import { parse } from 'yaml';
      export const handler = async (name: string): Promise<string> => \`\${parse('hello')} \${name} \${typeof S3Client}\`;`,
  });

  const folder = bundleFunctions([plan('greet')], root).get('greet')?.folder ?? '';

  const code = readFileSync(join(folder, 'index.mjs'), 'utf8');
  expect(code).toContain('from "@aws-sdk/client-s3"');
  expect(code.length).toBeLessThan(500_000);
  expect(existsSync(join(folder, 'contracts/said.yaml'))).toBe(true);
  const { handler } = (await import(pathToFileURL(join(folder, 'index.mjs')).href)) as {
    handler: (name: string) => Promise<string>;
  };
  expect(await handler('world')).toBe('hello world function');
});

test('a listed function that is not written stops the synthesis by its name', () => {
  expect(() => bundleFunctions([plan('absent')], projectOf({}))).toThrow(
    'listed but not written: functions/absent.ts.',
  );
});

const USES_DUCKDB = `import { DuckDBInstance } from '@duckdb/node-api'; export const handler = () => DuckDBInstance.create();`;
test.each([
  ['uses DuckDB but is listed without its layer', USES_DUCKDB, false],
  ['is listed with the DuckDB layer but does not use it', 'export const handler = () => 1;', true],
])('a function that %s stops the synthesis', (fault, code, duckdb) => {
  expect(() => bundleFunctions([plan('count', duckdb)], projectOf({ count: code }))).toThrow(
    `The function count ${fault}`,
  );
});

test('a package’s own WebAssembly goes with the code that looks for it', () => {
  const root = projectOf({ solve: `import highs from 'highs'; export const handler = () => highs;` });

  const folder = bundleFunctions([plan('solve')], root).get('solve')?.folder ?? '';

  expect(existsSync(join(folder, 'highs.wasm'))).toBe(true);
});
