/** Schedules on the movable clock: each occurrence starts its state machine once, in order, as the schedule's role. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createClock } from '../../local/clock.ts';
import { createScheduler } from '../../local/scheduler/service.ts';
import type { Scheduler } from '../../local/scheduler/service.ts';
import { ServiceError } from '../../local/service.ts';
import type { Call, Principal, Reply, Service, StandIn, TrailEvent } from '../../local/service.ts';

const MACHINE = 'arn:aws:states:eu-west-2:000000000000:stateMachine:tvt-daily-run';
const NIGHTLY = {
  Name: 'nightly',
  ScheduleExpression: 'cron(0 2 * * ? *)',
  ScheduleExpressionTimezone: 'Europe/London',
  FlexibleTimeWindow: { Mode: 'OFF' },
  State: 'ENABLED',
  Target: {
    Arn: MACHINE,
    RoleArn: 'arn:aws:iam::000000000000:role/tvt-scheduler',
    Input: '{"at":"<aws.scheduler.scheduled-time>","id":"<aws.scheduler.execution-id>"}',
  },
};

interface Started {
  readonly clock: string;
  readonly role: string;
  readonly request: { readonly stateMachineArn: string; readonly name: string; readonly input: string };
}

let dataDir: string;
let started: Started[];
let answers: (() => Reply)[];
let trail: TrailEvent[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tvt-scheduler-'));
  [started, answers, trail] = [[], [], []];
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const principal = (roleName: string, sessionName: string): Principal => ({
  arn: `arn:aws:sts::000000000000:assumed-role/${roleName}/${sessionName}`,
  roleArn: `arn:aws:iam::000000000000:role/${roleName}`,
  roleName,
  sessionName,
  userId: `AROA:${sessionName}`,
  accessKeyId: 'ASIA',
});

/** A stand-in of which only the clock is real; its Step Functions writes down what it is asked. */
function scheduler(
  from: string,
  ...schedules: readonly object[]
): { clock: StandIn['clock']; scheduler: Scheduler } {
  const real = Date.parse(from);
  const clock = createClock(dataDir, () => real);
  const states: Service & { settled(arn: string): Promise<void> } = {
    name: 'states',
    async handle(call: Call) {
      let body = '';
      for await (const bytes of call.body) body += Buffer.from(bytes).toString();
      expect(call.headers['x-amz-target']).toBe('AWSStepFunctions.StartExecution');
      started.push({
        clock: clock.now().toISOString(),
        role: call.principal.roleName,
        request: JSON.parse(body) as Started['request'],
      });
      const answer = answers.shift();
      return answer === undefined ? { status: 200, body: '{"executionArn":"arn:one"}' } : answer();
    },
    settled: () => Promise.resolve(),
  };
  const unused = (): never => {
    throw new Error('not used here');
  };
  const standIn: StandIn = {
    endpoint: 'http://localhost',
    dataDir,
    templates: {
      account: '000000000000',
      region: 'eu-west-2',
      byType: () =>
        schedules.map((properties, index) => ({
          stack: 'test',
          logicalId: `Schedule${String(index)}`,
          type: 'AWS::Scheduler::Schedule',
          properties: { ...properties },
        })),
      outputs: {},
      assetFolder: unused,
    },
    clock,
    authoriser: {
      require: (request) => {
        if (request.principal.roleName === 'nobody')
          throw new ServiceError(403, 'AccessDeniedException', 'no');
      },
    },
    trail: { write: (event) => void trail.push(event), events: trail },
    objects: { get: unused, put: unused, list: unused },
    credentialsFor: unused,
    principalFor: principal,
    randomBytes: unused,
    service: () => states,
  };
  return { clock, scheduler: createScheduler(standIn) };
}

test('every night a move passes runs, in order, while the clock says that night', async () => {
  const { clock } = scheduler('2026-03-27T12:00:00Z', NIGHTLY);
  await clock.moveTo(new Date('2026-03-30T12:00:00Z'));
  expect(started.map((one) => [one.clock.slice(0, 16), one.role])).toEqual([
    ['2026-03-28T02:00', 'tvt-scheduler'],
    ['2026-03-29T01:00', 'tvt-scheduler'],
    ['2026-03-30T01:00', 'tvt-scheduler'],
  ]);
  expect(started.every(({ request }) => request.stateMachineArn === MACHINE)).toBe(true);
});

test('an occurrence runs once, however often it is asked for', async () => {
  const { clock, scheduler: service } = scheduler('2026-11-24T12:00:00Z', NIGHTLY);
  await clock.moveTo(new Date('2026-11-25T02:00:00Z'));
  await service.runDue(clock.now());
  await clock.moveTo(new Date('2026-11-25T02:00:00Z'));
  expect(started.length).toBe(1);
});

test('the input says when the occurrence was due and which it is', async () => {
  const { clock } = scheduler('2026-07-01T12:00:00Z', NIGHTLY);
  await clock.moveTo(new Date('2026-07-02T12:00:00Z'));
  const [one] = started;
  expect(JSON.parse(one?.request.input ?? '')).toEqual({
    at: '2026-07-02T01:00:00Z',
    id: one?.request.name,
  });
});

