import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createStates } from '../../local/states/service.ts';
import {
  eventually,
  executionArn,
  fakeStandIn,
  machineArn,
  machineResource,
  named,
  stubLambda,
  type Stub,
} from '../local/states-fake-stand-in.ts';
import { ask, endOf, enteredName, historyOf, runMachine } from '../local/states-machine.ts';

const source = (file: string): string =>
  readFileSync(new URL(`../../workflows/${file}.asl.json`, import.meta.url), 'utf8');
/** `${PlanRunArn}` → the stub `PlanRun`. */
const substitutions = (file: string): Record<string, string> =>
  Object.fromEntries(
    [...source(file).matchAll(/\$\{(\w+)Arn\}/g)].map(([, name = '']) => [`${name}Arn`, name]),
  );
const run = (file: string, stubs: Readonly<Record<string, Stub>>, input: unknown = {}) =>
  runMachine(source(file), stubs, input, substitutions(file));

/** A function that forgot itself and answers a person's row beside its ids. */
const ROW = { rows: [{ forename: 'Fictitia', surname: 'Examplewick' }] };
const fails = (name: string) => () => {
  throw named(name);
};

const FEEDS = [
  { partner: 'partner-a', feed: 'feed-1' },
  { partner: 'partner-a', feed: 'feed-2' },
  { partner: 'partner-b', feed: 'feed-1' },
];
const daily = {
  PlanRun: ({ executionName }: Record<string, unknown>) => ({
    skip: false,
    runId: `run of ${String(executionName)}`,
    attempt: 1,
    feeds: FEEDS,
    ...ROW,
  }),
  ReceiveFeed: () => ROW,
  NormaliseFeed: () => ROW,
  MatchPeople: () => ROW,
  PublishSnapshot: () => ROW,
  PurgeExpired: () => ROW,
  FinishRun: () => ROW,
};

describe('the daily run', () => {
  it('takes in every feed, then matches, publishes, purges and finishes', async () => {
    const result = await run('daily-run', daily);
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: { runId: 'run of one', outcome: 'done' } });
    const runId = 'run of one';
    const fed = FEEDS.map((feed) => ({ runId, ...feed }));
    const payloads = (name: string) =>
      result.calls.filter((one) => one.name === name).map(({ payload }) => payload);
    expect(payloads('PlanRun')).toEqual([{ executionName: 'one' }]);
    expect(payloads('ReceiveFeed')).toEqual(expect.arrayContaining(fed));
    expect(payloads('NormaliseFeed')).toEqual(expect.arrayContaining(fed));
    expect(payloads('ReceiveFeed')).toHaveLength(3);
    expect(result.calls.slice(-4)).toEqual([
      { name: 'MatchPeople', payload: { runId } },
      { name: 'PublishSnapshot', payload: { runId } },
      { name: 'PurgeExpired', payload: { runId } },
      { name: 'FinishRun', payload: { runId, executionName: 'one', outcome: 'done' } },
    ]);
  });

  it('carries no row on, even from a function that answers one', async () => {
    const { calls, events, output } = await run('daily-run', daily);
    const onward = events.filter(({ type }) => type !== 'TaskSucceeded');
    expect(JSON.stringify([calls, onward, output])).not.toMatch(/Fictitia|rows/);
  });

  it('goes on with one feed, and with none', async () => {
    const one = await run('daily-run', {
      ...daily,
      PlanRun: () => ({ runId: 'r', feeds: FEEDS.slice(0, 1) }),
    });
    expect(one.calls.filter(({ name }) => name === 'NormaliseFeed')).toHaveLength(1);
    const none = await run('daily-run', { ...daily, PlanRun: () => ({ runId: 'r', feeds: [] }) });
    expect(none).toMatchObject({ status: 'SUCCEEDED' });
    expect(none.calls.some(({ name }) => name === 'ReceiveFeed')).toBe(false);
  });

  it('stands back when another run holds the lease', async () => {
    const skip = { ...daily, PlanRun: () => ({ skip: true, reason: 'another run holds the lease' }) };
    const result = await run('daily-run', skip);
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'skipped', reason: 'another run holds the lease' },
      path: ['Freeze the plan', 'Is there a run to carry out?', 'Another run holds the lease'],
    });
  });

  it.each([
    ['ReceiveFeed', 'run of one'],
    ['NormaliseFeed', 'run of one'],
    ['MatchPeople', 'run of one'],
    ['PublishSnapshot', 'run of one'],
    ['PurgeExpired', 'run of one'],
    ['PlanRun', null],
  ])('records that %s failed, by the error’s name only, and fails', async (step, runId) => {
    const result = await run('daily-run', { ...daily, [step]: fails('Broken') });
    expect(result).toMatchObject({ status: 'FAILED', error: 'Broken' });
    expect(result.calls.at(-1)).toEqual({
      name: 'FinishRun',
      payload: { runId, executionName: 'one', outcome: 'failed', error: 'Broken' },
    });
    expect(result.cause).not.toContain('made up');
  });

  it('fails under the first error even when the failure cannot be recorded', async () => {
    const result = await run('daily-run', {
      ...daily,
      MatchPeople: fails('First'),
      FinishRun: fails('Second'),
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'First' });
  });

  it.each(['Retryable', 'Runtime.ExitError'])('tries a step again after %s', async (error) => {
    let failed = false;
    const once = () => {
      if (failed) return {};
      failed = true;
      throw named(error);
    };
    const result = await run('daily-run', { ...daily, MatchPeople: once });
    expect(result).toMatchObject({ status: 'SUCCEEDED' });
    expect(result.calls.filter(({ name }) => name === 'MatchPeople')).toHaveLength(2);
  });

  it('killed half-way and started again, it goes on and freezes no second plan', async () => {
    const resource = machineResource('m', source('daily-run'), substitutions('daily-run'));
    const arn = executionArn('m', 'night');
    const first = fakeStandIn([resource]);
    const hanging = stubLambda(first, { ...daily, MatchPeople: () => new Promise(() => undefined) });
    first.add(hanging.service);
    const before = createStates(first);
    await ask(before, 'StartExecution', { stateMachineArn: machineArn('m'), name: 'night' });
    await eventually(() => hanging.calls.find(({ name }) => name === 'MatchPeople'));
    await before.stop();

    const second = fakeStandIn([resource], { dataDir: first.dataDir });
    const whole = stubLambda(second, daily);
    second.add(whole.service);
    const after = createStates(second);
    after.start();
    expect(await endOf(after, arn)).toMatchObject({ status: 'SUCCEEDED', output: { runId: 'run of night' } });
    expect(whole.calls.map(({ name }) => name)).toEqual([
      'MatchPeople',
      'PublishSnapshot',
      'PurgeExpired',
      'FinishRun',
    ]);
    const entered = (await historyOf(after, arn)).flatMap(enteredName);
    expect(entered.filter((name) => name === 'Match people')).toHaveLength(1);
  });
});

