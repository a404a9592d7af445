import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createLambda, killWorkersOf, type LambdaService } from '../../local/lambda/service.ts';
import type { Call, Reply, TemplateResource } from '../../local/service.ts';
import { ACCOUNT, call, eventually, fakeStandIn, type FakeStandIn } from './states-fake-stand-in.ts';

const HANDLERS = `
let served = 0;
export const echo = async (event, context) => ({ event, name: context.functionName, left: context.getRemainingTimeInMillis() > 0 });
export const environment = async () => ({ env: process.env, cwd: process.cwd(), zone: new Date(0).getTimezoneOffset() });
export const count = async () => ({ served: ++served, pid: process.pid });
export const dates = async () => ({
  now: Date.now(), made: new Date().getTime(), iso: new Date('2020-01-02').toISOString(), called: typeof Date(),
  same: new Date() instanceof Date && new Date().constructor === Date, utc: Date.UTC(1970, 0, 1),
});
export const throws = async () => { const e = new Error('made-up message'); e.name = 'BadFile'; console.log('a line'); throw e; };
export const hangs = async () => new Promise((r) => setTimeout(r, 60000));
export const dies = async () => process.exit(3);
export const large = async () => 'x'.repeat(7_000_000);
export const nothing = async () => undefined;
export const url = async (event) => ({ statusCode: 201, headers: { 'X-Made-Up': '1' }, body: JSON.stringify(event) });
export const bare = async () => ({ hello: 'there' });
export const duck = async () => {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  return (await connection.runAndReadAll('select 42')).getRows()[0][0];
};
`;
const code = mkdtempSync(join(tmpdir(), 'tvt-lambda-code-'));
writeFileSync(join(code, 'index.mjs'), HANDLERS);
mkdirSync(join(code, 'node_modules'));
symlinkSync(resolve('node_modules/@duckdb'), join(code, 'node_modules/@duckdb'));

const made: LambdaService[] = [];
afterAll(() => {
  for (const service of made) service.stop();
  rmSync(code, { recursive: true, force: true });
});

const fn = (name: string, more: Record<string, unknown> = {}): TemplateResource => ({
  stack: 'test',
  logicalId: name,
  type: 'AWS::Lambda::Function',
  properties: {
    FunctionName: `tvt-${name}`,
    Role: `arn:aws:iam::${ACCOUNT}:role/tvt-fn-${name}`,
    Handler: `index.${name}`,
    Runtime: 'nodejs24.x',
    Timeout: 20,
    MemorySize: 128,
    Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
    ...more,
  },
});
const url = (name: string): TemplateResource => ({
  stack: 'test',
  logicalId: `${name}Url`,
  type: 'AWS::Lambda::Url',
  properties: {
    TargetFunctionArn: `arn:aws:lambda:eu-west-2:${ACCOUNT}:function:tvt-${name}`,
    AuthType: 'AWS_IAM',
  },
});

function lambda(...resources: TemplateResource[]): { lambda: LambdaService; standIn: FakeStandIn } {
  const standIn = fakeStandIn(resources, { assets: { 'code.zip': code } });
  const service = createLambda(standIn);
  made.push(service);
  return { lambda: service, standIn };
}

const invoke = (
  service: LambdaService,
  name: string,
  payload: unknown = {},
  more: Partial<Call> = {},
): Promise<Reply> =>
  service.handle(
    call('lambda', {
      path: `/2015-03-31/functions/tvt-${name}/invocations`,
      text: JSON.stringify(payload),
      ...more,
    }),
  );
/** The answer as the tests look at it: each names the fields it expects. */
const bodyOf = ({ body }: Reply): Answer => JSON.parse(typeof body === 'string' ? body : '') as Answer;
interface Answer {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly zone: number;
  readonly pid: number;
  readonly served: number;
  readonly now: number;
  readonly made: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly Functions: readonly { readonly FunctionName: string }[];
  readonly Configuration: unknown;
}

