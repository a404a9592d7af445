/**
 * A small valley carried through a daily run and two releases, with the caller killed or the stand-in stopped after
 * chosen calls: what stands at the end must be what stands when nothing breaks.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { start } from '../../cli/executions.ts';
import { localPlatform, type Connection } from '../../cli/connection.ts';
import { dailyDelta } from '../../cli/synth-data/daily-delta.ts';
import { synthData } from '../../cli/synth-data/synth-data.ts';
import type { TrailEvent } from '../../local/service.ts';
import { finalState, type FinalState } from './final-state.ts';
import { REPORT_A, REPORT_B, startPlatform, type Platform } from './platform.ts';

/**
 * A folder of a platform at rest: partners in force, both reports agreed, every partner's extract taken in by a first
 * run, and a day's changes uploaded: new rows, corrections and withdrawals. The run to come makes every kind of call.
 */
export async function prepareValley(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tvt-crash-'));
  const platform = await startPlatform({ dataDir });
  try {
    const today = platform.standIn.clock.now().toISOString().slice(0, 10);
    const valley = { out: join(dataDir, 'valley'), seed: 7, months: 3, scale: 0.02, until: today };
    await platform.agreeOnAll();
    await uploadAll(platform, 'full', synthData(valley).files);
    await platform.run('first');
    await uploadAll(platform, 'changes', dailyDelta({ ...valley, day: today, share: 0.05 }).files);
  } finally {
    await platform.rest();
  }
  return dataDir;
}

async function uploadAll(
  platform: Platform,
  kind: 'full' | 'changes',
  files: readonly {
    readonly partner: string;
    readonly feed: string;
    readonly path: string;
    readonly extracted: string;
    readonly rows: number;
  }[],
): Promise<void> {
  const uploaders = (localPlatform(platform.dataDir)?.principals ?? []).filter(
    ({ role }) => role === 'uploader',
  );
  for (const { partner, feed, path, extracted, rows } of files) {
    const uploader = uploaders.find((one) => one.partner === partner)?.principal ?? '';
    await platform.upload(uploader, { feed, kind, extracted, rows }, path);
  }
}

/** One call as the crash test counts calls: what was done, by which function, to which part of which zone. */
export type Kind = string;

const ROLE = /assumed-role\/(tvt-(?:fn|sm)-[a-z-]+)\//;

/** Null for reads, refusals and callers that are no part of the platform. */
export function kindOf({ eventName, userArn, resources, readOnly, errorCode }: TrailEvent): Kind | null {
  const role = ROLE.exec(userArn)?.[1];
  if (readOnly || errorCode !== undefined || role === undefined) return null;
  const [, zone = '', key = ''] = /^arn:aws:s3:::tvt-(.+?)-0{12}(?:\/(.*))?$/.exec(resources[0] ?? '') ?? [];
  const place = zone === '' ? '' : `${zone.startsWith('landing-') ? 'landing' : zone} ${partOf(key)}`;
  return `${role} ${eventName} ${place}`.trim();
}
/** What kind of key it is: its folder, or its name where a folder holds different things. */
function partOf(key: string): string {
  const [first = '', second = '', third = ''] = key.split('/');
  if (first === 'runs') return third;
  if (first === 'releases') return second === 'last' ? second : third;
  if (first === 'state' || first === 'snapshots') return second.replace(/^s\d.*/, 'manifest');
  return first.replace(/=.*/, '');
}
export const roleOfKind = (kind: Kind): string => kind.split(' ')[0] ?? '';

/** Break here: after the nth call of a kind, kill who made it, or stop the stand-in and start it again. */
export interface Break {
  readonly kind: Kind;
  readonly nth: number;
  readonly how: 'kill the caller' | 'restart the stand-in';
}
export interface Trial {
  readonly state: FinalState;
  /** Mutating calls in the order they were served. */
  readonly calls: readonly Kind[];
  /** Breaks that took place. */
  readonly broken: readonly Break[];
  /** Executions that had to be started again by hand. */
  readonly startedAgain: number;
}

