import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  paginateGetExecutionHistory,
} from '@aws-sdk/client-sfn';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, executionArn, machineArn } from './states-fake-stand-in.ts';
import { machine, task } from './states-machine.ts';

const home = mkdtempSync(join(tmpdir(), 'tvt-states-sdk-'));
const marks = join(home, 'marks');
const CODE = `
import { appendFileSync, existsSync } from 'node:fs';
const mark = (text) => appendFileSync(process.env.MARKS, text + '\\n');
export const quick = async (event) => { mark('quick'); return { id: event.id, year: new Date().getUTCFullYear() }; };
export const slow = async () => {
  mark('slow ' + process.pid);
  while (!existsSync(process.env.MARKS + '-go')) await new Promise((done) => setTimeout(done, 20));
  return { id: 'done' };
};
export const broken = async () => { const error = new Error('x'); error.name = 'BadFile'; throw error; };
`;

const role = (name: string, service: string, ...actions: string[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: name,
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: `${service}.amazonaws.com` } },
      ],
    },
    Policies: [
      {
        PolicyName: 'own',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Action: actions.length === 0 ? 'sts:None' : actions, Resource: '*' },
          ],
        },
      },
    ],
  },
});
const fn = (name: string) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    FunctionName: `tvt-${name}`,
    Role: { 'Fn::GetAtt': ['FunctionRole', 'Arn'] },
    Handler: `index.${name}`,
    Runtime: 'nodejs24.x',
    Timeout: 60,
    Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
    Environment: { Variables: { MARKS: marks } },
  },
});
const state = (name: string, definition: unknown) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    StateMachineName: name,
    RoleArn: { 'Fn::GetAtt': ['MachineRole', 'Arn'] },
    DefinitionString: JSON.stringify(definition),
    DefinitionSubstitutions: {
      QuickArn: { 'Fn::GetAtt': ['Quick', 'Arn'] },
      SlowArn: { 'Fn::GetAtt': ['Slow', 'Arn'] },
      BrokenArn: { 'Fn::GetAtt': ['Broken', 'Arn'] },
    },
  },
});

const TEMPLATE = {
  Resources: {
    FunctionRole: role('tvt-fn', 'lambda'),
    MachineRole: role('tvt-sm', 'states', 'lambda:InvokeFunction'),
    Operator: role('tvt-operator', 'ec2', 'states:*', 'lambda:InvokeFunction'),
    Stranger: role('tvt-stranger', 'ec2'),
    Quick: fn('quick'),
    Slow: fn('slow'),
    Broken: fn('broken'),
    M: state(
      'm',
      machine({
        'Do it quickly': task('${QuickArn}', { Next: 'Do it slowly' }),
        'Do it slowly': task('${SlowArn}', {
          Retry: [{ ErrorEquals: ['Lambda.Unknown'], IntervalSeconds: 1, JitterStrategy: 'FULL' }],
        }),
      }),
    ),
    Q: state('q', machine({ Do: task('${QuickArn}') })),
    B: state('b', machine({ Do: task('${BrokenArn}') })),
  },
};

interface Up {
  readonly child: ChildProcess;
  readonly endpoint: string;
}

const started: Up[] = [];