describe('a function', () => {
  it('gets its event and context and answers', async () => {
    const { lambda: service } = lambda(fn('echo'));
    const reply = await invoke(service, 'echo', { id: 'a' });
    expect(reply.headers).not.toHaveProperty('x-amz-function-error');
    expect(bodyOf(reply)).toEqual({ event: { id: 'a' }, name: 'tvt-echo', left: true });
  });

  it('sees its own environment and nothing of the host’s', async () => {
    process.env.HOST_SECRET = 'of the host';
    const { lambda: service, standIn } = lambda(
      fn('environment', { Environment: { Variables: { TVT_SUFFIX: '000000000000' } } }),
    );
    const { env, cwd, zone } = bodyOf(await invoke(service, 'environment'));
    expect(Object.keys(env).sort()).toEqual(
      [
        'AWS_ACCESS_KEY_ID',
        'AWS_DEFAULT_REGION',
        'AWS_ENDPOINT_URL',
        'AWS_EXECUTION_ENV',
        'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
        'AWS_LAMBDA_FUNCTION_NAME',
        'AWS_LAMBDA_FUNCTION_VERSION',
        'AWS_REGION',
        'AWS_SECRET_ACCESS_KEY',
        'AWS_SESSION_TOKEN',
        'HOME',
        'LAMBDA_TASK_ROOT',
        'LANG',
        'TMPDIR',
        'TVT_SUFFIX',
        'TZ',
        '_HANDLER',
      ].sort(),
    );
    expect(env).toMatchObject({
      AWS_ACCESS_KEY_ID: 'ASIAtvt-fn-environment',
      AWS_SESSION_TOKEN: 'tvt-environment',
      AWS_REGION: 'eu-west-2',
      AWS_ENDPOINT_URL: standIn.endpoint,
      LAMBDA_TASK_ROOT: code,
    });
    expect(cwd).toBe(code);
    expect(zone).toBe(0);
    expect(statSync(env.TMPDIR ?? '').mode & 0o777).toBe(0o700);
  });

  it('stays warm between events', async () => {
    const { lambda: service } = lambda(fn('count'));
    const first = bodyOf(await invoke(service, 'count'));
    const second = bodyOf(await invoke(service, 'count'));
    expect(second).toEqual({ served: 2, pid: first.pid });
    expect(first.pid).not.toBe(process.pid);
  });

  it('takes one event at a time: two at once run in two processes', async () => {
    const { lambda: service } = lambda(fn('count'));
    const both = await Promise.all([invoke(service, 'count'), invoke(service, 'count')]);
    expect(both.map((reply) => bodyOf(reply).served)).toEqual([1, 1]);
  });

  it('reads the movable clock, event by event', async () => {
    const { lambda: service, standIn } = lambda(fn('dates'));
    await invoke(service, 'dates');
    const to = new Date('2040-02-29T12:00:00Z');
    await standIn.clock.moveTo(to);
    const dates = bodyOf(await invoke(service, 'dates'));
    expect(dates.now).toBeLessThanOrEqual(standIn.clock.now().getTime());
    expect(dates.now).toBeGreaterThanOrEqual(to.getTime());
    expect(dates.made).toBeGreaterThanOrEqual(dates.now);
    expect(dates).toMatchObject({ iso: '2020-01-02T00:00:00.000Z', called: 'string', same: true, utc: 0 });
  });

  it('finds DuckDB where its code resolves it', async () => {
    const { lambda: service } = lambda(fn('duck'));
    expect(bodyOf(await invoke(service, 'duck'))).toBe(42);
  });
});

it('what a killed stand-in’s functions left in scratch is gone when the next one starts', () => {
  const { standIn } = lambda(fn('echo'));
  const scratch = join(standIn.dataDir, 'lambda', 'tmp', 'left');
  mkdirSync(scratch, { recursive: true });
  made.push(createLambda(standIn));
  expect(() => statSync(scratch)).toThrow('ENOENT');
});

