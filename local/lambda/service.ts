/** Lambda: the functions of the templates, invoked through the API or their URLs, each in its own process and role. */
import { ServiceError, type Call, type Reply, type Service, type StandIn } from '../service.ts';
import { URL_PREFIX, urlEvent, urlReply } from './function-url.ts';
import { functionsOf, type FunctionRegister, type LambdaFunction } from './functions.ts';
import { createPool, type Pool } from './pool.ts';
import { PAYLOAD_LIMIT_BYTES, type InvocationOutcome } from './protocol.ts';

export interface LambdaService extends Service {
  /** Ends every process running under a role at once; what they were doing fails like a crashed runtime. */
  killWorkersOf(roleName: string): void;
  /** Ends every process; the stand-in is going down. */
  stop(): void;
}

/** Ends the processes of a role in every stand-in of this Node process: what `afterCall` 'kill-caller' asks for. */
export const killWorkersOf = (roleName: string): void => {
  for (const service of living) service.killWorkersOf(roleName);
};
const living = new Set<LambdaService>();

interface Lambda {
  readonly standIn: StandIn;
  readonly functions: FunctionRegister;
  readonly pool: Pool;
}

export function createLambda(standIn: StandIn): LambdaService {
  const lambda: Lambda = { standIn, functions: functionsOf(standIn.templates), pool: createPool(standIn) };
  const service: LambdaService = {
    name: 'lambda',
    handle: (call) => (call.path.startsWith(URL_PREFIX) ? answerUrl(lambda, call) : answerApi(lambda, call)),
    killWorkersOf: lambda.pool.killWorkersOf,
    stop: () => {
      living.delete(service);
      lambda.pool.stop();
    },
  };
  living.add(service);
  return service;
}

/** An operation: its name in CloudTrail, the IAM action, and the path it answers on. */
interface Operation {
  readonly eventName: string;
  readonly action: string;
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (lambda: Lambda, call: Call, target: LambdaFunction) => Promise<Reply> | Reply;
}

const FUNCTIONS = '/2015-03-31/functions';
const OPERATIONS: readonly Operation[] = [
  {
    eventName: 'Invoke',
    action: 'lambda:InvokeFunction',
    method: 'POST',
    path: new RegExp(`^${FUNCTIONS}/([^/]+)/invocations$`),
    answer: invoke,
  },
  {
    eventName: 'GetFunctionUrlConfig',
    action: 'lambda:GetFunctionUrlConfig',
    method: 'GET',
    path: /^\/2021-10-31\/functions\/([^/]+)\/url$/,
    answer: getUrlConfig,
  },
  {
    eventName: 'GetFunction',
    action: 'lambda:GetFunction',
    method: 'GET',
    path: new RegExp(`^${FUNCTIONS}/([^/]+)$`),
    answer: (_, __, target) => json(200, { Configuration: configurationOf(target), Code: {}, Tags: {} }),
  },
  {
    eventName: 'GetFunctionConfiguration',
    action: 'lambda:GetFunctionConfiguration',
    method: 'GET',
    path: new RegExp(`^${FUNCTIONS}/([^/]+)/configuration$`),
    answer: (_, __, target) => json(200, configurationOf(target)),
  },
];

async function answerApi(lambda: Lambda, call: Call): Promise<Reply> {
  const { functions, standIn } = lambda;
  if (call.method === 'GET' && new RegExp(`^${FUNCTIONS}/?$`).test(call.path)) {
    return audited(standIn, call, 'ListFunctions', [], true, () => {
      standIn.authoriser.require({
        principal: call.principal,
        action: 'lambda:ListFunctions',
        resource: '*',
      });
      return json(200, { Functions: functions.all.map(configurationOf) });
    });
  }
  for (const operation of OPERATIONS) {
    const name = operation.method === call.method ? operation.path.exec(call.path)?.[1] : undefined;
    if (name === undefined) continue;
    const arn = arnOf(lambda, name);
    return audited(standIn, call, operation.eventName, [arn], operation.method === 'GET', () => {
      standIn.authoriser.require({ principal: call.principal, action: operation.action, resource: arn });
      return operation.answer(lambda, call, functions.find(name));
    });
  }
  throw new ServiceError(
    501,
    'NotImplemented',
    `The stand-in does not implement ${call.method} ${call.path}.`,
  );
}

/** Of an unknown function too, so that a caller without rights learns nothing of which exist. */
function arnOf({ functions, standIn }: Lambda, name: string): string {
  try {
    return functions.find(name).arn;
  } catch {
    const { region, account } = standIn.templates;
    return name.startsWith('arn:') ? name : `arn:aws:lambda:${region}:${account}:function:${name}`;
  }
}

