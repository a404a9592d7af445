/** When schedules fall due: on the zone's own clock, summer time included. */
import { describe, expect, test } from 'vitest';
import { parseExpression } from '../../local/scheduler/expression.ts';

const START = new Date('2026-01-01T00:00:00Z');

/** The next few occurrences after a moment. */
function next(expression: string, zone: string, after: string, count = 3): readonly string[] {
  const occurrence = parseExpression(expression, zone, START);
  const found: string[] = [];
  for (let at = occurrence(new Date(after)); at !== undefined && found.length < count; at = occurrence(at)) {
    found.push(at.toISOString().slice(0, 16));
  }
  return found;
}

test.each([
  [
    'two in the morning in winter',
    'cron(0 2 * * ? *)',
    '2026-11-24T01:00:00Z',
    ['2026-11-24T02:00', '2026-11-25T02:00'],
  ],
  [
    'two in the morning in summer is one in UTC',
    'cron(0 2 * * ? *)',
    '2026-07-01T00:00:00Z',
    ['2026-07-01T01:00', '2026-07-02T01:00'],
  ],
  [
    'the day clocks go forward',
    'cron(0 2 * * ? *)',
    '2026-03-28T12:00:00Z',
    ['2026-03-29T01:00', '2026-03-30T01:00'],
  ],
  [
    'a time the clocks jump over is skipped',
    'cron(30 1 * * ? *)',
    '2026-03-28T12:00:00Z',
    ['2026-03-30T00:30', '2026-03-31T00:30'],
  ],
  [
    'a time the clocks repeat runs once',
    'cron(30 1 * * ? *)',
    '2026-10-24T12:00:00Z',
    ['2026-10-25T00:30', '2026-10-26T01:30'],
  ],
  [
    'the first of the month',
    'cron(0 6 1 * ? *)',
    '2026-05-01T05:00:00Z',
    ['2026-06-01T05:00', '2026-07-01T05:00'],
  ],
  ['quarters', 'cron(0 6 15 1,4,7,10 ? *)', '2026-04-15T05:00:00Z', ['2026-07-15T05:00', '2026-10-15T05:00']],
  ['weekdays', 'cron(0 9 ? * MON-FRI *)', '2026-11-27T09:00:00Z', ['2026-11-30T09:00', '2026-12-01T09:00']],
  [
    'every quarter of an hour',
    'cron(0/15 * * * ? *)',
    '2026-11-24T23:40:00Z',
    ['2026-11-24T23:45', '2026-11-25T00:00'],
  ],
  ['the last day', 'cron(0 0 L * ? *)', '2028-02-01T00:00:00Z', ['2028-02-29T00:00', '2028-03-30T23:00']],
  [
    'the second Tuesday',
    'cron(0 12 ? * 3#2 *)',
    '2026-11-01T00:00:00Z',
    ['2026-11-10T12:00', '2026-12-08T12:00'],
  ],
  [
    'the last Friday',
    'cron(0 12 ? * 6L *)',
    '2026-11-01T00:00:00Z',
    ['2026-11-27T12:00', '2026-12-25T12:00'],
  ],
  [
    'the weekday nearest the first',
    'cron(0 12 1W * ? *)',
    '2026-07-20T00:00:00Z',
    ['2026-08-03T11:00', '2026-09-01T11:00'],
  ],
  ['a single year', 'cron(0 12 24 12 ? 2026)', '2026-11-01T00:00:00Z', ['2026-12-24T12:00']],
  ['29 February', 'cron(0 12 29 2 ? *)', '2026-11-01T00:00:00Z', ['2028-02-29T12:00', '2032-02-29T12:00']],
])('%s', (_name, expression, after, expected) => {
  expect(next(expression, 'Europe/London', after, 2)).toEqual(expected);
});

test('a rate counts from its start', () => {
  expect(next('rate(5 minutes)', 'UTC', '2026-01-01T00:12:00Z')).toEqual([
    '2026-01-01T00:15',
    '2026-01-01T00:20',
    '2026-01-01T00:25',
  ]);
  expect(next('rate(1 day)', 'UTC', '2026-03-01T00:00:00Z', 1)).toEqual(['2026-03-02T00:00']);
});

test('a single moment comes once, on the clock of its zone', () => {
  expect(next('at(2026-07-01T09:00:00)', 'Europe/London', '2026-01-01T00:00:00Z')).toEqual([
    '2026-07-01T08:00',
  ]);
  expect(next('at(2026-07-01T09:00:00)', 'Europe/London', '2026-07-01T08:00:00Z')).toEqual([]);
});

test('30 February never comes', () => {
  expect(next('cron(0 0 30 2 ? *)', 'UTC', '2026-01-01T00:00:00Z')).toEqual([]);
});

describe('refuses what AWS refuses', () => {
  test.each([
    'cron(0 2 * * * *)',
    'cron(0 2 ? * ? *)',
    'cron(0 2 * * ?)',
    'cron(60 2 * * ? *)',
    'cron(0 24 * * ? *)',
    'cron(0 2 32 * ? *)',
    'cron(0 2 ? * 8 *)',
    'cron(5-1 2 * * ? *)',
    'rate(0 minutes)',
    'rate(1 minutes)',
    'rate(5 minute)',
    'rate(5 weeks)',
    'at(2026-07-01)',
    'every day',
  ])('%s', (expression) => {
    expect(() => parseExpression(expression, 'UTC', START)).toThrow();
  });
  test('a zone nobody knows', () => {
    expect(() => parseExpression('rate(5 minutes)', 'Europe/Reading', START)).toThrow();
  });
});