test('the universal target names the execution and its input', async () => {
  const Input = JSON.stringify({
    StateMachineArn: MACHINE,
    Name: 'run-<aws.scheduler.execution-id>',
    Input: '{"from":"<aws.scheduler.schedule-arn>"}',
  });
  const target = { ...NIGHTLY.Target, Arn: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution', Input };
  const { clock } = scheduler('2026-07-01T12:00:00Z', { ...NIGHTLY, Target: target });
  await clock.moveTo(new Date('2026-07-02T12:00:00Z'));
  expect(started[0]?.request).toMatchObject({
    stateMachineArn: MACHINE,
    name: expect.stringMatching(/^run-[0-9a-f-]{36}$/) as string,
    input: '{"from":"arn:aws:scheduler:eu-west-2:000000000000:schedule/default/nightly"}',
  });
});

test('a disabled schedule never runs, nor one before its start or after its end', async () => {
  const { clock } = scheduler(
    '2026-07-01T12:00:00Z',
    { ...NIGHTLY, Name: 'off', State: 'DISABLED' },
    { ...NIGHTLY, Name: 'later', StartDate: '2026-07-04T00:00:00Z' },
    { ...NIGHTLY, Name: 'over', EndDate: '2026-07-01T00:00:00Z' },
  );
  await clock.moveTo(new Date('2026-07-05T00:00:00Z'));
  expect(started.map((one) => one.clock.slice(0, 16))).toEqual(['2026-07-04T01:00']);
});

test('beyond forty days only the latest occurrence of each schedule runs', async () => {
  const monthly = { ...NIGHTLY, Name: 'monthly', ScheduleExpression: 'cron(0 6 1 * ? *)' };
  const { scheduler: service } = scheduler('2026-01-10T12:00:00Z', NIGHTLY, monthly);
  const to = new Date('2032-07-10T12:00:00Z');
  expect(service.nextDue(new Date('2026-01-10T12:00:00Z'), to)).toBeUndefined();
  await service.runDue(to);
  const inputs = started.map(({ request }) => JSON.parse(request.input) as { readonly at: string });
  expect(inputs.map(({ at }) => at)).toEqual(['2032-07-01T05:00:00Z', '2032-07-10T01:00:00Z']);
});

test('a refused start is dropped and said, a passing fault is tried again under the same name', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  answers = [
    () => {
      throw new ServiceError(400, 'AccessDeniedException', 'not allowed');
    },
    () => {
      throw new ServiceError(503, 'ServiceUnavailable', 'later');
    },
  ];
  const { clock } = scheduler('2026-11-24T12:00:00Z', NIGHTLY);
  await clock.moveTo(new Date('2026-11-26T12:00:00Z'));
  expect(started.map((one) => one.clock.slice(0, 10))).toEqual(['2026-11-25', '2026-11-26', '2026-11-26']);
  expect(started[1]?.request.name).toBe(started[2]?.request.name);
  expect(said.mock.calls).toEqual([
    ['scheduler: nightly of 2026-11-25T02:00:00.000Z was dropped: AccessDeniedException'],
  ]);
  said.mockRestore();
});

test.each([
  [
    'a target that is no state machine',
    { Target: { ...NIGHTLY.Target, Arn: 'arn:aws:sqs:eu-west-2:000000000000:q' } },
  ],
  ['a property it does not know', { Colour: 'green' }],
  ['an expression that cannot be read', { ScheduleExpression: 'cron(0 2 * * * *)' }],
])('the stand-in does not start with %s', (_name, wrong) => {
  expect(() => scheduler('2026-11-24T12:00:00Z', { ...NIGHTLY, ...wrong })).toThrow();
});

test('schedules are listed and shown to those who may, and nothing else is done', async () => {
  const { scheduler: service } = scheduler('2026-11-24T12:00:00Z', NIGHTLY, { ...NIGHTLY, Name: 'other' });
  const call = (method: string, path: string, query = '', role = 'operator'): Promise<Reply> =>
    service.handle({
      service: 'scheduler',
      principal: principal(role, 'tester'),
      method,
      path,
      query: new URLSearchParams(query),
      headers: {},
      body: (async function* (): AsyncGenerator<Uint8Array> {})(),
      presigned: false,
      signatureAgeMs: 0,
      sourceIp: '127.0.0.1',
      requestId: 'r',
    });
  const body = async (reply: Promise<Reply>): Promise<unknown> => {
    const answer = (await reply).body;
    return JSON.parse(typeof answer === 'string' ? answer : '');
  };

  expect(await body(call('GET', '/schedules', 'NamePrefix=night'))).toMatchObject({
    Schedules: [{ Name: 'nightly', GroupName: 'default', State: 'ENABLED', Target: { Arn: MACHINE } }],
  });
  expect(await body(call('GET', '/schedules/nightly'))).toMatchObject({
    ScheduleExpression: 'cron(0 2 * * ? *)',
    ScheduleExpressionTimezone: 'Europe/London',
  });
  await expect(call('GET', '/schedules/none')).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  await expect(call('GET', '/schedules', '', 'nobody')).rejects.toMatchObject({
    code: 'AccessDeniedException',
  });
  await expect(call('POST', '/schedules/nightly')).rejects.toMatchObject({ status: 501 });
  await expect(call('DELETE', '/schedules/nightly')).rejects.toMatchObject({ status: 501 });
  expect(trail.map(({ eventName, errorCode }) => [eventName, errorCode])).toEqual([
    ['ListSchedules', undefined],
    ['GetSchedule', undefined],
    ['GetSchedule', 'ResourceNotFoundException'],
    ['ListSchedules', 'AccessDeniedException'],
    ['NotImplemented', 'NotImplemented'],
    ['NotImplemented', 'NotImplemented'],
  ]);
});
