/** Map and Parallel: runs the iterations or branches, so many at a time; the first failure stops the others. */
import type { Block, MapState, ParallelState } from './definition.ts';
import { isList, type Json } from './json.ts';
import { Halted, StateFailure } from './failure.ts';
import { record, scopeOf, withinLimit, type Frame, type Run, type Visit } from './run.ts';

export type RunBlock = (
  run: Run,
  frame: Frame,
  block: Block,
  input: Json,
  variables: Visit['variables'],
) => Promise<Json>;

/** Inline Map runs at most 40 iterations at once, whatever it is asked (Step Functions quota). */
const INLINE_CONCURRENCY = 40;

export async function runMap(
  run: Run,
  frame: Frame,
  visit: Visit,
  state: MapState,
  attempt: number,
  runBlock: RunBlock,
): Promise<Json> {
  const scope = scopeOf(run, frame, visit, attempt);
  const items = state.Items === undefined ? visit.input : await run.evaluate(state.Items, scope, 'Items');
  if (!isList(items))
    throw new StateFailure('States.QueryEvaluationError', "The field 'Items' must be an array.");
  const wanted = await run.evaluate(state.MaxConcurrency, scope, 'MaxConcurrency');
  if (typeof wanted !== 'number' || !Number.isInteger(wanted) || wanted < 0) {
    throw new StateFailure(
      'States.QueryEvaluationError',
      "The field 'MaxConcurrency' must be a whole number.",
    );
  }
  record(run, frame, 'MapStateStarted', { length: items.length });
  const iterate = async (index: number, signal: AbortSignal): Promise<Json> => {
    const Value = items[index] ?? null;
    const mapItem = { Index: index, Value };
    const inner: Frame = { id: childOf(visit, attempt, index), signal, mapItem, previous: frame.previous };
    const iteration = { name: visit.name, index };
    record(run, inner, 'MapIterationStarted', iteration);
    try {
      const selected =
        state.ItemSelector === undefined
          ? Value
          : await run.evaluate(
              state.ItemSelector,
              scopeOf(run, frame, visit, attempt, { item: mapItem }),
              'ItemSelector',
            );
      const output = await runBlock(run, inner, state.ItemProcessor, selected, visit.variables);
      record(run, inner, 'MapIterationSucceeded', iteration);
      return output;
    } catch (error) {
      record(run, inner, error instanceof Halted ? 'MapIterationAborted' : 'MapIterationFailed', iteration);
      throw error;
    }
  };
  return closing(run, frame, 'Map', () =>
    inParallel(
      items.length,
      Math.min(wanted || INLINE_CONCURRENCY, INLINE_CONCURRENCY),
      frame.signal,
      iterate,
    ),
  );
}

export async function runParallel(
  run: Run,
  frame: Frame,
  visit: Visit,
  state: ParallelState,
  attempt: number,
  runBlock: RunBlock,
): Promise<Json> {
  const input =
    state.Arguments === undefined
      ? visit.input
      : await run.evaluate(state.Arguments, scopeOf(run, frame, visit, attempt), 'Arguments');
  record(run, frame, 'ParallelStateStarted');
  const branches = state.Branches;
  const item = frame.mapItem === undefined ? {} : { mapItem: frame.mapItem };
  return closing(run, frame, 'Parallel', () =>
    inParallel(branches.length, branches.length, frame.signal, async (index, signal) => {
      const branch = branches[index];
      if (branch === undefined) return null;
      const inner: Frame = { id: childOf(visit, attempt, index), signal, previous: frame.previous, ...item };
      return runBlock(run, inner, branch, input, visit.variables);
    }),
  );
}

/** The name of a child's frame: the same after a restart, another for another visit or attempt. */
const childOf = (visit: Visit, attempt: number, index: number): string =>
  `${String(visit.id)}.${String(attempt)}.${String(index)}`;

/** An inner failure is the failure of the whole, under its own name. */
async function closing(
  run: Run,
  frame: Frame,
  kind: 'Map' | 'Parallel',
  work: () => Promise<Json>,
): Promise<Json> {
  try {
    const outputs = withinLimit(await work(), `result of a ${kind} state`);
    record(run, frame, `${kind}StateSucceeded`);
    return outputs;
  } catch (error) {
    if (error instanceof StateFailure && error.error !== 'States.Runtime')
      record(run, frame, `${kind}StateFailed`);
    throw error;
  }
}

async function inParallel(
  count: number,
  atOnce: number,
  signal: AbortSignal,
  work: (index: number, signal: AbortSignal) => Promise<Json>,
): Promise<Json[]> {
  const outputs: Json[] = Array.from({ length: count }, () => null);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count && failures.length === 0) {
      const index = next++;
      try {
        outputs[index] = await work(index, either);
      } catch (error) {
        failures.push(error);
        stop.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
  if (failures.length > 0) throw failures[0];
  return outputs;
}
