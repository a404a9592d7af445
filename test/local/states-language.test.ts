import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../local/service.ts';
import { matches } from '../../local/states/failure.ts';
import { named } from './states-fake-stand-in.ts';
import { machine, runMachine, task } from './states-machine.ts';

const pass = (output: unknown, more = {}): unknown =>
  machine({ Say: { Type: 'Pass', Output: output, End: true, ...more } });
const retry = (more: Record<string, unknown>) => ({
  Retry: [{ IntervalSeconds: 1, JitterStrategy: 'FULL', ...more }],
});

describe('expressions', () => {
  it.each<[string, unknown, unknown, unknown]>([
    ['a plain value stays as it is', { a: [1, 'two', null] }, {}, { a: [1, 'two', null] }],
    ['an expression anywhere is evaluated', { a: ['{% 1 + 1 %}'] }, {}, { a: [2] }],
    ['the input', '{% $states.input.x %}', { x: { y: 1 } }, { y: 1 }],
    ['one match of a path is no array', '{% $states.input.people.id %}', { people: [{ id: 'a' }] }, 'a'],
    ['brackets keep one match an array', '{% [$states.input.people.id] %}', { people: [{ id: 'a' }] }, ['a']],
    ['an array of one that was given stays one', '{% $states.input.people %}', { people: ['a'] }, ['a']],
    [
      'two matches are an array',
      '{% $states.input.people.id %}',
      { people: [{ id: 'a' }, { id: 'b' }] },
      ['a', 'b'],
    ],
    ['null is a value', '{% null %}', {}, null],
    ['$partition', '{% $partition([1, 2, 3], 2) %}', {}, [[1, 2], [3]]],
    ['$range takes in its end', '{% $range(0, 6, 3) %}', {}, [0, 3, 6]],
    ['$hash', "{% $hash('abc', 'SHA-1') %}", {}, 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['$parse', "{% $parse('[1]') %}", {}, [1]],
    ['$random is below one', '{% $random() < 1 and $random() >= 0 %}', {}, true],
    ['$random with a seed repeats', '{% $random(7) = $random(7) %}', {}, true],
    ['$uuid', '{% $match($uuid(), /^[0-9a-f-]{36}$/) ~> $count() %}', {}, 1],
    ['the name of the execution', '{% $states.context.Execution.Name %}', {}, 'one'],
    ['the name of the state', '{% $states.context.State.Name %}', {}, 'Say'],
  ])('%s', async (_, output, input, expected) => {
    expect(await runMachine(pass(output), {}, input)).toMatchObject({
      status: 'SUCCEEDED',
      output: expected,
    });
  });

  it.each([
    ['nothing', '{% $states.input.missing %}'],
    ['an unknown variable', '{% $missing %}'],
    ['a function', '{% $sum %}'],
    ['a type error', "{% 1 + 'a' %}"],
    ['a number that is none', '{% 1 / 0 %}'],
    ['a range too long', '{% $range(1, 5000, 1) %}'],
    ['a function inside a value', "{% {'f': function($x){$x}} %}"],
  ])('%s is States.QueryEvaluationError', async (_, output) => {
    expect(await runMachine(pass(output))).toMatchObject({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
    });
  });
});

describe('variables', () => {
  it('are not seen by the Output of the state that assigns them', async () => {
    const definition = machine({
      First: { Type: 'Pass', Assign: { n: 1 }, Next: 'Second' },
      Second: {
        Type: 'Pass',
        Assign: { n: '{% $n + 1 %}', m: '{% $n + 10 %}' },
        Output: '{% $n %}',
        Next: 'Third',
      },
      Third: {
        Type: 'Pass',
        Output: { before: '{% $states.input %}', n: '{% $n %}', m: '{% $m %}' },
        End: true,
      },
    });
    expect((await runMachine(definition)).output).toEqual({ before: 1, n: 2, m: 11 });
  });

  it('of an outer scope are read inside a Map, and inner ones do not leak out', async () => {
    const inner = machine({
      Add: { Type: 'Pass', Assign: { inner: 5 }, Output: '{% $states.input + $base %}', End: true },
    });
    const definition = machine({
      Base: { Type: 'Pass', Assign: { base: 10 }, Next: 'Each' },
      Each: { Type: 'Map', Items: [1, 2], ItemProcessor: strip(inner), Next: 'After' },
      After: {
        Type: 'Pass',
        Output: { sums: '{% $states.input %}', leaked: '{% $exists($inner) %}' },
        End: true,
      },
    });
    expect((await runMachine(definition)).output).toEqual({ sums: [11, 12], leaked: false });
  });
});

describe('Map and Parallel', () => {
  const each = (state: Record<string, unknown>, more = {}): unknown =>
    machine({
      Each: { Type: 'Map', ItemProcessor: { StartAt: 'Do', States: { Do: state } }, End: true, ...more },
    });

  it('of nothing gives nothing', async () => {
    const result = await runMachine(each(task('f'), { Items: '{% $states.input.list %}' }), {}, { list: [] });
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: [] });
  });

  it('of one element gives a list of one', async () => {
    const definition = each({ Type: 'Pass', End: true }, { Items: '{% $states.input.list %}' });
    expect((await runMachine(definition, {}, { list: ['a'] })).output).toEqual(['a']);
  });

  it('keeps the order of its items and selects with index and value', async () => {
    const definition = each(task('f', { Output: '{% $states.result.Payload %}' }), {
      Items: ['a', 'b', 'c'],
      ItemSelector: {
        at: '{% $states.context.Map.Item.Index %}',
        value: '{% $states.context.Map.Item.Value %}',
      },
    });
    const slowFirst = async ({ at, value }: Record<string, unknown>) => {
      await new Promise((resolve) => setTimeout(resolve, 20 * (3 - Number(at))));
      return value;
    };
    expect((await runMachine(definition, { f: slowFirst })).output).toEqual(['a', 'b', 'c']);
  });

  it('never runs more at once than MaxConcurrency', async () => {
    let running = 0;
    let most = 0;
    const f = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 15));
      running--;
    };
    await runMachine(each(task('f'), { Items: [1, 2, 3, 4, 5], MaxConcurrency: 2 }), { f });
    expect(most).toBe(2);
  });

  it('is an error when its items are no list', async () => {
    expect(await runMachine(each(task('f'), { Items: '{% 1 %}' }))).toMatchObject({
      error: 'States.QueryEvaluationError',
    });
  });

  it('fails under the name of the inner failure, stops the others, and can be caught', async () => {
    const definition = machine({
      Each: {
        Type: 'Map',
        Items: [1, 2, 3],
        MaxConcurrency: 1,
        ItemProcessor: { StartAt: 'Do', States: { Do: task('f') } },
        Catch: [{ ErrorEquals: ['Broken'], Next: 'Caught', Output: '{% $states.errorOutput.Error %}' }],
        End: true,
      },
      Caught: { Type: 'Succeed' },
    });
    const result = await runMachine(definition, {
      f: () => {
        throw named('Broken');
      },
    });
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: 'Broken' });
    expect(result.calls).toHaveLength(1);
  });

  it('Parallel gives its branches’ outputs in order', async () => {
    const branch = (output: unknown) => ({
      StartAt: 'Do',
      States: { Do: { Type: 'Pass', Output: output, End: true } },
    });
    const definition = machine({
      Both: {
        Type: 'Parallel',
        Arguments: { n: 1 },
        Branches: [branch('{% $states.input.n + 1 %}'), branch('{% $states.input.n + 2 %}')],
        End: true,
      },
    });
    expect((await runMachine(definition)).output).toEqual([2, 3]);
  });
});

