/** Step Functions: the state machines of the templates, served over AWS JSON 1.0. */
import { ServiceError, type Call, type Reply, type Service, type StandIn } from '../service.ts';
import { createExecutions } from './executions.ts';
import { machinesOf } from './machines.ts';
import { OPERATIONS, type Operation, type States } from './operations.ts';

export interface StatesService extends Service {
  /** Takes up the executions a killed stand-in left running; every service is there by now. The first call does so too. */
  readonly start: () => void;
  /** Resolves when the execution has ended: the scheduler lets one night's run end before the clock goes on. */
  settled(executionArn: string): Promise<void>;
  /** Leaves running executions as a kill would, for the next stand-in to take up. */
  readonly stop: () => Promise<void>;
}

/** @throws Error naming machine, state and field when a definition needs what the stand-in does not implement. */
export function createStates(standIn: StandIn): StatesService {
  const machines = machinesOf(standIn.templates);
  const states: States = { machines, executions: createExecutions(standIn, machines) };
  return {
    name: 'states',
    start: states.executions.resume,
    settled: (executionArn) => states.executions.settled(executionArn),
    stop: states.executions.halt,
    handle(call) {
      states.executions.resume();
      return answer(standIn, states, call);
    },
  };
}

async function answer(standIn: StandIn, states: States, call: Call): Promise<Reply> {
  const name = (call.headers['x-amz-target'] ?? '').replace(/^AWSStepFunctions\./, '');
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation === undefined) {
    throw new ServiceError(501, 'NotImplemented', `The stand-in does not implement Step Functions' ${name}.`);
  }
  const body = await read(call);
  const resources: string[] = [];
  try {
    const reply = serve(standIn, states, call, name, operation, body, resources);
    note(standIn, call, name, operation, resources);
    return reply;
  } catch (error) {
    note(standIn, call, name, operation, resources, error);
    throw error;
  }
}

function serve(
  standIn: StandIn,
  states: States,
  call: Call,
  name: string,
  operation: Operation,
  body: unknown,
  resources: string[],
): Reply {
  const prepared = operation.prepare(states, body);
  if (prepared.resource !== '*') resources.push(prepared.resource);
  standIn.authoriser.require({
    principal: call.principal,
    action: `states:${name}`,
    resource: prepared.resource,
  });
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': call.requestId },
    body: JSON.stringify(prepared.answer()),
  };
}

function note(
  standIn: StandIn,
  call: Call,
  eventName: string,
  { readOnly }: Operation,
  resources: readonly string[],
  error?: unknown,
): void {
  standIn.trail.write({
    eventTime: standIn.clock.now().toISOString(),
    eventSource: 'states.amazonaws.com',
    eventName,
    userArn: call.principal.arn,
    resources,
    readOnly,
    requestId: call.requestId,
    ...(error === undefined
      ? {}
      : { errorCode: error instanceof ServiceError ? error.code : 'InternalFailure' }),
  });
}

/** The largest request holds a payload of 256 KiB as a JSON string, each character at worst six long. */
const REQUEST_LIMIT_BYTES = 2 * 1024 * 1024;

async function read(call: Call): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of call.body) {
    bytes += chunk.length;
    if (bytes > REQUEST_LIMIT_BYTES)
      throw new ServiceError(413, 'RequestEntityTooLarge', 'The request is too large.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
  } catch {
    throw new ServiceError(400, 'SerializationException', 'The request is no JSON.');
  }
}
