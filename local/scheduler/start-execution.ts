/** Fires one occurrence: starts the state machine as the schedule's role, with the context attributes filled in. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ServiceError } from '../service.ts';
import type { Call, Reply, Service, StandIn } from '../service.ts';
import type { Occurrence } from './due.ts';
import { UNIVERSAL_START_EXECUTION } from './schedules.ts';
import type { Schedule } from './schedules.ts';

export type Fired =
  | { readonly outcome: 'started'; readonly executionArn: string }
  /** `code` is AWS's; nothing of the input is in it. */
  | { readonly outcome: 'dropped'; readonly code: string };

/** Waits between attempts are AWS's in kind but not in length: nobody waits a day for a stand-in. */
const RETRY_WAIT_MS = 250;
const MOST_ATTEMPTS = 5;

export async function fire(standIn: StandIn, occurrence: Occurrence): Promise<Fired> {
  const { MaximumRetryAttempts } = occurrence.schedule.properties.Target.RetryPolicy;
  const attempts = Math.min(1 + MaximumRetryAttempts, MOST_ATTEMPTS);
  for (let attempt = 1; ; attempt += 1) {
    const answer = await startOnce(standIn, occurrence, attempt);
    const transient = answer.outcome === 'dropped' && isTransient(answer.code);
    if (!transient || attempt >= attempts) return answer;
    await delay(RETRY_WAIT_MS);
  }
}

const isTransient = (code: string): boolean => /^(Throttling|ServiceUnavailable|Internal)/.test(code);

async function startOnce(standIn: StandIn, occurrence: Occurrence, attempt: number): Promise<Fired> {
  try {
    const request = requestOf(occurrence, attempt);
    return readAnswer(await standIn.service('states').handle(callOf(standIn, occurrence, request)));
  } catch (error) {
    if (error instanceof ServiceError) return { outcome: 'dropped', code: error.code };
    if (error instanceof z.ZodError || error instanceof SyntaxError)
      return { outcome: 'dropped', code: 'ValidationException' };
    throw error;
  }
}

interface StartRequest {
  readonly stateMachineArn: string;
  readonly name: string;
  readonly input: string;
}

const universalSchema = z.strictObject({
  StateMachineArn: z.string(),
  Name: z.string().optional(),
  Input: z.string().default('{}'),
});

/** The templated target gives its input; the universal one the whole request, in the API's own words. */
function requestOf(occurrence: Occurrence, attempt: number): StartRequest {
  const { Arn, Input = '{}' } = occurrence.schedule.properties.Target;
  const text = fillContext(Input, occurrence, attempt);
  const name = executionId(occurrence);
  if (Arn !== UNIVERSAL_START_EXECUTION) return { stateMachineArn: Arn, name, input: text };
  const request = universalSchema.parse(JSON.parse(text));
  return { stateMachineArn: request.StateMachineArn, name: request.Name ?? name, input: request.Input };
}

/** EventBridge Scheduler user guide, "Adding context attributes". */
function fillContext(text: string, occurrence: Occurrence, attempt: number): string {
  return text
    .replaceAll('<aws.scheduler.schedule-arn>', occurrence.schedule.arn)
    .replaceAll('<aws.scheduler.scheduled-time>', occurrence.at.toISOString().replace('.000Z', 'Z'))
    .replaceAll('<aws.scheduler.execution-id>', executionId(occurrence))
    .replaceAll('<aws.scheduler.attempt-number>', String(attempt));
}

/** The same for every attempt at one occurrence, so that an execution named after it is started once only. */
export function executionId(occurrence: Occurrence): string {
  const digest = createHash('sha256')
    .update(`${occurrence.schedule.arn}|${occurrence.at.toISOString()}`)
    .digest('hex');
  return digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-a$4-$5');
}

function callOf(standIn: StandIn, occurrence: Occurrence, request: StartRequest): Call {
  return {
    service: 'states',
    principal: principalOf(standIn, occurrence.schedule, executionId(occurrence)),
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AWSStepFunctions.StartExecution',
    },
    body: oneChunk(JSON.stringify(request)),
    presigned: false,
    signatureAgeMs: 0,
    sourceIp: '127.0.0.1',
    requestId: randomUUID(),
  };
}

/** The role a schedule names; the session is named after the occurrence, as AWS names it after its own id. */
function principalOf(standIn: StandIn, schedule: Schedule, session: string): Call['principal'] {
  const roleName = schedule.properties.Target.RoleArn.split('/').at(-1) ?? '';
  return standIn.principalFor(roleName, session);
}

async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

const startedSchema = z.object({ executionArn: z.string() });
const refusedSchema = z.object({ __type: z.string().default('InternalError') });

function readAnswer(reply: Reply): Fired {
  const { body } = reply;
  const text =
    typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : '{}';
  if (reply.status === 200) return { outcome: 'started', ...startedSchema.parse(JSON.parse(text)) };
  return { outcome: 'dropped', code: refusedSchema.parse(JSON.parse(text)).__type };
}

/** Step Functions as the scheduler uses it beside its API: to let a run end before the clock goes on. */
export interface Settles {
  /** Resolves when the execution has ended, or waits for a person or for the clock. */
  settled(executionArn: string): Promise<void>;
}
export const settles = (service: Service): service is Service & Settles => 'settled' in service;