describe('Choice', () => {
  const choose = (choices: readonly unknown[], more = {}): unknown =>
    machine({
      Which: { Type: 'Choice', Choices: choices, ...more },
      A: { Type: 'Succeed' },
      B: { Type: 'Succeed' },
    });

  it('takes the first rule that holds, with that rule’s Output', async () => {
    const definition = choose([
      { Condition: '{% $states.input.n > 5 %}', Next: 'A' },
      { Condition: '{% $states.input.n > 1 %}', Next: 'B', Output: 'second' },
      { Condition: '{% true %}', Next: 'A' },
    ]);
    expect(await runMachine(definition, {}, { n: 3 })).toMatchObject({
      output: 'second',
      path: ['Which', 'B'],
    });
  });

  it('takes the Default when none holds, and fails without one', async () => {
    const never = [{ Condition: '{% false %}', Next: 'A' }];
    expect((await runMachine(choose(never, { Default: 'B' }))).path).toEqual(['Which', 'B']);
    expect(await runMachine(choose(never))).toMatchObject({ error: 'States.NoChoiceMatched' });
  });

  it('refuses a condition that is neither true nor false', async () => {
    expect(await runMachine(choose([{ Condition: "{% 'yes' %}", Next: 'A' }]))).toMatchObject({
      error: 'States.QueryEvaluationError',
    });
  });
});

