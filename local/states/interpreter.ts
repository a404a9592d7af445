/** Carries out a definition, state by state: retries, catches, chooses, and writes down each state it enters. */
import type { Block, Catcher, ChoiceState, FailState, WaitState } from './definition.ts';
import { parseJson, textIn, type Json } from './json.ts';
import { runMap, runParallel } from './fan-out.ts';
import { delaySeconds, Halted, matches, StateFailure } from './failure.ts';
import type { RetriedLine } from './journal.ts';
import { record, scopeOf, sleepUntil, withinLimit, type Frame, type Run, type Visit } from './run.ts';
import { runTask } from './task-state.ts';

interface Step {
  /** Null where the block ends. */
  readonly next: string | null;
  readonly output: Json;
  readonly variables: Visit['variables'];
}
type Attempt = Pick<RetriedLine, 'attempt' | 'used' | 'dueMs'>;
const FIRST: Attempt = { attempt: 0, used: [], dueMs: 0 };

/** Runs a block to its end; a frame the journal knows goes on where it was last seen. Throws StateFailure or Halted. */
export async function runBlock(
  run: Run,
  frame: Frame,
  block: Block,
  input: Json,
  variables: Visit['variables'],
): Promise<Json> {
  const known = run.journal.outputOf(frame.id);
  if (known !== undefined) return known;
  let visit = resumed(run, frame, block) ?? enter(run, frame, block, block.StartAt, input, variables);
  for (;;) {
    const step = await runState(run, frame, visit);
    if (step.next === null) {
      run.journal.note({ kind: 'finished', frame: frame.id, output: step.output });
      return step.output;
    }
    visit = enter(run, frame, block, step.next, step.output, step.variables);
  }
}

function enter(
  run: Run,
  frame: Frame,
  block: Block,
  name: string,
  input: Json,
  variables: Visit['variables'],
): Visit {
  if (frame.signal.aborted) throw new Halted();
  const state = stateOf(block, name);
  const enteredMs = run.sources.now().getTime();
  const details = { name, input: JSON.stringify(input) };
  const id = record(run, frame, `${state.Type}StateEntered`, details, variables);
  return { id, name, state, input, variables, enteredMs };
}

function resumed(run: Run, frame: Frame, block: Block): Visit | undefined {
  const entered = run.journal.lastEntered(frame.id);
  if (entered === undefined) return undefined;
  const name = textIn(entered.details?.name);
  const input = parseJson(textIn(entered.details?.input));
  const state = stateOf(block, name);
  frame.previous = run.journal.events.at(-1)?.id ?? entered.id;
  return { id: entered.id, name, state, input, variables: entered.variables ?? {}, enteredMs: entered.atMs };
}

function stateOf(block: Block, name: string): Visit['state'] {
  const state = block.States[name];
  if (state === undefined) throw new StateFailure('States.Runtime', `There is no state '${name}'.`);
  return state;
}

/** One state with its retries and catches. */
async function runState(run: Run, frame: Frame, visit: Visit): Promise<Step> {
  let attempt: Attempt = run.journal.retriesOf(visit.id) ?? FIRST;
  for (;;) {
    try {
      await sleepUntil(run, attempt.dueMs, frame.signal);
      const step = await perform(run, frame, visit, attempt.attempt);
      return exit(run, frame, visit, step);
    } catch (error) {
      const failure = failureOf(error);
      noteEvaluation(run, frame, visit, failure);
      const again = nextAttempt(run, visit, failure, attempt);
      if (again === undefined) return handled(run, frame, visit, failure, attempt.attempt);
      run.journal.note({ kind: 'retried', visit: visit.id, ...again });
      attempt = again;
    }
  }
}

/** A bug of the stand-in fails the execution; it is never something a definition can catch. */
function failureOf(error: unknown): StateFailure {
  if (error instanceof Halted) throw error;
  if (error instanceof StateFailure) return error;
  return new StateFailure('States.Runtime', error instanceof Error ? error.message : 'unknown');
}

function noteEvaluation(run: Run, frame: Frame, visit: Visit, failure: StateFailure): void {
  if (failure.error !== 'States.QueryEvaluationError') return;
  record(run, frame, 'EvaluationFailed', {
    error: failure.error,
    cause: failure.failureCause,
    state: visit.name,
  });
}

function nextAttempt(run: Run, visit: Visit, failure: StateFailure, before: Attempt): Attempt | undefined {
  const retriers = 'Retry' in visit.state ? visit.state.Retry : [];
  const index = retriers.findIndex(({ ErrorEquals }) => matches(ErrorEquals, failure.error));
  const retrier = retriers[index];
  const used = before.used[index] ?? 0;
  if (retrier === undefined || used >= retrier.MaxAttempts) return undefined;
  const waitMs = Math.round(delaySeconds(retrier, used, () => run.sources.random()) * 1000);
  return {
    attempt: before.attempt + 1,
    used: retriers.map((_, at) => (before.used[at] ?? 0) + (at === index ? 1 : 0)),
    dueMs: run.sources.now().getTime() + waitMs,
  };
}

