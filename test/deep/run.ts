/**
 * `npm run check:deep`: every check that needs more than Node, each a process of its own. A check that could not be
 * run is reported as NOT RUN, never as passed; ends with 1 when one failed. `--only NAME` runs one of them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Ends with 0 for PASS, 3 for NOT RUN, anything else for FAIL; the last line it prints says why. */
interface Check {
  readonly name: string;
  readonly script: string;
  readonly asks: string;
}
const CHECKS: readonly Check[] = [
  { name: 'templates', script: 'templates.ts', asks: 'cfn-lint and the NCSC rules on the templates' },
  { name: 'trino', script: 'trino-reports.ts', asks: 'agreed SQL on Trino as on DuckDB, row by row' },
  { name: 'ministack', script: 'ministack.ts', asks: 'the S3 and KMS suites on MiniStack' },
  { name: 'pages', script: 'pages.ts', asks: 'reports, receipts and help in a browser, with axe-core' },
  { name: 'yardstick', script: 'linkage-yardstick.ts', asks: 'linkage beside real Splink' },
  { name: 'crash', script: 'crash.ts', asks: 'a run broken off after every call' },
  { name: 'mutation', script: 'mutation.ts', asks: 'whether the tests notice a changed program' },
];
const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

type Verdict = 'PASS' | 'FAIL' | 'NOT RUN';
interface Outcome {
  readonly name: string;
  readonly verdict: Verdict;
  readonly minutes: string;
  readonly reason: string;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const wanted = CHECKS.filter(({ name }) => values.only === undefined || values.only === name);
  if (wanted.length === 0) {
    console.error(
      `There is no check ${values.only ?? ''}. There are: ${CHECKS.map(({ name }) => name).join(', ')}.`,
    );
    return 2;
  }
  const outcomes: Outcome[] = [];
  if (!(await synthesised())) {
    console.error('cdk synth did not succeed, so nothing was checked.');
    return 1;
  }
  for (const check of wanted) {
    console.log(`\n${check.name}: ${check.asks}`);
    outcomes.push(await run(check));
  }
  const width = Math.max(...outcomes.map(({ name }) => name.length));
  console.log('');
  for (const { name, verdict, minutes, reason } of outcomes)
    console.log(`${name.padEnd(width)}  ${verdict.padEnd(7)}  ${minutes} min  ${reason}`);
  return outcomes.some(({ verdict }) => verdict === 'FAIL') ? 1 : 0;
}

/** The pinned Node runs whatever a check starts, whoever started us. */
const ENV = {
  ...process.env,
  PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
};

/** Templates of the code as it stands, apart from those that others may be using. */
const TEMPLATES = join(ROOT, process.env['TVT_TEMPLATES'] ?? 'build/cdk-deep');
async function synthesised(): Promise<boolean> {
  if (process.env['TVT_TEMPLATES'] !== undefined) return true;
  const cdk = join(ROOT, 'node_modules/.bin/cdk');
  const child = spawn(cdk, ['synth', '--quiet', '--output', TEMPLATES], {
    cwd: ROOT,
    env: ENV,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return (await once(child, 'exit'))[0] === 0;
}

async function run({ name, script }: Check): Promise<Outcome> {
  const path = join(FOLDER, script);
  if (!existsSync(path)) return { name, verdict: 'NOT RUN', minutes: ' 0.0', reason: 'not written yet' };
  const began = performance.now();
  const child = spawn(process.execPath, [path], {
    cwd: ROOT,
    env: { ...ENV, TVT_TEMPLATES: TEMPLATES },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    said += text;
  });
  const [code] = await once(child, 'exit');
  const verdict = code === 0 ? 'PASS' : code === 3 ? 'NOT RUN' : 'FAIL';
  const minutes = ((performance.now() - began) / 60_000).toFixed(1).padStart(4);
  return { name, verdict, minutes, reason: reasonIn(said) };
}

/** What a check says of itself: `name: PASS (why)`, or a line `PASS part: why` for each of its parts. */
function reasonIn(said: string): string {
  const lines = said.trim().split('\n');
  const parts = lines.filter((line) => /^(?:PASS|FAIL|NOT RUN) /.test(line));
  return parts.length > 0 ? parts.join('; ') : (lines.at(-1) ?? '').replace(/^[^(]*\((.*)\)$/, '$1');
}

process.exitCode = await main();
