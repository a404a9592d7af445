/** When a report is due and which days it covers: both follow from the agreed calendar and today's date alone. */

import type { IsoDate } from '../zones.ts';

export interface Calendar {
  readonly frequency: 'monthly' | 'quarterly';
  /** Day of the month after a period's end on which its release is due. */
  readonly day: number;
  readonly covers: { readonly complete_quarters: number } | { readonly complete_months: number };
}

export interface Period {
  /** `2026-Q3` or `2026-09`: the newest complete quarter or month, and the name of the release. */
  readonly id: string;
  readonly due: IsoDate;
  /** First day covered. */
  readonly start: IsoDate;
  /** The day after the last one covered. */
  readonly end: IsoDate;
}

/**
 * Periods that fell due after `since` and no later than `today`, oldest first. Without `since` that is the one
 * period due most recently: a report that was not released in time is not released twice to catch up.
 */
export function duePeriods(calendar: Calendar, today: IsoDate, since?: IsoDate): readonly Period[] {
  const step = calendar.frequency === 'quarterly' ? 3 : 1;
  const newest = lastDueMonth(calendar, today, step);
  if (since === undefined) return [periodDue(calendar, newest)];
  const periods: Period[] = [];
  for (let month = newest; dayOf(month, calendar.day) > since; month -= step)
    periods.unshift(periodDue(calendar, month));
  return periods;
}

/** Months are counted from year 0, so that sums over the turn of a year need no care. */
function lastDueMonth(calendar: Calendar, today: IsoDate, step: number): number {
  const month = Number(today.slice(0, 4)) * 12 + Number(today.slice(5, 7)) - 1;
  const releaseMonth = month - (month % step);
  return dayOf(releaseMonth, calendar.day) <= today ? releaseMonth : releaseMonth - step;
}

function periodDue(calendar: Calendar, dueMonth: number): Period {
  const { covers } = calendar;
  const months = 'complete_quarters' in covers ? covers.complete_quarters * 3 : covers.complete_months;
  const end = 'complete_quarters' in covers ? dueMonth - (dueMonth % 3) : dueMonth;
  const last = end - 1;
  const year = Math.floor(last / 12);
  const id =
    calendar.frequency === 'quarterly'
      ? `${year}-Q${Math.floor((last % 12) / 3) + 1}`
      : `${year}-${String((last % 12) + 1).padStart(2, '0')}`;
  return { id, due: dayOf(dueMonth, calendar.day), start: dayOf(end - months, 1), end: dayOf(end, 1) };
}

const dayOf = (month: number, day: number): IsoDate =>
  `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
