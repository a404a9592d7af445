/** The printed cells as rows of the table `released_cells`, which recipients query through Athena (sql/schema/reports.yaml). */

import type { IsoDate } from '../zones.ts';
import { SYMBOL } from './protect.ts';
import type { Release } from './release-facts.ts';
import { quarterLabel, TOTAL, type Dimension } from './table.ts';

export interface ReleasedCell {
  readonly release: string;
  readonly released_on: IsoDate;
  readonly area_code: string;
  readonly area_name: string;
  readonly category: string;
  readonly period: string;
  readonly measure: string;
  /** A rounded count or a rate per 100; null where withheld. */
  readonly value: number | null;
  readonly symbol: string;
}

const ALL = 'all';

export function releasedCells({ release, releasedAt, table, period }: Release): readonly ReleasedCell[] {
  const position = (role: Dimension['role']): number =>
    table.dimensions.findIndex((dimension) => dimension.role === role);
  const [area, category, time] = [position('area'), position('category'), position('period')];
  const names = new Map(table.dimensions[area]?.categories.map(({ code, label }) => [code, label]));
  const codeAt = (at: readonly string[], index: number): string => {
    const code = at[index];
    return code === undefined || code === TOTAL ? ALL : code;
  };
  return table.cells.map(({ at, measure, value }) => {
    const quarter = codeAt(at, time);
    return {
      release,
      released_on: releasedAt.slice(0, 10),
      area_code: codeAt(at, area),
      area_name: names.get(codeAt(at, area)) ?? ALL,
      category: codeAt(at, category),
      period:
        time === -1
          ? `${period.start}/${lastDay(period.end)}`
          : quarter === ALL
            ? ALL
            : quarterLabel(quarter),
      measure,
      value,
      symbol: value === null ? SYMBOL : '',
    };
  });
}

const lastDay = (dayAfter: IsoDate): IsoDate =>
  new Date(Date.parse(dayAfter) - 86_400_000).toISOString().slice(0, 10);
