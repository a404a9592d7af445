/**
 * The process of one function: loads its handler once, then answers one event at a time over the IPC channel.
 * It is a process, not a worker thread: ending a thread while DuckDB works in it aborts the whole stand-in (tried
 * with @duckdb/node-api 1.5.6 on Node 24.21), and a process has an environment that is wholly its own.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FunctionError, Invocation, RuntimeMessage } from './protocol.ts';

type Handler = (event: unknown, context: unknown) => unknown;

const send = (message: RuntimeMessage): void => void process.send?.(message);
let clockOffsetMs = 0;

shiftDate();
// A stand-in that was killed takes its functions with it.
process.on('disconnect', () => process.exit(0));
const handler = await loadHandler();
process.on('message', (message: Invocation) => void answer(message));
send({ kind: 'ready' });

async function answer(invocation: Invocation): Promise<void> {
  const { requestId } = invocation;
  clockOffsetMs = invocation.clockOffsetMs;
  try {
    if (!('handle' in handler)) throw handler.error;
    const result = await handler.handle(JSON.parse(invocation.payload), contextOf(invocation));
    // A handler that answers nothing answers null.
    send({ kind: 'done', requestId, payload: result === undefined ? 'null' : JSON.stringify(result) });
  } catch (error) {
    console.error(
      error instanceof Error ? `${error.name}\n${framesOf(error)}` : 'a value that is no Error was thrown',
    );
    send({ kind: 'failed', requestId, error: describe(error) });
  }
}

/** Frames only: the message went to the caller already, and may be of a library that quotes what it failed on. */
const framesOf = (error: Error): string =>
  (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');

const describe = (error: unknown): FunctionError =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message }
    : { errorType: typeof error, errorMessage: typeof error === 'string' ? error : '' };

async function loadHandler(): Promise<{ readonly handle: Handler } | { readonly error: Error }> {
  const folder = process.env.LAMBDA_TASK_ROOT ?? '';
  const [file = '', name = ''] = (process.env._HANDLER ?? '').split('.');
  const path = ['.mjs', '.js', '.cjs'].map((ending) => join(folder, `${file}${ending}`)).find(existsSync);
  if (path === undefined)
    return { error: named('Runtime.ImportModuleError', `Cannot find module '${file}'`) };
  try {
    const module: unknown = await import(pathToFileURL(path).href);
    const found = memberOf(module, name);
    if (isHandler(found)) return { handle: found };
    return { error: named('Runtime.HandlerNotFound', `${file}.${name} is undefined or not exported`) };
  } catch (error) {
    // As Lambda: every invocation of a module that does not load fails, and the log says why.
    console.error(error);
    return {
      error: error instanceof Error ? error : named('Runtime.ImportModuleError', 'the module did not load'),
    };
  }
}

function memberOf(module: unknown, name: string): unknown {
  if (typeof module !== 'object' || module === null) return undefined;
  return Object.entries(module).find(([key]) => key === name)?.[1];
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function contextOf(invocation: Invocation): Readonly<Record<string, unknown>> {
  const deadline = performance.now() + invocation.timeoutMs;
  return {
    awsRequestId: invocation.requestId,
    functionName: invocation.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: invocation.functionArn,
    memoryLimitInMB: String(invocation.memoryMb),
    logGroupName: `/aws/lambda/${invocation.functionName}`,
    logStreamName: 'stand-in',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
  };
}

/** Date reads the movable clock: `new Date()`, `Date()` and `Date.now()`; every other use is the real Date's. */
function shiftDate(): void {
  const RealDate = Date;
  const now = (): number => RealDate.now() + clockOffsetMs;
  const Shifted: DateConstructor = new Proxy(RealDate, {
    construct: (target, given: unknown[], newTarget): Date => {
      const made: unknown = Reflect.construct(
        target,
        given.length === 0 ? [now()] : given,
        newTarget === Shifted ? target : newTarget,
      );
      return made instanceof target ? made : new target(now());
    },
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver): unknown => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  });
  RealDate.prototype.constructor = Shifted;
  globalThis.Date = Shifted;
}
