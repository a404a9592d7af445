/** Runs one definition to its end on the real interpreter, with stub functions. */
import type { Service } from '../../local/service.ts';
import { createStates } from '../../local/states/service.ts';
import {
  call,
  eventually,
  executionArn,
  fakeStandIn,
  machineArn,
  machineResource,
  stubLambda,
  type FakeStandIn,
  type Stub,
} from './states-fake-stand-in.ts';

export interface Ended {
  readonly status: string;
  readonly output: unknown;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly calls: readonly { readonly name: string; readonly payload: Record<string, unknown> }[];
  /** Names of the states entered, in order. */
  readonly path: readonly string[];
  readonly events: readonly Record<string, unknown>[];
  readonly standIn: FakeStandIn;
}

export async function ask(
  states: Service,
  operation: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  const reply = await states.handle(
    call('states', {
      headers: { 'x-amz-target': `AWSStepFunctions.${operation}` },
      text: JSON.stringify(body),
    }),
  );
  return JSON.parse(textOf(reply.body)) as Record<string, unknown>;
}

export async function runMachine(
  definition: unknown,
  stubs: Readonly<Record<string, Stub>> = {},
  input: unknown = {},
  substitutions: Readonly<Record<string, string>> = {},
  prepare: (standIn: FakeStandIn) => void = () => undefined,
): Promise<Ended> {
  const standIn = fakeStandIn([machineResource('m', definition, substitutions)]);
  const { service, calls } = stubLambda(standIn, stubs);
  standIn.add(service);
  prepare(standIn);
  const states = createStates(standIn);
  await ask(states, 'StartExecution', {
    stateMachineArn: machineArn('m'),
    name: 'one',
    input: JSON.stringify(input),
  });
  const ended = await endOf(states, executionArn('m', 'one'));
  const events = await historyOf(states, executionArn('m', 'one'));
  return { ...ended, calls, events, path: events.flatMap(enteredName), standIn };
}

export async function endOf(
  states: Service,
  arn: string,
): Promise<Pick<Ended, 'status' | 'output' | 'error' | 'cause'>> {
  const described = await eventually(async () => {
    const found = await ask(states, 'DescribeExecution', { executionArn: arn });
    return found.status === 'RUNNING' ? undefined : found;
  });
  return {
    status: String(described.status),
    output: described.output === undefined ? undefined : JSON.parse(textOf(described.output)),
    error: described.error === undefined ? undefined : textOf(described.error),
    cause: described.cause === undefined ? undefined : textOf(described.cause),
  };
}

export async function historyOf(states: Service, arn: string): Promise<Record<string, unknown>[]> {
  const { events } = await ask(states, 'GetExecutionHistory', { executionArn: arn, maxResults: 1000 });
  return (Array.isArray(events) ? events : []) as Record<string, unknown>[];
}

export function enteredName(event: Record<string, unknown>): string[] {
  const details = event.stateEnteredEventDetails;
  return typeof details === 'object' && details !== null && 'name' in details ? [String(details.name)] : [];
}

/** A definition of these states, the first being the start. */
export const machine = (states: Readonly<Record<string, unknown>>, more = {}): unknown => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0],
  States: states,
  ...more,
});

/** A task that calls the stub `name`. */
export const task = (
  name: string,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: name, Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
  ...('Next' in more ? {} : { End: true }),
  ...more,
});

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