/** Carries a copy of the prepared valley to its end through the given breaks. */
export async function carryThrough(prepared: string, breaks: readonly Break[]): Promise<Trial> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tvt-crash-'));
  await cp(prepared, dataDir, { recursive: true });
  const calls: Kind[] = [];
  const broken: Break[] = [];
  const seen = new Map<Kind, number>();
  let wantsRestart = false;
  const afterCall = (event: TrailEvent): Promise<'go-on' | 'kill-caller'> => {
    const kind = kindOf(event);
    if (kind === null) return Promise.resolve('go-on');
    calls.push(kind);
    const nth = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, nth);
    const due = breaks.find((one) => one.kind === kind && one.nth === nth);
    if (due === undefined) return Promise.resolve('go-on');
    broken.push(due);
    if (due.how === 'restart the stand-in') wantsRestart = true;
    // A caller whose stand-in goes down gets no answer either.
    return Promise.resolve('kill-caller');
  };
  const platform = await startPlatform({ dataDir, afterCall });
  try {
    const startedAgain = await carryOutAll(
      () => platform.as('tvp-operator'),
      async () => {
        if (!wantsRestart) return;
        wantsRestart = false;
        await platform.restart({ afterCall });
      },
    );
    return { state: await finalState(platform), calls, broken, startedAgain };
  } finally {
    await platform.stop();
  }
}

/** The run and both releases, each started again until it succeeds; tells how often that took. */
export async function carryOutAll(operator: () => Connection, between: () => Promise<void>): Promise<number> {
  const again = [
    await carryOut('tvt-daily-run', 'night', {}, operator, between),
    await carryOut('tvt-release', 'release-a', { reportId: REPORT_A }, operator, between),
    await carryOut('tvt-release', 'release-b', { reportId: REPORT_B }, operator, between),
  ];
  return again.reduce((sum, count) => sum + count, 0);
}

async function carryOut(
  machine: 'tvt-daily-run' | 'tvt-release',
  name: string,
  input: object,
  operator: () => Connection,
  between: () => Promise<void>,
): Promise<number> {
  for (let attempt = 0; attempt < 4; attempt++) {
    const attemptName = attempt === 0 ? name : `${name}-again-${attempt}`;
    if ((await ended(machine, attemptName, input, operator, between)) === 'SUCCEEDED') return attempt;
  }
  throw new Error(`${name} did not succeed, however often it was started`);
}

/** Starting an execution under a name it already has is starting it once; so every step here may meet a stand-in that is down. */
async function ended(
  machine: 'tvt-daily-run' | 'tvt-release',
  name: string,
  input: object,
  operator: () => Connection,
  between: () => Promise<void>,
): Promise<string> {
  for (let arn = ''; ;) {
    await sleep(100);
    await between();
    const connection = operator();
    try {
      if (arn === '') ({ arn } = await start(connection, machine, name, input));
      const { status } = await connection.sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
      if (status !== 'RUNNING') return status ?? '';
    } catch (error) {
      if (!(
        error instanceof Error &&
        /ECONN|socket|fetch|Timeout/i.test(`${error.name} ${error.message} ${codeOf(error)}`)
      ))
        throw error;
    } finally {
      connection.sfn.destroy();
    }
  }
}
const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '');

/** Names of what differs, each with the first line that does. */
export function differences(clean: FinalState, other: FinalState): readonly string[] {
  const names = [...new Set([...Object.keys(clean), ...Object.keys(other)])];
  return names
    .filter((name) => clean[name] !== other[name])
    .map((name) => {
      const [left = [], right = []] = [clean[name]?.split('\n'), other[name]?.split('\n')];
      const at = left.findIndex((line, index) => line !== right[index]);
      return `${name}: line ${at + 1}: ${left[at]?.trim() ?? '(ends)'} became ${right[at]?.trim() ?? '(ends)'}`;
    });
}

/** As few trials as there are kinds of any one caller: breaks of different callers do not meet. */
export function trialsOf(kinds: readonly Kind[], how: Break['how']): readonly (readonly Break[])[] {
  const trials: Break[][] = [];
  const used = new Map<string, number>();
  for (const kind of kinds) {
    const index = used.get(roleOfKind(kind)) ?? 0;
    used.set(roleOfKind(kind), index + 1);
    (trials[index] ??= []).push({ kind, nth: 1, how });
  }
  return trials;
}

export const discard = (dataDir: string): Promise<void> => rm(dataDir, { recursive: true, force: true });
