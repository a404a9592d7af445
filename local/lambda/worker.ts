/** One function's process: its own environment, its role's credentials, one event at a time, ended when too slow. */
import { fork, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { StandIn } from '../service.ts';
import type { LambdaFunction } from './functions.ts';
import {
  PAYLOAD_LIMIT_BYTES,
  type Invocation,
  type InvocationOutcome,
  type RuntimeMessage,
} from './protocol.ts';

export interface FunctionWorker {
  readonly target: LambdaFunction;
  /** Never rejects: whatever happens to the process is an outcome. The process may be gone afterwards. */
  run(requestId: string, payload: string): Promise<InvocationOutcome>;
  readonly alive: boolean;
  end(): void;
}

const RUNTIME = fileURLToPath(new URL('runtime.ts', import.meta.url));
/** Loading a module counts as initialisation, which Lambda ends after ten seconds; a busy laptop gets longer. */
const START_LIMIT_MS = 60_000;
/** Of JavaScript alone; what a deployment gives the big functions beyond it is for DuckDB, which bounds itself. */
const HEAP_LIMIT_MB = 1024;

export function startWorker(standIn: StandIn, target: LambdaFunction, workerId: string): FunctionWorker {
  const root = join(standIn.dataDir, 'lambda');
  const temporary = join(root, 'tmp', workerId);
  const logFile = join(root, 'logs', `${target.name}.log`);
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  mkdirSync(join(root, 'logs'), { recursive: true, mode: 0o700 });
  const log = (line: string): void =>
    appendFileSync(logFile, `${standIn.clock.now().toISOString()} ${line}\n`, { mode: 0o600 });
  const folder = standIn.templates.assetFolder(target.codeKey ?? '');

  const child = fork(RUNTIME, [], {
    cwd: folder,
    env: environmentOf(standIn, target, folder, temporary),
    execArgv: [`--max-old-space-size=${String(Math.min(target.memoryMb, HEAP_LIMIT_MB))}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  eachLine(child.stdout, log);
  eachLine(child.stderr, log);
  let alive = true;
  child.once('exit', () => {
    alive = false;
    rmSync(temporary, { recursive: true, force: true });
  });
  child.on('error', () => undefined);

  const end = (): void => {
    alive = false;
    child.kill('SIGKILL');
  };
  const ready = waitFor(child, ({ kind }) => kind === 'ready', START_LIMIT_MS);
  return {
    target,
    get alive() {
      return alive;
    },
    end,
    async run(requestId, payload) {
      const startedMs = performance.now();
      const outcome = await runOnce(standIn, child, ready, target, requestId, payload);
      const ms = Math.round(performance.now() - startedMs);
      log(
        `REPORT RequestId: ${requestId} Duration: ${String(ms)} ms ${outcome.ok ? 'ok' : outcome.error.errorType}`,
      );
      // After a time-out or a crash the process holds unknown state; Lambda, too, starts a fresh one.
      if (!outcome.ok && (outcome.error === CRASHED || outcome.error.errorType === 'Sandbox.Timedout')) end();
      return outcome;
    },
  };
}

const CRASHED = {
  errorType: 'Runtime.ExitError',
  errorMessage: 'Runtime exited without providing a reason',
} as const;

async function runOnce(
  standIn: StandIn,
  child: ChildProcess,
  ready: Promise<RuntimeMessage | 'exited' | 'late'>,
  target: LambdaFunction,
  requestId: string,
  payload: string,
): Promise<InvocationOutcome> {
  if (typeof (await ready) === 'string') return { ok: false, error: CRASHED };
  const timeoutMs = target.timeoutSeconds * 1000;
  const answered = waitFor(
    child,
    (message) => 'requestId' in message && message.requestId === requestId,
    timeoutMs,
  );
  const invocation: Invocation = {
    requestId,
    payload,
    clockOffsetMs: standIn.clock.offsetMs(),
    functionName: target.name,
    functionArn: target.arn,
    memoryMb: target.memoryMb,
    timeoutMs,
  };
  if (child.connected) child.send(invocation, () => undefined);
  const message = await answered;
  if (message === 'exited') return { ok: false, error: CRASHED };
  if (message === 'late') {
    const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${target.timeoutSeconds.toFixed(2)} seconds`;
    return { ok: false, error: { errorType: 'Sandbox.Timedout', errorMessage } };
  }
  if (message.kind === 'failed') return { ok: false, error: message.error };
  if (message.kind === 'ready') return { ok: false, error: CRASHED };
  const bytes = Buffer.byteLength(message.payload);
  if (bytes <= PAYLOAD_LIMIT_BYTES) return { ok: true, payload: message.payload };
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${String(PAYLOAD_LIMIT_BYTES)} bytes).`;
  return { ok: false, error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
}

function waitFor(
  child: ChildProcess,
  wanted: (message: RuntimeMessage) => boolean,
  limitMs: number,
): Promise<RuntimeMessage | 'exited' | 'late'> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve('exited');
      return;
    }
    const finish = (result: RuntimeMessage | 'exited' | 'late'): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      child.off('error', onExit);
      resolve(result);
    };
    // Only our own runtime writes to this channel.
    const onMessage = (message: unknown): void => {
      if (isRuntimeMessage(message) && wanted(message)) finish(message);
    };
    const onExit = (): void => finish('exited');
    const timer = setTimeout(() => finish('late'), limitMs);
    child.on('message', onMessage);
    child.once('exit', onExit);
    child.once('error', onExit);
  });
}

const isRuntimeMessage = (message: unknown): message is RuntimeMessage =>
  typeof message === 'object' && message !== null && 'kind' in message;

/** Only what Lambda would give: nothing of the host's environment reaches a function. */
function environmentOf(
  standIn: StandIn,
  target: LambdaFunction,
  folder: string,
  temporary: string,
): Record<string, string> {
  const credentials = standIn.credentialsFor(target.roleName, target.name);
  const { region } = standIn.templates;
  return {
    ...target.variables,
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
    // Keeps the SDK from reading the host user's own AWS files.
    HOME: temporary,
    TMPDIR: temporary,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: standIn.endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_LAMBDA_FUNCTION_NAME: target.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(target.memoryMb),
    AWS_EXECUTION_ENV: `AWS_Lambda_${target.runtime}`,
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: target.handler,
  };
}

function eachLine(stream: Readable | null, write: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(write);
  });
  // A process that is killed may reset its pipes: what it said so far is all it said.
  stream?.on('error', () => undefined);
  stream?.on('end', () => rest !== '' && write(rest));
}
