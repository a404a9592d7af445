/** Schedule expressions: cron(…) on a zone's clock, rate(…) from a start, at(…) once. */
import { parseCron } from './cron.ts';
import type { Cron } from './cron.ts';
import { momentOf, wallTimeAt } from './time-zone.ts';

/** The first occurrence after a moment, if there is another. */
export type NextOccurrence = (after: Date) => Date | undefined;

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** A pattern that matches no day of so many years (30 February) matches none at all. */
const DAYS_AHEAD = 366 * 12;

/** @throws Error that says what cannot be read. `start` is where a rate counts from. */
export function parseExpression(text: string, zone: string, start: Date): NextOccurrence {
  const [, kind, inner = ''] = /^(cron|rate|at)\((.*)\)$/.exec(text) ?? [];
  // Throws here for a zone nobody knows, not at the first occurrence.
  wallTimeAt(zone, start);
  switch (kind) {
    case 'cron':
      return cronOccurrences(parseCron(inner), zone);
    case 'rate':
      return rateOccurrences(inner, start);
    case 'at':
      return atOccurrence(inner, zone);
    default:
      throw new Error(`${text} is no schedule expression.`);
  }
}

function rateOccurrences(inner: string, start: Date): NextOccurrence {
  const [, count = '', unit = '', plural] = /^([1-9]\d*) (minute|hour|day)(s?)$/.exec(inner) ?? [];
  const every = Number(count) * (UNIT_MS[unit] ?? 0);
  if (every === 0 || (Number(count) === 1) !== (plural === ''))
    throw new Error(`rate(${inner}) cannot be read.`);
  return (after) => {
    const passed = Math.floor((after.getTime() - start.getTime()) / every);
    return new Date(start.getTime() + Math.max(0, passed + 1) * every);
  };
}

function atOccurrence(inner: string, zone: string): NextOccurrence {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(inner)?.slice(1).map(Number);
  if (parts === undefined) throw new Error(`at(${inner}) must be at(yyyy-mm-ddThh:mm:ss).`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const wholeMinute = momentOf(zone, { year, month, day, hour, minute });
  if (wholeMinute === undefined) return () => undefined;
  const moment = new Date(wholeMinute.getTime() + second * 1000);
  return (after) => (moment > after ? moment : undefined);
}

function cronOccurrences(cron: Cron, zone: string): NextOccurrence {
  return (after) => {
    const today = wallTimeAt(zone, after);
    for (let ahead = 0; ahead <= DAYS_AHEAD; ahead += 1) {
      const date = new Date(Date.UTC(today.year, today.month - 1, today.day + ahead));
      const found = firstOfDay(cron, zone, date, after);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** The earliest moment of a day, which around a change of clocks need not be the earliest hour and minute. */
function firstOfDay(cron: Cron, zone: string, date: Date, after: Date): Date | undefined {
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  if (!cron.isYear(year) || !cron.isMonth(month) || !cron.isDay(year, month, day)) return undefined;
  let first: Date | undefined;
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const moment = momentOf(zone, { year, month, day, hour, minute });
      if (moment !== undefined && moment > after && (first === undefined || moment < first)) first = moment;
    }
    // Hours that lie two later cannot come before one already found, whatever the clocks do.
    if (first !== undefined && momentIsPast(zone, { year, month, day, hour }, first)) return first;
  }
  return first;
}

function momentIsPast(
  zone: string,
  at: { readonly year: number; readonly month: number; readonly day: number; readonly hour: number },
  first: Date,
): boolean {
  const found = wallTimeAt(zone, first);
  return at.hour >= found.hour + 2;
}
