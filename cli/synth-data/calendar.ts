/** Days as whole numbers since 1970, the window a valley covers, and the seasons of violence. */
import type { IsoDate } from '../../pipeline/zones.ts';
import { between, pick, type Random, weighted } from './random.ts';

/** Days since 1 January 1970, UTC. */
export type Day = number;

const MILLISECONDS_A_DAY = 86_400_000;

export const dayOf = (date: IsoDate): Day => Math.floor(Date.parse(`${date}T00:00:00Z`) / MILLISECONDS_A_DAY);
export const dateOf = (day: Day): IsoDate => new Date(day * MILLISECONDS_A_DAY).toISOString().slice(0, 10);
export const yearOf = (day: Day): number => new Date(day * MILLISECONDS_A_DAY).getUTCFullYear();
export const yearsBetween = (from: Day, to: Day): number => Math.floor((to - from) / 365.2425);

/** The days a valley covers, both included, with its months in order. */
export interface Window {
  readonly first: Day;
  readonly last: Day;
  readonly months: readonly { readonly first: Day; readonly days: number; readonly calendarMonth: number }[];
}

/** Whole months that end before the month of `until` begins. */
export function windowBefore(until: IsoDate, months: number): Window {
  const [year, month] = [Number(until.slice(0, 4)), Number(until.slice(5, 7))];
  const starts = Array.from(
    { length: months + 1 },
    (_, back) => Date.UTC(year, month - 1 - months + back, 1) / MILLISECONDS_A_DAY,
  );
  const first = starts[0] ?? 0;
  const end = starts[months] ?? first;
  return {
    first,
    last: end - 1,
    months: starts.slice(0, -1).map((start, at) => ({
      first: start,
      days: (starts[at + 1] ?? start) - start,
      calendarMonth: new Date(start * MILLISECONDS_A_DAY).getUTCMonth(),
    })),
  };
}

/** Violence is highest in July and lowest in February; burglary the other way about. Shares of a plain month. */
const SEASON = {
  violence: [0.94, 0.89, 0.96, 0.99, 1.05, 1.09, 1.13, 1.08, 1.01, 1.0, 0.94, 0.92],
  burglary: [1.1, 1.05, 1.0, 0.95, 0.92, 0.9, 0.9, 0.92, 0.96, 1.05, 1.12, 1.13],
  level: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
} as const;
export type Season = keyof typeof SEASON;

/** Draws a day of the window by season. */
export function dayDrawer(window: Window, season: Season): (random: Random) => Day {
  const draw = weighted(window.months, (month) => month.days * (SEASON[season][month.calendarMonth] ?? 1));
  if (draw === null) throw new Error('A valley needs at least one month.');
  return (random) => {
    const month = draw(random);
    return between(random, month.first, month.first + month.days - 1);
  };
}

/** A date of birth that puts a person in an age band on a day. */
export const bornAged = (random: Random, on: Day, [youngest, oldest]: readonly [number, number]): Day =>
  on - between(random, Math.ceil(youngest * 365.2425), Math.floor((oldest + 1) * 365.2425) - 1);

export const anyDay = (random: Random, window: Window): Day => between(random, window.first, window.last);

/** Some days after, most often few, never past the last day. */
export const soonAfter = (random: Random, day: Day, last: Day): Day =>
  Math.min(last, day + pick(random, [0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 5, 9, 20]));
