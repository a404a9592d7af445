/** Function URLs: an HTTP request becomes a payload format 2.0 event, the function's answer becomes the reply. */
import type { Call, Reply } from '../service.ts';
import type { LambdaFunction } from './functions.ts';
import type { InvocationOutcome } from './protocol.ts';

/** Path of a function's URL on the stand-in; AWS gives each a host name of its own. */
export const URL_PREFIX = '/lambda-url/';

export function urlEvent(
  call: Call,
  target: LambdaFunction,
  account: string,
  now: Date,
  body: Uint8Array,
): string {
  const { principal } = call;
  const rawPath = call.path.slice(`${URL_PREFIX}${target.name}`.length) || '/';
  const query = [...call.query];
  // What the caller signed with stays at the door: no function ever holds a caller's credentials.
  const headers = Object.entries(call.headers).filter(
    ([name]) => name !== 'authorization' && name !== 'x-amz-security-token',
  );
  return JSON.stringify({
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: Object.fromEntries(headers),
    ...(query.length === 0 ? {} : { queryStringParameters: joined(query) }),
    requestContext: {
      accountId: account,
      apiId: target.name,
      authentication: null,
      authorizer: {
        iam: {
          accessKey: principal.accessKeyId,
          accountId: account,
          callerId: principal.userId,
          cognitoIdentity: null,
          principalOrgId: null,
          userArn: principal.arn,
          userId: principal.userId,
        },
      },
      domainName: call.headers.host ?? 'localhost',
      domainPrefix: target.name,
      http: {
        method: call.method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: call.sourceIp,
        userAgent: call.headers['user-agent'] ?? '',
      },
      requestId: call.requestId,
      routeKey: '$default',
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...bodyOf(body, call.headers['content-type'] ?? ''),
  });
}

/** Values of a name given twice are joined by commas (payload format 2.0). */
function joined(query: readonly (readonly [string, string])[]): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of query)
    values.set(name, values.has(name) ? `${values.get(name) ?? ''},${value}` : value);
  return Object.fromEntries(values);
}

const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)|[^;]+\+(json|xml))/;

function bodyOf(
  body: Uint8Array,
  contentType: string,
): { readonly body?: string; readonly isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const bytes = Buffer.from(body);
  return TEXT.test(contentType)
    ? { body: bytes.toString('utf8'), isBase64Encoded: false }
    : { body: bytes.toString('base64'), isBase64Encoded: true };
}

/** An answer without statusCode is the body itself; a failure tells the caller nothing of its inside. */
export function urlReply(outcome: InvocationOutcome): Reply {
  if (!outcome.ok) {
    const status = outcome.error.errorType === 'Sandbox.Timedout' ? 504 : 502;
    return json(
      status,
      JSON.stringify({ Message: status === 504 ? 'Gateway Timeout' : 'Internal Server Error' }),
    );
  }
  const answer: unknown = JSON.parse(outcome.payload);
  if (!isRecord(answer) || typeof answer.statusCode !== 'number') return json(200, outcome.payload);
  const body = typeof answer.body === 'string' ? answer.body : '';
  return {
    status: answer.statusCode,
    headers: { 'content-type': 'application/json', ...textHeaders(answer.headers) },
    body: answer.isBase64Encoded === true ? Buffer.from(body, 'base64') : body,
  };
}

const json = (status: number, body: string): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body,
});

function textHeaders(headers: unknown): Record<string, string> {
  if (!isRecord(headers)) return {};
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
