/** The one middy stack: what comes in is parsed, what goes wrong is named, and nothing of anybody's data is logged. */
import middy from '@middy/core';
import type { z } from 'zod';
import { RetryableError } from './objects.ts';

/** The only things a function ever logs; fields hold ids, counts and codes. */
export type LogMessage =
  'step done' | 'step refused' | 'input refused' | 'step failed' | 'request refused' | 'request done';

export function log(message: LogMessage, fields: Readonly<Record<string, string | number | boolean>>): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), message, ...fields }));
}

/** Names under which AWS services ask for patience. */
const TRANSIENT = new Set([
  'SlowDown',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestTimeout',
  'TimeoutError',
  'InternalError',
  'ServiceUnavailable',
  'InternalServerException',
  'KMSInternalException',
  'ECONNRESET',
  'ECONNREFUSED',
]);

/** A step of a state machine: ids in, ids and counts out. */
export function taskHandler<Input, Output>(
  schema: z.ZodType<Input>,
  step: (input: Input, now: Date) => Promise<Output>,
) {
  return middy()
    .use({
      onError: ({ error }: { readonly error: unknown }) => rename(error instanceof Error ? error : null),
    })
    .handler(async (event: unknown): Promise<Output> => {
      const parsed = schema.safeParse(event);
      if (!parsed.success) {
        log('input refused', { fields: parsed.error.issues.map((issue) => issue.path.join('.')).join(' ') });
        throw new BadInput();
      }
      const began = new Date();
      const output = await step(parsed.data, began);
      log('step done', { ...idsOf(parsed.data), milliseconds: Date.now() - began.getTime() });
      return output;
    });
}

/** The only fields of an input that a log line repeats: ids the platform itself gave out. */
const LOGGED_IDS = ['runId', 'partner', 'feed', 'reportId', 'releaseId', 'executionName'];

const idsOf = (input: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(Object(input) as Record<string, unknown>).filter(
      (entry): entry is [string, string] => LOGGED_IDS.includes(entry[0]) && typeof entry[1] === 'string',
    ),
  );

class BadInput extends Error {
  override readonly name = 'BadInput';
  constructor() {
    super('the input of this step is not of its agreed form');
  }
}

/**
 * Rethrows with a name the state machines know and a message that cannot hold data: what a library says of a
 * failure may quote the value it failed on.
 */
function rename(error: Error | null): never {
  const cause = error ?? new Error('unknown');
  const transient = cause instanceof RetryableError || TRANSIENT.has(cause.name) || is5xx(cause);
  const name = transient ? 'Retryable' : cause.name;
  log('step failed', { error: name, cause: cause.name, where: whereOf(cause) });
  const renamed = new Error(`${name}: see the function's log by time`);
  renamed.name = name;
  throw renamed;
}

/** The first frame of the stack that is a place in our own code: a file and line, never a value. */
function whereOf(error: Error): string {
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes('node_modules'));
  const places = frames.flatMap((line) => /([\w./-]+\.m?[jt]s:\d+):\d+/.exec(line)?.[1] ?? []);
  return places[0]?.split('/').slice(-2).join('/') ?? 'unknown';
}

const is5xx = (error: Error): boolean => {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : 0;
  return typeof status === 'number' && status >= 500;
};

/** Who calls a function URL, as IAM proved it: never read from the body. */
export interface Caller {
  readonly roleName: string;
  readonly sessionName: string;
}

export interface UrlReply {
  readonly statusCode: number;
  readonly body: unknown;
}

interface UrlEvent {
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: {
    readonly http: { readonly method: string; readonly path: string };
    readonly authorizer?: { readonly iam?: { readonly userArn?: string } };
  };
}

/** A function URL with IAM auth: the caller and the parsed body in, a status and a JSON body out. */
export function urlHandler<Input>(
  schema: z.ZodType<Input>,
  answer: (input: Input, caller: Caller, now: Date) => Promise<UrlReply>,
) {
  return middy<UrlEvent, UrlResult>().handler(async (event) => {
    const caller = callerOf(event);
    if (caller === null)
      return reply({ statusCode: 403, body: refusal('no-caller', 'Sign the request with IAM.') });
    const input = parseBody(event, schema);
    if ('fault' in input) return reply({ statusCode: 400, body: refusal('bad-request', input.fault) });
    try {
      const outcome = await answer(input.value, caller, new Date());
      log(outcome.statusCode < 400 ? 'request done' : 'request refused', { status: outcome.statusCode });
      return reply(outcome);
    } catch (error) {
      const cause = error instanceof Error ? error : new Error('unknown');
      log('step failed', { error: cause.name, where: whereOf(cause) });
      return reply({
        statusCode: 500,
        body: refusal('failed', 'Something went wrong on our side. Try again.'),
      });
    }
  });
}

export const refusal = (
  code: string,
  message: string,
): { readonly error: string; readonly message: string } => ({
  error: code,
  message,
});

function callerOf(event: UrlEvent): Caller | null {
  const arn = event.requestContext.authorizer?.iam?.userArn ?? '';
  const match = /:assumed-role\/([^/]+)\/([^/]+)$/.exec(arn);
  return match?.[1] === undefined || match[2] === undefined
    ? null
    : { roleName: match[1], sessionName: match[2] };
}

function parseBody<Input>(
  event: UrlEvent,
  schema: z.ZodType<Input>,
): { readonly value: Input } | { readonly fault: string } {
  const text = Buffer.from(event.body ?? '', event.isBase64Encoded === true ? 'base64' : 'utf8').toString(
    'utf8',
  );
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { fault: 'The body must be one JSON object.' };
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return { value: parsed.data };
  // Paths and rules only: zod's own messages may quote the value that was sent.
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.code}`);
  return { fault: `These fields are missing, unknown or of the wrong form: ${faults.join('; ')}.` };
}

interface UrlResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const reply = (outcome: UrlReply): UrlResult => ({
  statusCode: outcome.statusCode,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(outcome.body),
});
