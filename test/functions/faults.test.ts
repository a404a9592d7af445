import { AthenaClient, GetQueryExecutionCommand } from '@aws-sdk/client-athena';
import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const s3 = mockClient(S3Client);
const athena = mockClient(AthenaClient);
const sfn = mockClient(SFNClient);
const said: string[] = [];

beforeAll(() => {
  Object.assign(process.env, {
    TVT_SUFFIX: '000000000000',
    TVT_DAILY_RUN_ARN: 'arn:aws:states:eu-west-2:000000000000:stateMachine:tvt-daily-run',
    LAMBDA_TASK_ROOT: process.cwd(),
  });
});
beforeEach(() => {
  for (const client of [s3, athena, sfn]) client.reset();
  said.length = 0;
  vi.spyOn(console, 'log').mockImplementation((line: string) => said.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const awsError = (name: string, status: number): S3ServiceException =>
  new S3ServiceException({
    name,
    $fault: 'server',
    $metadata: { httpStatusCode: status },
    message: 'Nia Pretend-Okafor',
  });
const body = (value: unknown) => ({
  ETag: '"1"',
  Body: { transformToString: () => Promise.resolve(JSON.stringify(value)) } as never,
});
const missing = () => new NoSuchKey({ $metadata: {}, message: 'none' });
const call = async (file: string, event: unknown): Promise<unknown> => {
  const { handler } = (await import(`../../functions/${file}.ts`)) as {
    handler: (event: unknown, context: unknown) => Promise<unknown>;
  };
  return handler(event, {});
};

describe('a function whose AWS service fails', () => {
  it.each([
    ['SlowDown', 503],
    ['ThrottlingException', 400],
    ['TooManyRequestsException', 429],
    ['TimeoutError', 0],
    ['InternalError', 500],
    ['SomethingNew', 502],
  ])('asks to be retried after %s', async (name, status) => {
    athena.on(GetQueryExecutionCommand).rejects(awsError(name, status));
    await expect(call('check-report', { queryExecutionId: 'q' })).rejects.toMatchObject({
      name: 'Retryable',
    });
  });

  it('does not ask to be retried where retrying cannot help', async () => {
    athena.on(GetQueryExecutionCommand).rejects(awsError('AccessDeniedException', 400));
    await expect(call('check-report', { queryExecutionId: 'q' })).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('says nothing of the message, which may quote what it failed on', async () => {
    athena.on(GetQueryExecutionCommand).rejects(awsError('ThrottlingException', 400));
    await expect(call('check-report', { queryExecutionId: 'q' })).rejects.not.toThrow(/Pretend/);
    expect(said.join('\n')).not.toContain('Pretend');
  });

  it('refuses an input of another form by the names of its fields only', async () => {
    await expect(
      call('check-report', { queryExecutionId: '', who: 'Nia Pretend-Okafor' }),
    ).rejects.toMatchObject({ name: 'BadInput' });
    expect(said.join('\n')).toContain('queryExecutionId');
    expect(said.join('\n')).not.toContain('Nia');
  });
});

describe('the lease of the daily run', () => {
  it('is not taken from a run that is still at work', async () => {
    s3.on(GetObjectCommand).resolves(body({ holder: 'night', runId: 'night', attempt: 1, state: 'held' }));
    sfn.on(DescribeExecutionCommand).resolves({ status: 'RUNNING' });
    expect(await call('plan-run', { executionName: 'morning' })).toEqual({
      skip: true,
      reason: 'another run holds the lease',
    });
    expect(s3.commandCalls(PutObjectCommand)).toEqual([]);
  });

  it('is asked for again when another run took it in the same moment', async () => {
    s3.on(GetObjectCommand).rejects(missing());
    s3.on(PutObjectCommand).rejects(awsError('PreconditionFailed', 412));
    await expect(call('plan-run', { executionName: 'morning' })).rejects.toMatchObject({ name: 'Retryable' });
  });

  it('passes from a run that died to the next, with its plan', async () => {
    const plan = {
      runId: 'night',
      plannedAt: new Date().toISOString(),
      feeds: [{ partner: 'p', feed: 'f', deliveries: [] }],
    };
    s3.on(GetObjectCommand).callsFake(({ Key }: { Key: string }) =>
      Key === 'lease.json'
        ? body({ holder: 'night', runId: 'night', attempt: 1, state: 'held' })
        : body(plan),
    );
    s3.on(PutObjectCommand).resolves({});
    sfn.on(DescribeExecutionCommand).rejects(new ExecutionDoesNotExist({ $metadata: {}, message: '' }));
    expect(await call('plan-run', { executionName: 'morning' })).toEqual({
      skip: false,
      runId: 'night',
      attempt: 2,
      feeds: [{ partner: 'p', feed: 'f' }],
    });
    expect(s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input.IfMatch)).toEqual(['"1"']);
  });
});
