/** What every `tvt` command promises programs: one JSON value on standard output, and an exit code that says which way it went. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../cli/tvt.ts', import.meta.url));
const nowhere = mkdtempSync(join(tmpdir(), 'tvt-cli-'));
const tvt = (...words: string[]) =>
  spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', TVT_DATA: nowhere },
  });

it.each([
  ['an unknown option', ['whoami', '--bogus', '--json']],
  ['an unknown command', ['nonsense', '--json']],
  ['a missing argument', ['query', '--json']],
  ['a missing option of a command within a command', ['report', 'get', 'some-report', '--json']],
  ['a value outside its choices', ['upload', 'a.csv', '--feed', 'a', '--kind', 'z', '--json']],
  ['a day that is none', ['upload', 'a.csv', '--feed', 'a', '--extracted', '2026-02-30', '--json']],
  ['a platform that is not there', ['local', 'clock', '--json']],
])('answers %s with one JSON value and exit code 2', (_what, words) => {
  const { status, stdout } = tvt(...words);
  expect(status).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ error: 'BadArguments' });
});

it.each([
  [['--help']],
  [['agreement', '--help']],
  [['report', 'get', '--help']],
  [['local', 'clock', '--help']],
])('shows an example in the help of %s', (words) => {
  const { status, stdout } = tvt(...words);
  expect(status).toBe(0);
  expect(stdout).toContain('Example:');
});