async function up(): Promise<Up> {
  const node = resolve('node_modules/.bin/node');
  const child = spawn(
    node,
    [
      'local/main.ts',
      '--port',
      '0',
      '--data',
      join(home, 'data'),
      '--templates',
      join(home, 'templates'),
      '--seed',
      's',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  const endpoint = await eventually(() => {
    if (child.exitCode !== null) throw new Error('the stand-in did not start; it says why above');
    return /ready (\S+)/.exec(said)?.[1];
  });
  const one = { child, endpoint };
  started.push(one);
  return one;
}

async function kill({ child }: Up): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}

async function as(roleName: string, { endpoint }: Up) {
  const token = readFileSync(join(home, 'data', 'control-token'), 'utf8');
  const reply = await fetch(`${endpoint}/_stand-in/credentials?role=${roleName}&session=a-person`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const credentials = (await reply.json()) as {
    accessKeyId: string;
    secretAccessKey: string;
    sessionToken: string;
  };
  return { endpoint, region: 'eu-west-2', credentials };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

let standIn: Up;
beforeAll(async () => {
  mkdirSync(join(home, 'templates', 'code'), { recursive: true });
  writeFileSync(join(home, 'templates', 'code', 'index.mjs'), CODE);
  writeFileSync(join(home, 'templates', 'test.template.json'), JSON.stringify(TEMPLATE));
  const files = { code: { source: { path: 'code' }, destinations: { here: { objectKey: 'code.zip' } } } };
  writeFileSync(join(home, 'templates', 'test.assets.json'), JSON.stringify({ files }));
  standIn = await up();
});
afterAll(async () => {
  for (const one of started) await kill(one);
  rmSync(home, { recursive: true, force: true });
});

const ended = (client: SFNClient, name: string, execution: string) =>
  eventually(async () => {
    const arn = executionArn(name, execution);
    const now = await client.send(new DescribeExecutionCommand({ executionArn: arn }));
    return now.status === 'RUNNING' ? undefined : now;
  });
const start = (client: SFNClient, name: string, execution: string) =>
  client.send(
    new StartExecutionCommand({ stateMachineArn: machineArn(name), name: execution, input: '{"id":"a"}' }),
  );

describe('through the AWS SDK', () => {
  it('a machine runs its functions in their own processes', async () => {
    const client = new SFNClient(await as('tvt-operator', standIn));
    expect((await start(client, 'q', 'one')).startDate).toBeInstanceOf(Date);
    const now = await ended(client, 'q', 'one');
    expect(now).toMatchObject({
      status: 'SUCCEEDED',
      output: `{"id":"a","year":${String(new Date().getUTCFullYear())}}`,
    });
    const pages = paginateGetExecutionHistory(
      { client, pageSize: 2 },
      { executionArn: executionArn('q', 'one') },
    );
    const types: (string | undefined)[] = [];
    for await (const { events = [] } of pages) types.push(...events.map(({ type }) => type));
    expect(types.at(0)).toBe('ExecutionStarted');
    expect(types.at(-1)).toBe('ExecutionSucceeded');
    expect((await client.send(new ListStateMachinesCommand())).stateMachines).toHaveLength(3);
  });

  it('keeps the name of a function’s error', async () => {
    const client = new SFNClient(await as('tvt-operator', standIn));
    await start(client, 'b', 'one');
    expect(await ended(client, 'b', 'one')).toMatchObject({ status: 'FAILED', error: 'BadFile' });
    const lambda = new LambdaClient(await as('tvt-operator', standIn));
    const direct = await lambda.send(new InvokeCommand({ FunctionName: 'tvt-broken' }));
    expect(direct.FunctionError).toBe('Unhandled');
    expect(JSON.parse(direct.Payload?.transformToString() ?? '')).toEqual({
      errorType: 'BadFile',
      errorMessage: 'x',
    });
  });

  it('errors have the SDK’s own names', async () => {
    const client = new SFNClient(await as('tvt-operator', standIn));
    await expect(start(client, 'b', 'one')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await expect(start(client, 'unknown', 'one')).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
    const stranger = new SFNClient(await as('tvt-stranger', standIn));
    await expect(start(stranger, 'q', 'two')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const lambda = new LambdaClient(await as('tvt-stranger', standIn));
    await expect(lambda.send(new InvokeCommand({ FunctionName: 'tvt-quick' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('a stand-in killed in the middle takes its functions with it, and started again goes on', async () => {
    writeFileSync(marks, '');
    const before = new SFNClient(await as('tvt-operator', standIn));
    await start(before, 'm', 'night');
    const pid = await eventually(() => /slow (\d+)/.exec(readFileSync(marks, 'utf8'))?.[1]);
    await kill(standIn);
    await eventually(() => (isAlive(Number(pid)) ? undefined : true));

    standIn = await up();
    const after = new SFNClient(await as('tvt-operator', standIn));
    const now = await after.send(new DescribeExecutionCommand({ executionArn: executionArn('m', 'night') }));
    expect(now.status).toBe('RUNNING');
    writeFileSync(`${marks}-go`, '');
    expect(await ended(after, 'm', 'night')).toMatchObject({ status: 'SUCCEEDED', output: '{"id":"done"}' });
    const done = readFileSync(marks, 'utf8').trim().split('\n');
    expect(done.map((line) => line.split(' ')[0])).toEqual(['quick', 'slow', 'slow']);
    const history = await after.send(
      new GetExecutionHistoryCommand({
        executionArn: executionArn('m', 'night'),
        reverseOrder: true,
        maxResults: 1,
      }),
    );
    expect(history.events?.[0]?.type).toBe('ExecutionSucceeded');
  });
});
