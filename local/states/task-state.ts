/** The Task state: invokes a function, waits for its answer or for its token, and keeps both within their time. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { TaskState } from './definition.ts';
import type { Json } from './json.ts';
import { StateFailure } from './failure.ts';
import type { TokenLine, TokenOutcome } from './journal.ts';
import {
  record,
  scopeOf,
  sleepUntil,
  unlessHalted,
  withinLimit,
  type Frame,
  type Run,
  type Visit,
} from './run.ts';

/** What the lambda:invoke integration takes here; its other parameters are not implemented. */
const InvokeArguments = z.strictObject({ FunctionName: z.string(), Payload: z.json().default({}) });

export async function runTask(
  run: Run,
  frame: Frame,
  visit: Visit,
  state: TaskState,
  attempt: number,
): Promise<Json> {
  const awaited = state.Resource.endsWith('.waitForTaskToken') ? tokenFor(run, visit, attempt) : undefined;
  const scope = scopeOf(run, frame, visit, attempt, awaited === undefined ? {} : { token: awaited.token });
  const given = withinLimit(await run.evaluate(state.Arguments, scope, 'Arguments'), 'Arguments of a task');
  const call = InvokeArguments.safeParse(given);
  if (!call.success)
    throw new StateFailure('States.Runtime', 'The Arguments are not those of lambda:invoke.');
  const timeout = await seconds(run, state.TimeoutSeconds, scope, 'TimeoutSeconds');
  const heartbeat = await seconds(run, state.HeartbeatSeconds, scope, 'HeartbeatSeconds');
  const resource = {
    resourceType: 'lambda',
    resource: awaited === undefined ? 'invoke' : 'invoke.waitForTaskToken',
  };
  record(run, frame, 'TaskScheduled', {
    ...resource,
    region: 'eu-west-2',
    parameters: JSON.stringify(given),
    ...(timeout === undefined ? {} : { timeoutInSeconds: timeout }),
    ...(heartbeat === undefined ? {} : { heartbeatInSeconds: heartbeat }),
  });
  record(run, frame, 'TaskStarted', resource);
  try {
    const invocation = { functionName: call.data.FunctionName, payload: call.data.Payload };
    const result =
      awaited === undefined
        ? await inTime(run.invoke(invocation.functionName, invocation.payload), timeout, frame.signal)
        : await runUntilAnswered(run, frame, awaited, invocation, { timeout, heartbeat });
    withinLimit(result, 'result of a task');
    record(run, frame, 'TaskSucceeded', { ...resource, output: JSON.stringify(result) });
    return result;
  } catch (error) {
    if (error instanceof StateFailure && error.error !== 'States.Runtime') {
      const type = /^States\.(Heartbeat)?Timeout$/.test(error.error) ? 'TaskTimedOut' : 'TaskFailed';
      record(run, frame, type, { ...resource, error: error.error, cause: error.failureCause });
    }
    throw error;
  }
}

async function seconds(
  run: Run,
  given: number | string | undefined,
  scope: Parameters<Run['evaluate']>[1],
  field: string,
): Promise<number | undefined> {
  if (given === undefined) return undefined;
  const value = await run.evaluate(given, scope, field);
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw new StateFailure(
    'States.QueryEvaluationError',
    `The field '${field}' must be a whole number above zero.`,
  );
}

const timedOut = (): StateFailure => new StateFailure('States.Timeout', '');

/** In real time: a moved clock does not make a function slow. What has timed out may still be at work, as on AWS. */
async function inTime<T>(
  work: Promise<T>,
  limitSeconds: number | undefined,
  signal: AbortSignal,
): Promise<T> {
  if (limitSeconds === undefined) return unlessHalted(work, signal);
  const over = new AbortController();
  const limit = delay(Math.min(limitSeconds * 1000, 2 ** 31 - 1), undefined, { signal: over.signal }).then(
    () => {
      throw timedOut();
    },
  );
  try {
    return await unlessHalted(Promise.race([work, limit]), signal);
  } finally {
    over.abort();
    limit.catch(() => undefined);
    work.catch(() => undefined);
  }
}

/** The token of this attempt: the same one after a restart, so that an answer on its way still arrives. */
function tokenFor(run: Run, visit: Visit, attempt: number): TokenLine {
  const known = run.journal.tokenOf(visit.id, attempt);
  if (known !== undefined) return known;
  const line: TokenLine = {
    kind: 'token',
    visit: visit.id,
    attempt,
    token: `${run.sources.uuid()}${run.sources.uuid()}`,
    atMs: run.sources.now().getTime(),
    stage: 'issued',
  };
  run.journal.note(line);
  return line;
}

async function runUntilAnswered(
  run: Run,
  frame: Frame,
  awaited: TokenLine,
  invocation: { readonly functionName: string; readonly payload: Json },
  limits: { readonly timeout: number | undefined; readonly heartbeat: number | undefined },
): Promise<Json> {
  const nowMs = (): number => run.sources.now().getTime();
  let lastBeatMs = nowMs();
  // Read again: an answer may have come between the restart and this state's own return to life.
  let outcome: TokenOutcome | undefined = run.journal.tokenOf(awaited.visit, awaited.attempt)?.outcome;
  const answered = new AbortController();
  run.tokens.open(awaited.token, {
    machineArn: run.machineArn,
    settle: (given) => {
      if (outcome !== undefined) return;
      outcome = given;
      // Written before the sender is told that it was taken.
      run.journal.note({ ...awaited, stage: 'settled', outcome: given });
      answered.abort();
    },
    beat: () => void (lastBeatMs = nowMs()),
  });
  try {
    if (awaited.stage === 'issued') {
      await inTime(run.invoke(invocation.functionName, invocation.payload), limits.timeout, frame.signal);
      if (outcome === undefined) run.journal.note({ ...awaited, stage: 'submitted' });
      record(run, frame, 'TaskSubmitted', { resourceType: 'lambda', resource: 'invoke.waitForTaskToken' });
    }
    const either = AbortSignal.any([frame.signal, answered.signal]);
    while (outcome === undefined) {
      const overMs = awaited.atMs + (limits.timeout ?? Number.POSITIVE_INFINITY) * 1000;
      const silentMs = lastBeatMs + (limits.heartbeat ?? Number.POSITIVE_INFINITY) * 1000;
      if (nowMs() >= overMs) throw timedOut();
      if (nowMs() >= silentMs) throw new StateFailure('States.HeartbeatTimeout', '');
      await sleepUntil(run, Math.min(overMs, silentMs), either).catch((error: unknown) => {
        if (outcome === undefined) throw error;
      });
    }
  } finally {
    // A stand-in going down leaves the token open: its answer may come to the next one.
    if (!frame.signal.aborted) {
      if (outcome === undefined) run.journal.note({ ...awaited, stage: 'given-up' });
      run.tokens.close(awaited.token);
    }
  }
  return outcomeOf(outcome);
}

function outcomeOf(outcome: TokenOutcome): Json {
  if (outcome.ok) return outcome.output;
  throw new StateFailure(outcome.error, outcome.cause);
}
