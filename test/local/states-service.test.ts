import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStates } from '../../local/states/service.ts';
import {
  call,
  eventually,
  executionArn,
  fakeStandIn,
  machineArn,
  machineResource,
  stubLambda,
  type FakeStandIn,
  type Stub,
} from './states-fake-stand-in.ts';
import { ask, endOf, enteredName, historyOf, machine, task } from './states-machine.ts';

const arn = executionArn('m', 'one');
const start = { stateMachineArn: machineArn('m'), name: 'one', input: '{"id":"a"}' };

function service(definition: unknown, stubs: Readonly<Record<string, Stub>> = {}, dataDir?: string) {
  const standIn = fakeStandIn([machineResource('m', definition)], dataDir === undefined ? {} : { dataDir });
  const lambda = stubLambda(standIn, stubs);
  standIn.add(lambda.service);
  return { states: createStates(standIn), standIn, calls: lambda.calls };
}

const waiting = machine({ Wait: { Type: 'Wait', Seconds: 3600, Next: 'End' }, End: { Type: 'Succeed' } });

describe('StartExecution', () => {
  it('answers the same execution to the same name and input while it runs', async () => {
    const { states } = service(waiting);
    const first = await ask(states, 'StartExecution', start);
    expect(await ask(states, 'StartExecution', start)).toEqual(first);
    await states.stop();
  });

  it('refuses a name in use with another input, and one that is finished', async () => {
    const { states } = service(waiting);
    await ask(states, 'StartExecution', start);
    await expect(ask(states, 'StartExecution', { ...start, input: '{}' })).rejects.toMatchObject({
      code: 'ExecutionAlreadyExists',
    });
    await ask(states, 'StopExecution', { executionArn: arn });
    await expect(ask(states, 'StartExecution', start)).rejects.toMatchObject({
      code: 'ExecutionAlreadyExists',
    });
  });

  it.each([
    [{ ...start, name: 'a b' }, 'InvalidName'],
    [{ ...start, name: '../up' }, 'InvalidName'],
    [{ ...start, input: 'no json' }, 'InvalidExecutionInput'],
    [{ ...start, input: JSON.stringify('x'.repeat(262_144)) }, 'InvalidExecutionInput'],
    [{ ...start, stateMachineArn: machineArn('none') }, 'StateMachineDoesNotExist'],
    [{ ...start, traceHeader: 'x' }, 'ValidationException'],
  ])('refuses %o with %s', async (request, code) => {
    const { states } = service(waiting);
    await expect(ask(states, 'StartExecution', request)).rejects.toMatchObject({ code });
  });
});

describe('every call is judged and written down', () => {
  it.each([
    ['StartExecution', start, machineArn('m'), false],
    ['DescribeExecution', { executionArn: arn }, arn, true],
    ['ListExecutions', { stateMachineArn: machineArn('m') }, machineArn('m'), true],
    ['GetExecutionHistory', { executionArn: arn }, arn, true],
    ['DescribeStateMachine', { stateMachineArn: machineArn('m') }, machineArn('m'), true],
    ['ListStateMachines', {}, '*', true],
    ['StopExecution', { executionArn: arn }, arn, false],
  ])('%s', async (operation, request, resource, readOnly) => {
    const { states, standIn } = service(waiting);
    standIn.deny = ({ action }) => action === `states:${operation}`;
    await expect(ask(states, operation, request)).rejects.toMatchObject({ status: 403 });
    expect(standIn.decisions.at(-1)).toMatchObject({ action: `states:${operation}`, resource });
    expect(standIn.written.at(-1)).toMatchObject({
      eventSource: 'states.amazonaws.com',
      eventName: operation,
      readOnly,
      errorCode: 'AccessDeniedException',
    });
  });

  it('a function is invoked as the machine’s role, in a session named after the execution', async () => {
    const { states, standIn } = service(machine({ Do: task('f') }), { f: () => 1 });
    await ask(states, 'StartExecution', start);
    await endOf(states, arn);
    expect(standIn.decisions).toContainEqual(
      expect.objectContaining({ role: 'tvt-sm-m', action: 'lambda:InvokeFunction' }),
    );
  });

  it('a machine whose role may not invoke fails with Lambda’s own error', async () => {
    const { states, standIn } = service(machine({ Do: task('f') }), { f: () => 1 });
    standIn.deny = ({ action }) => action === 'lambda:InvokeFunction';
    await ask(states, 'StartExecution', start);
    expect(await endOf(states, arn)).toMatchObject({ status: 'FAILED', error: 'Lambda.AWSLambdaException' });
  });

  it('an operation that is not built answers 501', async () => {
    const { states } = service(waiting);
    for (const operation of ['CreateStateMachine', 'RedriveExecution', 'StartSyncExecution', 'constructor']) {
      await expect(ask(states, operation, {})).rejects.toMatchObject({ status: 501 });
    }
  });
});

