/**
 * Deep check: a run and two releases, broken off after every mutating call they make, once by killing the function that
 * made it and once by killing the whole stand-in (SIGKILL), end as if nothing had broken. Prints PASS or FAIL; ends
 * with 0 or 1. `--every N` takes every Nth trial only.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connect } from '../../cli/connection.ts';
import { finalState, type FinalState } from '../platform/final-state.ts';
import {
  carryOutAll,
  carryThrough,
  differences,
  discard,
  prepareValley,
  roleOfKind,
  type Break,
  type Kind,
} from '../platform/crash.ts';
import { startPlatform } from '../platform/platform.ts';

const TEMPLATES = process.env.TVT_TEMPLATES ?? 'cdk.out';
const SEED = 'test';
const CHILD = fileURLToPath(new URL('crash/stand-in.ts', import.meta.url));

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { every: { type: 'string', default: '1' } } });
  const prepared = await prepareValley();
  try {
    const clean = await carryThrough(prepared, []);
    const trials = everyCall(clean.calls).filter((_, index) => index % Number(values.every) === 0);
    console.log(
      `  ${clean.calls.length} mutating calls of ${new Set(clean.calls).size} kinds, in ${trials.length} trials each way`,
    );
    let failed = 0;
    for (const [index, breaks] of trials.entries()) {
      const outcomes = [
        ['function killed', await attempted(async () => (await carryThrough(prepared, breaks)).state)],
        ['stand-in killed', await attempted(() => killedThrough(prepared, breaks))],
      ] as const;
      for (const [how, outcome] of outcomes) {
        const wrong = typeof outcome === 'string' ? [outcome] : differences(clean.state, outcome);
        if (wrong.length === 0) continue;
        failed++;
        console.log(
          `  trial ${index + 1}, ${how} after ${breaks.map(({ kind, nth }) => `${kind} (${nth})`).join('; ')}:`,
        );
        for (const line of wrong) console.log(`    ${line.slice(0, 300)}`);
      }
      if ((index + 1) % 5 === 0) console.log(`  ${index + 1} of ${trials.length} trials, ${failed} failed`);
    }
    const told = `${trials.reduce((sum, breaks) => sum + breaks.length, 0)} calls broken off in ${trials.length * 2} trials`;
    console.log(
      failed === 0 ? `crash: PASS (${told})` : `crash: FAIL (${failed} of ${trials.length * 2} trials)`,
    );
    return failed === 0 ? 0 : 1;
  } finally {
    await discard(prepared);
  }
}

const attempted = (work: () => Promise<FinalState>): Promise<FinalState | string> =>
  work().catch(
    (error: unknown) => `it did not end: ${error instanceof Error ? error.message : String(error)}`,
  );

/** Every call once; a trial breaks one call of each function, since breaks of different functions do not meet. */
function everyCall(calls: readonly Kind[]): readonly (readonly Break[])[] {
  const [nths, perRole, trials] = [new Map<Kind, number>(), new Map<string, number>(), new Array<Break[]>()];
  for (const kind of calls) {
    const nth = (nths.get(kind) ?? 0) + 1;
    nths.set(kind, nth);
    const index = perRole.get(roleOfKind(kind)) ?? 0;
    perRole.set(roleOfKind(kind), index + 1);
    (trials[index] ??= []).push({ kind, nth, how: 'kill the caller' });
  }
  return trials;
}

/** The same with the stand-in as a process of its own, started again whenever it has ended itself. */
async function killedThrough(prepared: string, breaks: readonly Break[]): Promise<FinalState> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tvt-crash-'));
  try {
    await cp(prepared, dataDir, { recursive: true });
    return await killedIn(dataDir, breaks);
  } finally {
    await discard(dataDir);
  }
}

async function killedIn(dataDir: string, breaks: readonly Break[]): Promise<FinalState> {
  const baseline = (await readFile(join(dataDir, 'trail.jsonl'), 'utf8')).split('\n').length - 1;
  const begin = (): Promise<ChildProcess> =>
    ready([CHILD, dataDir, TEMPLATES, SEED, JSON.stringify(breaks), String(baseline)]);
  let child = await begin();
  try {
    await carryOutAll(
      () => connect('tvp-operator', dataDir),
      async () => {
        if (child.exitCode !== null || child.signalCode !== null) child = await begin();
      },
    );
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
  const platform = await startPlatform({ dataDir, templatesDir: TEMPLATES, seed: SEED });
  try {
    return await finalState(platform);
  } finally {
    await platform.stop();
  }
}

async function ready(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(() => 'ended' as const);
  let said = '';
  for (;;) {
    const next = await Promise.race([ended, once(child.stdout, 'data').then(([chunk]) => String(chunk))]);
    if (next === 'ended') throw new Error('the stand-in ended before it was ready');
    said += next;
    if (/^ready /m.test(said)) return child;
  }
}

process.exitCode = await main();