async function handled(
  run: Run,
  frame: Frame,
  visit: Visit,
  failure: StateFailure,
  attempt: number,
): Promise<Step> {
  const catchers: readonly Catcher[] = 'Catch' in visit.state ? visit.state.Catch : [];
  const catcher = catchers.find(({ ErrorEquals }) => matches(ErrorEquals, failure.error));
  if (catcher === undefined) throw failure;
  const errorOutput = { Error: failure.error, Cause: failure.failureCause };
  const step = await finish(run, frame, visit, attempt, catcher, catcher.Next, errorOutput, { errorOutput });
  return exit(run, frame, visit, step);
}

function exit(run: Run, frame: Frame, visit: Visit, step: Step): Step {
  record(run, frame, `${visit.state.Type}StateExited`, {
    name: visit.name,
    output: JSON.stringify(step.output),
  });
  return step;
}

async function perform(run: Run, frame: Frame, visit: Visit, attempt: number): Promise<Step> {
  const { state } = visit;
  if (state.Type === 'Choice') return choose(run, frame, visit, state);
  if (state.Type === 'Fail') return fail(run, frame, visit, state);
  if (state.Type === 'Succeed') return finish(run, frame, visit, attempt, state, null, visit.input);
  const next = state.Next ?? null;
  if (state.Type === 'Pass') return finish(run, frame, visit, attempt, state, next, visit.input);
  if (state.Type === 'Wait') {
    await sleepUntil(run, await waitEndsMs(run, frame, visit, state), frame.signal);
    return finish(run, frame, visit, attempt, state, next, visit.input);
  }
  const result =
    state.Type === 'Task'
      ? await runTask(run, frame, visit, state, attempt)
      : state.Type === 'Map'
        ? await runMap(run, frame, visit, state, attempt, runBlock)
        : await runParallel(run, frame, visit, state, attempt, runBlock);
  return finish(run, frame, visit, attempt, state, next, result, { result });
}

/**
 * Output and Assign of a state, a rule or a catcher, both evaluated with the variables as they were on entering:
 * neither sees what the other gives.
 */
async function finish(
  run: Run,
  frame: Frame,
  visit: Visit,
  attempt: number,
  fields: {
    readonly Output?: Json | undefined;
    readonly Assign?: Readonly<Record<string, Json>> | undefined;
  },
  next: string | null,
  fallback: Json,
  results: { readonly result?: Json; readonly errorOutput?: Json } = {},
): Promise<Step> {
  const scope = scopeOf(run, frame, visit, attempt, results);
  const evaluated = Object.entries(fields.Assign ?? {}).map(
    async ([name, given]) => [name, await run.evaluate(given, scope, `Assign.${name}`)] as const,
  );
  const [output, assigned] = await Promise.all([
    fields.Output === undefined ? fallback : run.evaluate(fields.Output, scope, 'Output'),
    Promise.all(evaluated).then((entries) => Object.fromEntries(entries)),
  ]);
  withinLimit(assigned, 'value of the variables of one Assign');
  return {
    next,
    output: withinLimit(output, 'output of a state'),
    variables: { ...visit.variables, ...assigned },
  };
}

/** The first rule that holds; where none does, the Default with the state's own Assign and Output. */
async function choose(run: Run, frame: Frame, visit: Visit, state: ChoiceState): Promise<Step> {
  const scope = scopeOf(run, frame, visit, 0);
  for (const rule of state.Choices) {
    const holds = await run.evaluate(rule.Condition, scope, 'Condition');
    if (typeof holds !== 'boolean') {
      throw new StateFailure('States.QueryEvaluationError', "The field 'Condition' must be true or false.");
    }
    if (holds) return finish(run, frame, visit, 0, rule, rule.Next, visit.input);
  }
  if (state.Default === undefined) throw new StateFailure('States.NoChoiceMatched', 'No choice matched.');
  return finish(run, frame, visit, 0, state, state.Default, visit.input);
}

async function fail(run: Run, frame: Frame, visit: Visit, state: FailState): Promise<never> {
  const scope = scopeOf(run, frame, visit, 0);
  const textOf = async (field: 'Error' | 'Cause'): Promise<string> => {
    const value = await run.evaluate(state[field] ?? '', scope, field);
    if (typeof value === 'string') return value;
    throw new StateFailure('States.QueryEvaluationError', `The field '${field}' must be a string.`);
  };
  throw new StateFailure(await textOf('Error'), await textOf('Cause'));
}

/** Counted from when the state was entered, so that a restart does not lengthen the wait. */
async function waitEndsMs(run: Run, frame: Frame, visit: Visit, state: WaitState): Promise<number> {
  const scope = scopeOf(run, frame, visit, 0);
  if (state.Seconds !== undefined) {
    const given = await run.evaluate(state.Seconds, scope, 'Seconds');
    if (typeof given === 'number' && Number.isInteger(given) && given >= 0)
      return visit.enteredMs + given * 1000;
    throw new StateFailure('States.QueryEvaluationError', "The field 'Seconds' must be a whole number.");
  }
  const at = Date.parse(textIn(await run.evaluate(state.Timestamp ?? '', scope, 'Timestamp')));
  if (!Number.isNaN(at)) return at;
  throw new StateFailure('States.QueryEvaluationError', "The field 'Timestamp' must be a time.");
}