describe('a failure', () => {
  it('has the error’s own type and message, and no stack', async () => {
    const { lambda: service, standIn } = lambda(fn('throws'));
    const reply = await invoke(service, 'throws');
    expect(reply).toMatchObject({ status: 200, headers: { 'x-amz-function-error': 'Unhandled' } });
    expect(bodyOf(reply)).toEqual({ errorType: 'BadFile', errorMessage: 'made-up message' });
    const logs = join(standIn.dataDir, 'lambda', 'logs');
    const log = await eventually(() => {
      const text = readFileSync(join(logs, 'tvt-throws.log'), 'utf8');
      return text.includes('a line') && text.includes('index.mjs') ? text : undefined;
    });
    expect(log).not.toContain('made-up message');
    expect(statSync(join(logs, 'tvt-throws.log')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['hangs', { Timeout: 1 }, 'Sandbox.Timedout'],
    ['dies', {}, 'Runtime.ExitError'],
    ['large', {}, 'Function.ResponseSizeTooLarge'],
    ['missing', {}, 'Runtime.HandlerNotFound'],
    ['echo', { Handler: 'nowhere.handler' }, 'Runtime.ImportModuleError'],
  ])('of %s with %o is %s', async (name, more, errorType) => {
    const { lambda: service } = lambda(fn(name, more));
    expect(bodyOf(await invoke(service, name))).toMatchObject({ errorType });
  });

  it('leaves a fresh process for the next event', async () => {
    const { lambda: service } = lambda(fn('dies'), fn('count'));
    await invoke(service, 'dies');
    await invoke(service, 'dies');
    expect(bodyOf(await invoke(service, 'count'))).toMatchObject({ served: 1 });
  });

  it('follows at once when the processes of its role are killed, and spares other roles', async () => {
    const { lambda: service } = lambda(fn('hangs'), fn('count'));
    const hanging = invoke(service, 'hangs');
    await invoke(service, 'count');
    killWorkersOf('tvt-fn-hangs');
    expect(bodyOf(await hanging)).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(bodyOf(await invoke(service, 'count'))).toMatchObject({ served: 2 });
  });

  it('a handler without an answer answers null', async () => {
    const { lambda: service } = lambda(fn('nothing'));
    expect((await invoke(service, 'nothing')).body).toBe('null');
  });

  it('an invocation beyond the reserved concurrency is throttled', async () => {
    const { lambda: service } = lambda(fn('hangs', { ReservedConcurrentExecutions: 1 }));
    const first = invoke(service, 'hangs');
    await expect(invoke(service, 'hangs')).rejects.toMatchObject({
      status: 429,
      code: 'TooManyRequestsException',
    });
    service.killWorkersOf('tvt-fn-hangs');
    await first;
  });
});

describe('the API', () => {
  it('judges and writes down every invocation', async () => {
    const { lambda: service, standIn } = lambda(fn('echo'));
    standIn.deny = () => true;
    await expect(invoke(service, 'echo')).rejects.toMatchObject({ status: 403 });
    const arn = `arn:aws:lambda:eu-west-2:${ACCOUNT}:function:tvt-echo`;
    expect(standIn.decisions).toMatchObject([{ action: 'lambda:InvokeFunction', resource: arn }]);
    expect(standIn.written).toMatchObject([
      {
        eventSource: 'lambda.amazonaws.com',
        eventName: 'Invoke',
        resources: [arn],
        errorCode: 'AccessDeniedException',
      },
    ]);
    await expect(invoke(service, 'unknown')).rejects.toMatchObject({ status: 403 });
    standIn.deny = () => false;
    await expect(invoke(service, 'unknown')).rejects.toMatchObject({ status: 404 });
  });

  it('takes names, ARNs and partial ARNs', async () => {
    const { lambda: service } = lambda(fn('echo'));
    for (const name of [
      `arn:aws:lambda:eu-west-2:${ACCOUNT}:function:tvt-echo`,
      `${ACCOUNT}:function:tvt-echo`,
    ]) {
      const path = `/2015-03-31/functions/${name}/invocations`;
      expect((await invoke(service, 'echo', {}, { path })).status).toBe(200);
    }
  });

  it('runs an Event behind its answer', async () => {
    const { lambda: service, standIn } = lambda(fn('throws', { Timeout: 5 }));
    const reply = await invoke(service, 'throws', {}, { headers: { 'x-amz-invocation-type': 'Event' } });
    expect(reply.status).toBe(202);
    await eventually(() => {
      const logs = join(standIn.dataDir, 'lambda', 'logs');
      return (
        (readdirSync(logs).length > 0 &&
          readFileSync(join(logs, 'tvt-throws.log'), 'utf8').includes('REPORT')) ||
        undefined
      );
    });
  });

  it.each([
    ['a payload above 6 MB', 'x'.repeat(6_300_000), {}, 413],
    ['a dry run', {}, { 'x-amz-invocation-type': 'DryRun' }, 501],
    ['a log tail', {}, { 'x-amz-log-type': 'Tail' }, 501],
  ])('refuses %s', async (_, payload, headers, status) => {
    const { lambda: service } = lambda(fn('echo'));
    await expect(invoke(service, 'echo', payload, { headers })).rejects.toMatchObject({ status });
  });

  it('answers 501 to what it does not have', async () => {
    const { lambda: service } = lambda(fn('echo'));
    for (const [method, path] of [
      ['POST', '/2015-03-31/functions'],
      ['DELETE', '/2015-03-31/functions/tvt-echo'],
      ['GET', '/2015-03-31/functions/tvt-echo/policy'],
    ] as const) {
      await expect(service.handle(call('lambda', { method, path }))).rejects.toMatchObject({ status: 501 });
    }
  });

  it('describes functions', async () => {
    const { lambda: service } = lambda(fn('echo'), fn('url'), url('url'));
    const get = async (path: string) => bodyOf(await service.handle(call('lambda', { method: 'GET', path })));
    const { Functions } = await get('/2015-03-31/functions/');
    expect(Functions.map(({ FunctionName }) => FunctionName)).toEqual(['tvt-echo', 'tvt-url']);
    expect((await get('/2015-03-31/functions/tvt-echo')).Configuration).toMatchObject({
      Timeout: 20,
      MemorySize: 128,
    });
    expect(await get('/2021-10-31/functions/tvt-url/url')).toMatchObject({ AuthType: 'AWS_IAM' });
    await expect(get('/2021-10-31/functions/tvt-echo/url')).rejects.toMatchObject({ status: 404 });
  });

  it('refuses templates it would not honour', () => {
    expect(() => lambda(fn('echo', { ImageConfig: {} }))).toThrow('does not implement ImageConfig');
    expect(() => lambda(fn('echo', { Runtime: 'python3.13' }))).toThrow('runs Node.js only');
    const open = url('url');
    expect(() =>
      lambda(fn('url'), { ...open, properties: { ...open.properties, AuthType: 'NONE' } }),
    ).toThrow('AuthType');
  });
});

describe('a function URL', () => {
  const ask = (service: LambdaService, name: string, more: Partial<Call> & { readonly text?: string } = {}) =>
    service.handle(call('lambda', { path: `/lambda-url/tvt-${name}/`, ...more }));

  it('hands the caller’s identity to the function, and never a signature', async () => {
    const { lambda: service } = lambda(fn('url'), url('url'));
    const reply = await ask(service, 'url', {
      path: '/lambda-url/tvt-url/some/where',
      query: new URLSearchParams('a=1&a=2&b=%20'),
      headers: {
        'content-type': 'application/json',
        authorization: 'AWS4-HMAC-SHA256 made up',
        'x-amz-security-token': 'made-up',
        host: 'localhost:4566',
      },
      text: '{"feed":"x"}',
    });
    expect(reply).toMatchObject({ status: 201, headers: { 'x-made-up': '1' } });
    const event = bodyOf(reply);
    expect(event).toMatchObject({
      version: '2.0',
      rawPath: '/some/where',
      rawQueryString: 'a=1&a=2&b=+',
      queryStringParameters: { a: '1,2', b: ' ' },
      body: '{"feed":"x"}',
      isBase64Encoded: false,
      requestContext: {
        http: { method: 'POST', path: '/some/where', sourceIp: '127.0.0.1' },
        authorizer: {
          iam: {
            accessKey: 'ASIAtvt-person-tvp-operator',
            accountId: ACCOUNT,
            callerId: 'AROAFICTITIOUS:tvp-operator',
            cognitoIdentity: null,
            principalOrgId: null,
            userArn: `arn:aws:sts::${ACCOUNT}:assumed-role/tvt-person-tvp-operator/tvp-operator`,
            userId: 'AROAFICTITIOUS:tvp-operator',
          },
        },
      },
    });
    expect(Object.keys(event.headers).sort()).toEqual(['content-type', 'host']);
  });

  it('needs both InvokeFunctionUrl and InvokeFunction, judged with the conditions of a URL', async () => {
    const { lambda: service, standIn } = lambda(fn('url'), url('url'));
    for (const action of ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction']) {
      standIn.deny = (decision) => decision.action === action;
      await expect(ask(service, 'url')).rejects.toMatchObject({ status: 403 });
      expect(standIn.decisions.at(-1)).toMatchObject({
        action,
        context: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' },
      });
    }
    expect(standIn.decisions.at(-1)?.context).toMatchObject({ 'lambda:InvokedViaFunctionUrl': 'true' });
  });

  it('is refused for a function that has none', async () => {
    const { lambda: service } = lambda(fn('echo'));
    await expect(ask(service, 'echo')).rejects.toMatchObject({ status: 403 });
  });

  it('tells the caller nothing of a failure', async () => {
    const { lambda: service } = lambda(
      fn('throws'),
      url('throws'),
      fn('hangs', { Timeout: 1 }),
      url('hangs'),
    );
    expect(await ask(service, 'throws')).toMatchObject({
      status: 502,
      body: '{"Message":"Internal Server Error"}',
    });
    expect(await ask(service, 'hangs')).toMatchObject({ status: 504 });
  });

  it('takes an answer without status as the body, and binary bodies as base64', async () => {
    const { lambda: service } = lambda(fn('bare'), url('bare'), fn('url'), url('url'));
    expect(bodyOf(await ask(service, 'bare'))).toEqual({ hello: 'there' });
    const binary = await ask(service, 'url', {
      headers: { 'content-type': 'application/octet-stream' },
      text: 'abc',
    });
    expect(bodyOf(binary)).toMatchObject({ body: 'YWJj', isBase64Encoded: true });
  });
});