const release = {
  StartReport: () => ({ outcome: 'started', releaseId: 'one', queryExecutionId: 'q', ...ROW }),
  CheckReport: () => ({ state: 'SUCCEEDED', ...ROW }),
  ReleaseReport: () => ({
    outcome: 'released',
    reportId: 'r',
    releaseId: 'one',
    cells: 9,
    withheld: 2,
    ...ROW,
  }),
  FailRelease: () => ROW,
};
const input = { reportId: 'r' };
const REASON = { code: 'not-signed', partner: 'partner-a', sentence: 'partner-a has not signed.' };

describe('a release', () => {
  it('starts the query, waits for it and lets the result out', async () => {
    const answers = ['RUNNING', 'SUCCEEDED'];
    const result = await run(
      'release',
      { ...release, CheckReport: () => ({ state: answers.shift() }) },
      input,
    );
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'released', reportId: 'r', releaseId: 'one', cells: 9, withheld: 2 },
    });
    expect(result.calls).toEqual([
      { name: 'StartReport', payload: { reportId: 'r', executionName: 'one', attempt: 1 } },
      { name: 'CheckReport', payload: { queryExecutionId: 'q' } },
      { name: 'CheckReport', payload: { queryExecutionId: 'q' } },
      { name: 'ReleaseReport', payload: { releaseId: 'one' } },
    ]);
  });

  it('carries no row on, even from a function that answers one', async () => {
    const { calls, events, output } = await run('release', release, input);
    const onward = events.filter(({ type }) => type !== 'TaskSucceeded');
    expect(JSON.stringify([calls, onward, output])).not.toMatch(/Fictitia|rows/);
  });

  it('ends as refused, with every reason, when the gate refuses, and asks no query', async () => {
    const refused = () => ({ outcome: 'refused', releaseId: 'one', reasons: [REASON] });
    const result = await run('release', { ...release, StartReport: refused }, input);
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'refused', reportId: 'r', releaseId: 'one', reasons: [REASON] },
    });
    expect(result.calls.map(({ name }) => name)).toEqual(['StartReport']);
  });

  it('ends as refused when disclosure control refuses', async () => {
    const refused = () => ({ outcome: 'refused', releaseId: 'one', reasons: [{ code: 'x', sentence: 'y' }] });
    const result = await run('release', { ...release, ReleaseReport: refused }, input);
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: { outcome: 'refused', reasons: [{ code: 'x', sentence: 'y' }] },
    });
  });

  it.each([
    ['StartReport', fails('Broken'), 'Broken'],
    ['CheckReport', fails('Broken'), 'Broken'],
    ['CheckReport', () => ({ state: 'FAILED' }), 'QueryFailed'],
    ['CheckReport', () => ({ state: 'CANCELLED' }), 'QueryFailed'],
    ['ReleaseReport', fails('Broken'), 'Broken'],
  ] as const)('that breaks off at %s is written down by the error’s name (%#)', async (step, stub, error) => {
    const result = await run('release', { ...release, [step]: stub }, input);
    expect(result).toMatchObject({ status: 'FAILED', error });
    expect(result.calls.at(-1)).toEqual({
      name: 'FailRelease',
      payload: { reportId: 'r', executionName: 'one', error },
    });
  });

  it('starts a query again that the engine broke off, through the gate each time, and gives up after three', async () => {
    const broken = { ...release, CheckReport: () => ({ state: 'FAILED', again: true }) };
    const result = await run('release', broken, input);
    expect(result).toMatchObject({ status: 'FAILED', error: 'QueryFailed' });
    const started = result.calls.filter(({ name }) => name === 'StartReport');
    expect(started.map(({ payload }) => payload)).toEqual(
      [1, 2, 3].map((attempt) => ({ reportId: 'r', executionName: 'one', attempt })),
    );
  });

  it('does not ask after a query for ever', () => {
    const { States } = JSON.parse(source('release')) as {
      States: Readonly<Record<string, { Choices?: readonly { Condition: string }[] }>>;
    };
    const again = (States['Has the query ended?']?.Choices ?? []).map(({ Condition }) => Condition).join();
    expect(again).toMatch(/\$asked < 1800/);
  });
});