describe('executions', () => {
  it('are described, listed by status and paged, newest first', async () => {
    const { states } = service(machine({ End: { Type: 'Succeed' } }));
    for (const name of ['a', 'b', 'c']) await ask(states, 'StartExecution', { ...start, name });
    for (const name of ['a', 'b', 'c']) await endOf(states, executionArn('m', name));
    const first = await ask(states, 'ListExecutions', { stateMachineArn: machineArn('m'), maxResults: 2 });
    const second = await ask(states, 'ListExecutions', {
      stateMachineArn: machineArn('m'),
      maxResults: 2,
      nextToken: first.nextToken,
    });
    expect([first.executions, second.executions].flat()).toHaveLength(3);
    const running = await ask(states, 'ListExecutions', {
      stateMachineArn: machineArn('m'),
      statusFilter: 'RUNNING',
    });
    expect(running.executions).toEqual([]);
    expect(await ask(states, 'DescribeExecution', { executionArn: executionArn('m', 'a') })).toMatchObject({
      status: 'SUCCEEDED',
      name: 'a',
      input: '{"id":"a"}',
      output: '{"id":"a"}',
    });
  });

  it('have a history whose events follow one another, without data when that is asked', async () => {
    const { states } = service(machine({ Do: task('f') }), { f: () => ({ count: 1 }) });
    await ask(states, 'StartExecution', start);
    await endOf(states, arn);
    const events = await historyOf(states, arn);
    expect(events.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(events.map(({ previousEventId }) => previousEventId)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const bare = await ask(states, 'GetExecutionHistory', { executionArn: arn, includeExecutionData: false });
    expect(JSON.stringify(bare)).not.toContain('count');
  });

  it('are stopped by name and cause', async () => {
    const { states } = service(waiting);
    await ask(states, 'StartExecution', start);
    await ask(states, 'StopExecution', { executionArn: arn, error: 'Enough', cause: 'by hand' });
    expect(await endOf(states, arn)).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'by hand' });
    expect((await historyOf(states, arn)).at(-1)).toMatchObject({ type: 'ExecutionAborted' });
  });

  it('wait on the movable clock: an hour passes when the clock is moved', async () => {
    const { states, standIn } = service(waiting);
    await ask(states, 'StartExecution', start);
    await standIn.clock.moveTo(new Date(Date.now() + 3_601_000));
    expect(await endOf(states, arn)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('end as TIMED_OUT beyond the time of the machine', async () => {
    const { states, standIn } = service(
      machine(
        { Wait: { Type: 'Wait', Timestamp: '2999-01-01T00:00:00Z', End: true } },
        { TimeoutSeconds: 60 },
      ),
    );
    await ask(states, 'StartExecution', start);
    await standIn.clock.moveTo(new Date(Date.now() + 61_000));
    expect(await endOf(states, arn)).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
  });
});

describe('task tokens', () => {
  const definition = machine({
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'f', Payload: { token: '{% $states.context.Task.Token %}' } },
      TimeoutSeconds: 86_400,
      HeartbeatSeconds: 3600,
      Output: '{% $states.result %}',
      End: true,
    },
  });

  async function asked(dataDir?: string) {
    const made = service(definition, { f: () => null }, dataDir);
    await ask(made.states, 'StartExecution', start);
    const taskToken = String((await eventually(() => made.calls[0])).payload.token);
    await eventually(async () =>
      (await historyOf(made.states, arn)).find(({ type }) => type === 'TaskSubmitted') === undefined
        ? undefined
        : true,
    );
    return { ...made, taskToken };
  }

  it('carry the answer from outside', async () => {
    const { states, taskToken } = await asked();
    await ask(states, 'SendTaskSuccess', { taskToken, output: '{"decision":"yes"}' });
    expect(await endOf(states, arn)).toMatchObject({ status: 'SUCCEEDED', output: { decision: 'yes' } });
    await expect(ask(states, 'SendTaskSuccess', { taskToken, output: '1' })).rejects.toMatchObject({
      code: 'TaskTimedOut',
    });
  });

  it('carry a failure under its name', async () => {
    const { states, taskToken } = await asked();
    await ask(states, 'SendTaskFailure', { taskToken, error: 'Declined', cause: 'made up' });
    expect(await endOf(states, arn)).toMatchObject({ status: 'FAILED', error: 'Declined' });
  });

  it('give up after the heartbeat is missed, and not before', async () => {
    const { states, standIn, taskToken } = await asked();
    await standIn.clock.moveTo(new Date(Date.now() + 3_500_000));
    await ask(states, 'SendTaskHeartbeat', { taskToken });
    await standIn.clock.moveTo(new Date(Date.now() + 7_000_000));
    expect(await ask(states, 'DescribeExecution', { executionArn: arn })).toMatchObject({
      status: 'RUNNING',
    });
    await standIn.clock.moveTo(new Date(Date.now() + 7_200_000));
    expect(await endOf(states, arn)).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' });
  });

  it('that nobody issued are refused', async () => {
    const { states } = service(definition);
    await expect(ask(states, 'SendTaskSuccess', { taskToken: 'made-up', output: '1' })).rejects.toMatchObject(
      {
        code: 'InvalidToken',
      },
    );
  });

  it('still hold after the stand-in was killed', async () => {
    const before = await asked();
    await before.states.stop();
    const after = service(definition, {}, before.standIn.dataDir);
    await ask(after.states, 'SendTaskSuccess', { taskToken: before.taskToken, output: '"late"' });
    expect(await endOf(after.states, arn)).toMatchObject({ status: 'SUCCEEDED', output: 'late' });
    expect(after.calls).toEqual([]);
  });
});

describe('a stand-in killed and started again', () => {
  const definition = machine({
    First: task('first', { Assign: { kept: '{% $states.result.Payload %}' }, Next: 'Each' }),
    Each: {
      Type: 'Map',
      Items: [1, 2, 3],
      MaxConcurrency: 1,
      ItemProcessor: { StartAt: 'Do', States: { Do: task('each') } },
      Output: { kept: '{% $kept %}', each: '{% $states.result %}' },
      Next: 'Last',
    },
    Last: { Type: 'Succeed' },
  });

  async function killedDuringSecond(): Promise<FakeStandIn> {
    const { states, standIn } = service(definition, {
      first: () => 'f',
      each: (payload) => (Number(payload) === 2 ? new Promise(() => undefined) : Number(payload) * 10),
    });
    await ask(states, 'StartExecution', start);
    await eventually(async () => {
      const entered = (await historyOf(states, arn)).flatMap(enteredName);
      return entered.filter((name) => name === 'Do').length === 2 ? true : undefined;
    });
    await states.stop();
    return standIn;
  }

  it('goes on at the last state entered, and repeats no iteration that was finished', async () => {
    const { dataDir } = await killedDuringSecond();
    const { states, calls } = service(definition, { each: (payload) => Number(payload) * 10 }, dataDir);
    states.start();
    expect(await endOf(states, arn)).toMatchObject({
      status: 'SUCCEEDED',
      output: { kept: 'f', each: [10, 20, 30] },
    });
    expect(calls.map(({ payload }) => payload)).toEqual([2, 3]);
  });

  it('does so even when the last line of the journal was cut short', async () => {
    const { dataDir } = await killedDuringSecond();
    appendFileSync(join(dataDir, 'states', 'm', 'one.jsonl'), '{"kind":"event","id":99,"prev');
    const { states } = service(definition, { each: (payload) => Number(payload) * 10 }, dataDir);
    expect(await endOf(states, arn)).toMatchObject({ status: 'SUCCEEDED' });
    const again = service(definition, {}, dataDir);
    expect(await endOf(again.states, arn)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('keeps finished executions as they were, in files only their owner reads', async () => {
    const { states, standIn } = service(machine({ End: { Type: 'Succeed' } }));
    await ask(states, 'StartExecution', start);
    await endOf(states, arn);
    const before = await ask(states, 'DescribeExecution', { executionArn: arn });
    const again = service(machine({ End: { Type: 'Succeed' } }), {}, standIn.dataDir);
    expect(await ask(again.states, 'DescribeExecution', { executionArn: arn })).toEqual(before);
    const folder = join(standIn.dataDir, 'states', 'm');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('does not lengthen a wait, nor start retries anew', async () => {
    const retrying = machine({
      Do: task('f', { Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 3600, MaxAttempts: 1 }] }),
    });
    const failing = { f: () => Promise.reject(new Error('made up')) };
    const { states, standIn, calls } = service(retrying, failing);
    await ask(states, 'StartExecution', start);
    await eventually(async () =>
      (await historyOf(states, arn)).some(({ type }) => type === 'TaskFailed') ? true : undefined,
    );
    await states.stop();
    expect(calls).toHaveLength(1);
    const after = service(retrying, failing, standIn.dataDir);
    await after.standIn.clock.moveTo(new Date(Date.now() + 3_601_000));
    expect(await endOf(after.states, arn)).toMatchObject({ status: 'FAILED', error: 'Error' });
    expect(after.calls).toHaveLength(1);
  });
});

it('refuses a body that is no JSON', async () => {
  const { states } = service(waiting);
  const request = call('states', {
    headers: { 'x-amz-target': 'AWSStepFunctions.ListStateMachines' },
    text: '{',
  });
  await expect(states.handle(request)).rejects.toMatchObject({ code: 'SerializationException' });
});