describe('failures', () => {
  const failing = (times: number, name: string) => {
    let count = 0;
    return () => {
      if (count++ < times) throw named(name);
      return 'done';
    };
  };

  it('are retried as often as the matching retrier says, and then fail', async () => {
    const definition = machine({ Do: task('f', retry({ ErrorEquals: ['Retryable'], MaxAttempts: 2 })) });
    const twice = await runMachine(definition, { f: failing(2, 'Retryable') });
    expect(twice).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
    expect(twice.calls).toHaveLength(3);
    const thrice = await runMachine(definition, { f: failing(3, 'Retryable') });
    expect(thrice).toMatchObject({ status: 'FAILED', error: 'Retryable' });
    expect((await runMachine(definition, { f: failing(1, 'Other') })).calls).toHaveLength(1);
  });

  it('are counted for each retrier apart', async () => {
    const names = ['A', 'B', 'A', 'B'];
    const f = () => {
      const name = names.shift();
      if (name !== undefined) throw named(name);
    };
    const rule = (name: string) => ({
      ErrorEquals: [name],
      IntervalSeconds: 1,
      JitterStrategy: 'FULL',
      MaxAttempts: 2,
    });
    const result = await runMachine(machine({ Do: task('f', { Retry: [rule('A'), rule('B')] }) }), { f });
    expect(result).toMatchObject({ status: 'SUCCEEDED' });
    expect(result.calls).toHaveLength(5);
  });

  it('are caught by the first catcher that matches, and the error’s name is kept', async () => {
    const definition = machine({
      Do: task('f', {
        Catch: [
          { ErrorEquals: ['Other'], Next: 'Wrong' },
          {
            ErrorEquals: ['States.TaskFailed'],
            Next: 'Right',
            Assign: { what: '{% $states.errorOutput.Error %}' },
            Output: '{% $states.errorOutput %}',
          },
          { ErrorEquals: ['States.ALL'], Next: 'Wrong' },
        ],
      }),
      Wrong: { Type: 'Succeed' },
      Right: { Type: 'Succeed', Output: { error: '{% $what %}', cause: '{% $states.input.Cause %}' } },
    });
    expect((await runMachine(definition, { f: failing(1, 'BadFile') })).output).toEqual({
      error: 'BadFile',
      cause: '{"errorType":"BadFile","errorMessage":"made up"}',
    });
  });

  it.each([
    [() => new ServiceError(429, 'TooManyRequestsException', ''), 'Lambda.TooManyRequestsException'],
    [() => new ServiceError(403, 'AccessDeniedException', ''), 'Lambda.AWSLambdaException'],
    [() => new ServiceError(404, 'ResourceNotFoundException', ''), 'Lambda.ResourceNotFoundException'],
    [() => new ServiceError(500, 'ServiceException', ''), 'Lambda.ServiceException'],
    [() => named('Runtime.ExitError'), 'Lambda.Unknown'],
    [() => named('Sandbox.Timedout'), 'Sandbox.Timedout'],
  ])('of Lambda itself have AWS’s names (%#)', async (error, name) => {
    const f = () => {
      throw error();
    };
    expect(await runMachine(machine({ Do: task('f') }), { f })).toMatchObject({
      status: 'FAILED',
      error: name,
    });
  });

  it('a task beyond its time is States.Timeout, which States.TaskFailed does not match', async () => {
    const definition = machine({
      Do: task('f', {
        TimeoutSeconds: 1,
        Catch: [
          { ErrorEquals: ['States.TaskFailed'], Next: 'Wrong' },
          { ErrorEquals: ['States.Timeout'], Next: 'Right' },
        ],
      }),
      Wrong: { Type: 'Fail' },
      Right: { Type: 'Succeed' },
    });
    const f = () => new Promise((resolve) => setTimeout(resolve, 1500).unref());
    expect((await runMachine(definition, { f })).path).toEqual(['Do', 'Right']);
  });

  it('a payload above 256 KiB is States.DataLimitExceeded, and States.ALL does not catch it', async () => {
    const definition = machine({
      Do: task('f', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }] }),
      Caught: { Type: 'Succeed' },
    });
    const big = await runMachine(definition, { f: () => 'x'.repeat(262_144) });
    expect(big).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect((await runMachine(definition, { f: () => 'x'.repeat(260_000) })).status).toBe('SUCCEEDED');
  });

  it('Fail gives its own error and cause', async () => {
    const definition = machine({ Stop: { Type: 'Fail', Error: "{% 'E' & '1' %}", Cause: 'because' } });
    expect(await runMachine(definition)).toMatchObject({ status: 'FAILED', error: 'E1', cause: 'because' });
  });

  it('an execution without end stops at 25,000 events', async () => {
    const definition = machine({
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Condition: false, Next: 'End' }], Default: 'A' },
      End: { Type: 'Succeed' },
    });
    const result = await runMachine(definition);
    expect(result).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(result.cause).toContain('25000');
  });

  it.each([
    [['States.ALL'], 'Anything', true],
    [['States.ALL'], 'States.Timeout', true],
    [['States.ALL'], 'States.DataLimitExceeded', false],
    [['States.ALL'], 'States.Runtime', false],
    [['States.Runtime'], 'States.Runtime', false],
    [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
    [['States.TaskFailed'], 'Lambda.Unknown', true],
    [['States.TaskFailed'], 'States.Timeout', false],
    [['States.TaskFailed'], 'States.HeartbeatTimeout', false],
    [['States.Timeout'], 'States.HeartbeatTimeout', true],
    [['Lambda.Unknown'], 'Lambda.ServiceException', false],
  ] as const)('%j matches %s: %s', (names, error, expected) => {
    expect(matches(names, error)).toBe(expected);
  });
});

function strip(definition: unknown): unknown {
  return { ...Object(definition), QueryLanguage: undefined } as unknown;
}