async function invoke(lambda: Lambda, call: Call, target: LambdaFunction): Promise<Reply> {
  const kind = call.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  const unsupported = ['x-amz-client-context', 'x-amz-durable-execution-name'].find(
    (name) => name in call.headers,
  );
  if (unsupported !== undefined || call.query.has('Qualifier') || call.headers['x-amz-log-type'] === 'Tail') {
    throw new ServiceError(
      501,
      'NotImplemented',
      'Client contexts, qualifiers and log tails are not implemented.',
    );
  }
  if (kind !== 'RequestResponse' && kind !== 'Event') {
    throw new ServiceError(501, 'NotImplemented', `Invocation type ${kind} is not implemented.`);
  }
  const payload = jsonText(await read(call));
  if (kind === 'Event') {
    void runInBackground(lambda.pool, target, call.requestId, payload);
    return { status: 202, headers: { 'x-amzn-requestid': call.requestId }, body: '' };
  }
  const outcome = await lambda.pool.invoke(target, call.requestId, payload);
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': call.requestId,
      'x-amz-executed-version': '$LATEST',
      ...(outcome.ok ? {} : { 'x-amz-function-error': 'Unhandled' }),
    },
    body: outcome.ok ? outcome.payload : JSON.stringify(outcome.error),
  };
}

/** Lambda tries an asynchronous event again after one and after two minutes, then drops it. */
const EVENT_RETRY_MS = [60_000, 120_000] as const;

async function runInBackground(pool: Pool, target: LambdaFunction, requestId: string, payload: string) {
  for (const waitMs of [...EVENT_RETRY_MS, undefined]) {
    const outcome: InvocationOutcome | undefined = await pool
      .invoke(target, requestId, payload)
      .catch(() => undefined);
    if (outcome?.ok === true || waitMs === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
  }
}

async function answerUrl(lambda: Lambda, call: Call): Promise<Reply> {
  const { standIn, functions, pool } = lambda;
  const name = call.path.slice(URL_PREFIX.length).split('/')[0] ?? '';
  const arn = arnOf(lambda, name);
  return audited(standIn, call, 'InvokeFunctionUrl', [arn], false, async () => {
    const { principal } = call;
    const urlKeys = { 'lambda:FunctionUrlAuthType': 'AWS_IAM' };
    standIn.authoriser.require({
      principal,
      action: 'lambda:InvokeFunctionUrl',
      resource: arn,
      context: urlKeys,
    });
    // Since October 2025 a URL also needs lambda:InvokeFunction, which a policy may bind to calls through a URL.
    standIn.authoriser.require({
      principal,
      action: 'lambda:InvokeFunction',
      resource: arn,
      context: { ...urlKeys, 'lambda:InvokedViaFunctionUrl': 'true' },
    });
    const target = functions.find(name);
    if (!target.hasUrl) throw new ServiceError(403, 'AccessDeniedException', 'This function has no URL.');
    const event = urlEvent(call, target, standIn.templates.account, standIn.clock.now(), await read(call));
    return urlReply(await pool.invoke(target, call.requestId, event));
  });
}

function getUrlConfig({ standIn }: Lambda, _: Call, target: LambdaFunction): Reply {
  if (!target.hasUrl) throw new ServiceError(404, 'ResourceNotFoundException', 'The function has no URL.');
  return json(200, {
    FunctionUrl: `${standIn.endpoint}${URL_PREFIX}${target.name}/`,
    FunctionArn: target.arn,
    AuthType: 'AWS_IAM',
    InvokeMode: 'BUFFERED',
    CreationTime: EPOCH,
    LastModifiedTime: EPOCH,
  });
}

/** The templates do not say when a function was made. */
const EPOCH = '1970-01-01T00:00:00.000+0000';

const configurationOf = (target: LambdaFunction): Readonly<Record<string, unknown>> => ({
  FunctionName: target.name,
  FunctionArn: target.arn,
  Runtime: target.runtime,
  Role: target.roleArn,
  Handler: target.handler,
  Description: target.description,
  Timeout: target.timeoutSeconds,
  MemorySize: target.memoryMb,
  LastModified: EPOCH,
  Version: '$LATEST',
  PackageType: 'Zip',
  Architectures: [target.architecture],
  Environment: { Variables: target.variables },
  State: 'Active',
});

const json = (status: number, body: unknown): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

async function read(call: Call): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of call.body) {
    bytes += chunk.length;
    if (bytes > PAYLOAD_LIMIT_BYTES) {
      throw new ServiceError(
        413,
        'RequestTooLargeException',
        `Request must be smaller than ${String(PAYLOAD_LIMIT_BYTES)} bytes for the InvokeFunction operation`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function jsonText(body: Uint8Array): string {
  const text = body.length === 0 ? '{}' : Buffer.from(body).toString('utf8');
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new ServiceError(400, 'InvalidRequestContentException', 'Could not parse request body into json.');
  }
}

async function audited(
  standIn: StandIn,
  call: Call,
  eventName: string,
  resources: readonly string[],
  readOnly: boolean,
  answer: () => Promise<Reply> | Reply,
): Promise<Reply> {
  const note = (error?: unknown): void =>
    standIn.trail.write({
      eventTime: standIn.clock.now().toISOString(),
      eventSource: 'lambda.amazonaws.com',
      eventName,
      userArn: call.principal.arn,
      resources,
      readOnly,
      requestId: call.requestId,
      ...(error === undefined
        ? {}
        : { errorCode: error instanceof ServiceError ? error.code : 'ServiceException' }),
    });
  try {
    const reply = await answer();
    note();
    return reply;
  } catch (error) {
    note(error);
    throw error;
  }
}
