import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type { Block, State } from '../../local/states/definition.ts';
import { parseDefinition } from '../../local/states/load-definition.ts';

const validate: (definition: unknown) => { isValid: boolean; errors: unknown[] } = createRequire(
  import.meta.url,
)('asl-validator');
const FILES = ['daily-run', 'release'] as const;
const source = (file: string): string =>
  readFileSync(new URL(`../../workflows/${file}.asl.json`, import.meta.url), 'utf8');

/** Every state of a definition, inner ones too, with its name. */
function statesOf(block: Block): (readonly [string, State])[] {
  return Object.entries(block.States).flatMap(([name, state]) => [
    [name, state] as const,
    ...(state.Type === 'Map' ? statesOf(state.ItemProcessor) : []),
    ...(state.Type === 'Parallel' ? state.Branches.flatMap(statesOf) : []),
  ]);
}
const every = FILES.flatMap((file) =>
  statesOf(parseDefinition(source(file), file)).map(([name, state]) => ({ file, name, state })),
);
const tasks = every.flatMap(({ file, name, state }) =>
  state.Type === 'Task' ? [{ file, name, task: state }] : [],
);

/** All that a function may be told: which run, feed, report or release, and how it went. */
const IDS = new Set([
  'runId',
  'executionName',
  'attempt',
  'partner',
  'feed',
  'outcome',
  'error',
  'reportId',
  'releaseId',
  'queryExecutionId',
]);

describe.each(FILES)('workflows/%s.asl.json', (file) => {
  it('is valid states language to asl-validator', () => {
    expect(validate(JSON.parse(source(file)))).toMatchObject({ isValid: true, errors: [] });
  });

  it('has states named by plain sentences', () => {
    for (const { name } of every.filter((one) => one.file === file))
      expect(name).toMatch(/^[A-Z][a-z' ,]+\??$/);
  });
});

describe.each(tasks)('the task "$name"', ({ task, file }) => {
  it('has a time limit, a retry with jitter for what passes, and a catch for everything', () => {
    expect(task.TimeoutSeconds).toBeGreaterThan(0);
    expect(task.TimeoutSeconds).toBeLessThanOrEqual(900);
    expect(task.Retry).toHaveLength(1);
    expect(task.Retry[0]).toMatchObject({ JitterStrategy: 'FULL' });
    expect(task.Retry[0]?.ErrorEquals).toEqual(
      expect.arrayContaining([
        'Retryable',
        'Lambda.ServiceException',
        'Lambda.SdkClientException',
        'Lambda.TooManyRequestsException',
        'Lambda.Unknown',
      ]),
    );
    expect(task.Catch).toHaveLength(1);
    expect(task.Catch[0]?.ErrorEquals).toEqual(['States.ALL']);
  });

  it('is caught into a state that names the error and nothing else of it', () => {
    expect(JSON.stringify(task.Catch)).not.toContain('Cause');
    const next = every.find(({ name, file: of }) => name === task.Catch[0]?.Next && of === file)?.state;
    expect(next?.Type === 'Fail' || next?.Type === 'Task').toBe(true);
  });

  it('is told ids only', () => {
    const payload = typeof task.Arguments === 'string' ? null : task.Arguments.Payload;
    expect(Object.keys(Object(payload) as object).filter((key) => !IDS.has(key))).toEqual([]);
    expect(JSON.stringify(payload)).not.toContain('$states.input %}');
  });

  it('passes on only fields it names', () => {
    const kept = JSON.stringify([task.Output ?? 'missing', task.Assign ?? {}]);
    expect(kept).not.toMatch(/missing|Payload %\}|\$states\.result %\}/);
  });
});

it('only functions are called, each by a placeholder the deployment fills', () => {
  const called = tasks.map(({ task }) =>
    typeof task.Arguments === 'string' ? '' : task.Arguments.FunctionName,
  );
  expect(new Set(called)).toEqual(
    new Set([
      '${PlanRunArn}',
      '${ReceiveFeedArn}',
      '${NormaliseFeedArn}',
      '${MatchPeopleArn}',
      '${PublishSnapshotArn}',
      '${PurgeExpiredArn}',
      '${FinishRunArn}',
      '${StartReportArn}',
      '${CheckReportArn}',
      '${ReleaseReportArn}',
      '${FailReleaseArn}',
    ]),
  );
});
