/** Calls a function for a state machine: as the machine's role, through Lambda's own API, its errors under AWS's names. */
import { randomUUID } from 'node:crypto';
import { ServiceError, type Call, type Principal, type Reply, type StandIn } from '../service.ts';
import { parseJson, type Json } from './json.ts';
import { StateFailure } from './failure.ts';

export function functionInvoker(standIn: StandIn, principal: Principal) {
  return async (functionName: string, payload: Json): Promise<Json> => {
    let reply: Reply;
    try {
      reply = await standIn.service('lambda').handle(invokeCall(principal, functionName, payload));
    } catch (error) {
      throw refusalOf(error);
    }
    const text = await textOf(reply.body);
    const answer = text === '' ? null : parseJson(text);
    if (reply.headers?.['x-amz-function-error'] !== undefined) throw functionFailure(answer, text);
    return { ExecutedVersion: '$LATEST', Payload: answer, StatusCode: reply.status };
  };
}

function invokeCall(principal: Principal, functionName: string, payload: Json): Call {
  return {
    service: 'lambda',
    principal,
    method: 'POST',
    path: `/2015-03-31/functions/${functionName}/invocations`,
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/json' },
    body: bytesOf(JSON.stringify(payload)),
    presigned: false,
    signatureAgeMs: 0,
    sourceIp: 'states.amazonaws.com',
    requestId: randomUUID(),
  };
}

async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

async function textOf(body: Reply['body']): Promise<string> {
  if (body === undefined || typeof body === 'string') return body ?? '';
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The function failed: its own error type is the error's name. A process that died is Lambda.Unknown. */
function functionFailure(answer: Json, cause: string): StateFailure {
  const type =
    typeof answer === 'object' && answer !== null && 'errorType' in answer ? answer.errorType : undefined;
  const name = typeof type === 'string' && type !== 'Runtime.ExitError' ? type : 'Lambda.Unknown';
  return new StateFailure(name, cause);
}

/** Lambda refused the call: what the SDK calls AccessDeniedException reaches a state as Lambda.AWSLambdaException. */
function refusalOf(error: unknown): StateFailure {
  if (!(error instanceof ServiceError)) {
    return new StateFailure('Lambda.ServiceException', 'The stand-in could not run the function.');
  }
  const names: Readonly<Record<number, string>> = {
    403: 'AWSLambdaException',
    500: 'ServiceException',
    503: 'ServiceException',
  };
  return new StateFailure(`Lambda.${names[error.status] ?? error.code}`, error.message);
}
