/** What the parts of the interpreter share: one execution under way, where in it we are, and how to wait. */
import { setTimeout as delay } from 'node:timers/promises';
import type { State } from './definition.ts';
import type { Json } from './json.ts';
import type { Evaluate, Scope, Sources } from './expressions.ts';
import { Halted, StateFailure } from './failure.ts';
import type { Journal } from './journal.ts';
import type { TokenDesk } from './tokens.ts';

/** One execution under way. */
export interface Run {
  readonly journal: Journal;
  readonly evaluate: Evaluate;
  readonly sources: Sources;
  readonly tokens: TokenDesk;
  /** `$states.context` but for State, Task and Map. */
  readonly context: { readonly [key: string]: Json };
  readonly machineArn: string;
  /** Calls a function as the machine's role; throws StateFailure with Step Functions' name for what went wrong. */
  invoke(functionName: string, payload: Json): Promise<Json>;
}

/** The execution itself (id ''), a branch or an iteration. */
export interface Frame {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly mapItem?: { readonly Index: number; readonly Value: Json };
  /** The event before the next one, as history links them. */
  previous: number;
}

/** One stay in one state. */
export interface Visit {
  /** Id of the event by which it was entered. */
  readonly id: number;
  readonly name: string;
  readonly state: State;
  readonly input: Json;
  readonly variables: Readonly<Record<string, Json>>;
  readonly enteredMs: number;
}

export function scopeOf(
  run: Run,
  frame: Frame,
  visit: Visit,
  attempt: number,
  more: {
    readonly result?: Json;
    readonly errorOutput?: Json;
    readonly token?: string;
    readonly item?: Json;
  } = {},
): Scope {
  const { token, item, ...results } = more;
  const mapItem = item ?? frame.mapItem;
  const context = {
    ...run.context,
    State: { EnteredTime: new Date(visit.enteredMs).toISOString(), Name: visit.name, RetryCount: attempt },
    ...(token === undefined ? {} : { Task: { Token: token } }),
    ...(mapItem === undefined ? {} : { Map: { Item: mapItem } }),
  };
  return { states: { input: visit.input, context, ...results }, variables: visit.variables };
}

export function record(
  run: Run,
  frame: Frame,
  type: string,
  details?: { readonly [key: string]: Json },
  variables?: Readonly<Record<string, Json>>,
): number {
  const id = run.journal.event({
    previous: frame.previous,
    atMs: run.sources.now().getTime(),
    type,
    frame: frame.id,
    ...(details === undefined ? {} : { details: { ...details } }),
    ...(variables === undefined ? {} : { variables: { ...variables } }),
  });
  frame.previous = id;
  return id;
}

/** Input, output and result of a state (Step Functions quota), in bytes of JSON. */
export const PAYLOAD_LIMIT_BYTES = 262_144;

export function withinLimit(value: Json, what: string): Json {
  if (Buffer.byteLength(JSON.stringify(value)) <= PAYLOAD_LIMIT_BYTES) return value;
  throw new StateFailure(
    'States.DataLimitExceeded',
    `The ${what} exceeds the maximum number of bytes service limit (${String(PAYLOAD_LIMIT_BYTES)}).`,
  );
}

/** How soon a clock that was moved is noticed. */
const LOOK_AT_CLOCK_MS = 100;

/** Waits on the movable clock: real time passes by itself, and a move past `dueMs` ends the wait. */
export async function sleepUntil(run: Run, dueMs: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    if (signal.aborted) throw new Halted();
    const leftMs = dueMs - run.sources.now().getTime();
    if (leftMs <= 0) return;
    await delay(Math.min(leftMs, LOOK_AT_CLOCK_MS), undefined, { signal }).catch(() => undefined);
  }
}

/** The promise, or Halted as soon as the signal says so: what was begun elsewhere is left to itself. */
export function unlessHalted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const halt = (): void => reject(new Halted());
    if (signal.aborted) halt();
    signal.addEventListener('abort', halt, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', halt));
  });
}
