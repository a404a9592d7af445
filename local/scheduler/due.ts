/** Which occurrences a move of the clock has passed, in the order they run. */
import type { Schedule } from './schedules.ts';

export interface Occurrence {
  readonly schedule: Schedule;
  readonly at: Date;
}

/**
 * Up to here every occurrence a move passes runs, in order. Beyond it only each schedule's latest does: years of
 * nightly runs over the same deliveries would take hours and change nothing.
 */
export const EVERY_OCCURRENCE_DAYS = 40;

export const isLongMove = (from: Date, to: Date): boolean =>
  to.getTime() - from.getTime() > EVERY_OCCURRENCE_DAYS * 86_400_000;

/** Occurrences after `from`, up to and including `to`. */
export function occurrencesBetween(
  schedules: readonly Schedule[],
  from: Date,
  to: Date,
): readonly Occurrence[] {
  const latestOnly = isLongMove(from, to);
  return schedules
    .flatMap((schedule) => {
      // A pattern of every minute is walked from the last day only.
      const start = latestOnly ? latestStart(schedule, from, to) : from;
      const passed = passedBy(schedule, start, to);
      return latestOnly ? passed.slice(-1) : passed;
    })
    .toSorted((a, b) => a.at.getTime() - b.at.getTime() || compare(a.schedule.arn, b.schedule.arn));
}

function passedBy(schedule: Schedule, from: Date, to: Date): readonly Occurrence[] {
  const passed: Occurrence[] = [];
  for (let at = schedule.next(from); at !== undefined && at <= to; at = schedule.next(at))
    passed.push({ schedule, at });
  return passed;
}

/** The latest day, month or year before `to` that has an occurrence in it. */
function latestStart(schedule: Schedule, from: Date, to: Date): Date {
  for (const days of [1, 7, 35, 400]) {
    const start = new Date(to.getTime() - days * 86_400_000);
    const next = start > from ? schedule.next(start) : undefined;
    if (next !== undefined && next <= to) return start;
  }
  return from;
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
