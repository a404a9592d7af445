/** The table a report speaks in: cells at the crossing of its dimensions, one for each measure, none missing. */

import type { IsoDate } from '../zones.ts';

/** What the signed definition says of the report's result, as far as a release needs it. */
export interface ReportShape {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly purpose: string;
  readonly output: readonly OutputColumn[];
  readonly disclosure: DisclosureSettings;
  readonly notes: readonly string[];
}
interface OutputColumn {
  readonly name: string;
  readonly role: 'area' | 'area-name' | 'category' | 'category-label' | 'period' | 'measure' | 'persons';
  readonly description: string;
}
export interface DisclosureSettings {
  readonly threshold: number;
  readonly round_to: number;
  readonly measures: readonly {
    readonly count: string;
    readonly persons: string;
    readonly part_of?: string | undefined;
  }[];
  readonly rates?: readonly RateDeclaration[] | undefined;
  readonly minimum_denominator?: number | undefined;
  readonly totals: string;
}
export interface RateDeclaration {
  readonly name: string;
  readonly label: string;
  readonly numerator: string;
  readonly denominator: string;
}

/** Totals are printed only where the definition says that the printed cells add up to something. */
export const SUM_OF_PRINTED = 'sum of printed rounded cells';
export const TOTAL = 'Total';

export interface Category {
  readonly code: string;
  readonly label: string;
}
export interface Dimension {
  readonly role: 'area' | 'category' | 'period';
  readonly column: string;
  /** Name of a second column for the label, where the result has one. */
  readonly labelColumn: string | null;
  readonly categories: readonly Category[];
}
export interface Cell {
  /** One code for each dimension, in their order. */
  readonly at: readonly string[];
  readonly measure: string;
  readonly count: number;
  /** Distinct persons behind the count. */
  readonly persons: number;
  /** Of those, how many each partner knows from its own records, where the query says so. */
  readonly by?: Readonly<Record<string, number>>;
}
export interface CountTable {
  readonly dimensions: readonly Dimension[];
  readonly measures: readonly string[];
  readonly cells: readonly Cell[];
}

export type Row = Readonly<Record<string, string>>;
export type TableResult =
  { readonly ok: true; readonly table: CountTable } | { readonly ok: false; readonly sentence: string };

/** Codes that must stand in the table whether or not the result has them, by role; in the order they are printed. */
export type Expected = Readonly<Partial<Record<Dimension['role'], readonly Category[]>>>;

export const cellKey = (at: readonly string[], measure: string): string => JSON.stringify([...at, measure]);

/** Arranges result rows as a full table: a combination that no row names is a true 0; a row too many is a fault. */
export function tableOfRows(report: ReportShape, rows: readonly Row[], expected: Expected = {}): TableResult {
  const dimensions = (['area', 'category', 'period'] as const).flatMap((role) => {
    const column = report.output.find((candidate) => candidate.role === role)?.name;
    if (column === undefined) return [];
    const labelRole = role === 'area' ? 'area-name' : role === 'category' ? 'category-label' : null;
    const labelColumn = report.output.find((candidate) => candidate.role === labelRole)?.name ?? null;
    return [
      {
        role,
        column,
        labelColumn,
        categories: categoriesOf(rows, role, column, labelColumn, expected[role]),
      },
    ];
  });
  if (dimensions.some(({ categories }) => categories.some(({ code }) => code === TOTAL)))
    return { ok: false, sentence: `The result uses the word ${TOTAL} as a code.` };
  const byPlace = new Map<string, Row>();
  for (const row of rows) {
    const at = dimensions.map(({ column }) => row[column] ?? '');
    const stray = dimensions.find(
      ({ categories }, index) => !categories.some(({ code }) => code === at[index]),
    );
    if (stray !== undefined)
      return { ok: false, sentence: `The result has a ${stray.column} that was not expected.` };
    if (byPlace.has(JSON.stringify(at)))
      return { ok: false, sentence: 'The result has two rows for one cell.' };
    byPlace.set(JSON.stringify(at), row);
  }
  return cellsOf(report, dimensions, byPlace);
}

function categoriesOf(
  rows: readonly Row[],
  role: Dimension['role'],
  column: string,
  labelColumn: string | null,
  expected: readonly Category[] | undefined,
): readonly Category[] {
  if (expected !== undefined) return expected;
  const labels = new Map(
    rows.map((row) => {
      const code = row[column] ?? '';
      return [
        code,
        labelColumn === null ? (role === 'period' ? quarterLabel(code) : code) : (row[labelColumn] ?? code),
      ];
    }),
  );
  // Sorted by name: an order by size would tell which withheld cell is the larger.
  return [...labels]
    .map(([code, label]) => ({ code, label }))
    .toSorted((a, b) => (a.label < b.label ? -1 : 1));
}

function cellsOf(
  report: ReportShape,
  dimensions: readonly Dimension[],
  byPlace: ReadonlyMap<string, Row>,
): TableResult {
  const cells: Cell[] = [];
  for (const at of crossing(dimensions))
    for (const { count, persons } of report.disclosure.measures) {
      const row = byPlace.get(JSON.stringify(at));
      const cell = { at, measure: count, count: wholeNumber(row, count), persons: wholeNumber(row, persons) };
      if (cell.count === null || cell.persons === null)
        return { ok: false, sentence: `The result has a ${count} that is not a whole number of 0 or more.` };
      if (cell.count === 0 && cell.persons > 0)
        return { ok: false, sentence: `The result counts persons behind a ${count} of 0.` };
      cells.push({ at, measure: count, count: cell.count, persons: cell.persons });
    }
  return {
    ok: true,
    table: { dimensions, measures: report.disclosure.measures.map(({ count }) => count), cells },
  };
}

/** Every combination of codes, the last dimension moving fastest. */
function crossing(dimensions: readonly Dimension[]): readonly (readonly string[])[] {
  return dimensions.reduce<readonly (readonly string[])[]>(
    (places, { categories }) => places.flatMap((at) => categories.map(({ code }) => [...at, code])),
    [[]],
  );
}

function wholeNumber(row: Row | undefined, column: string): number | null {
  if (row === undefined) return 0;
  const value = row[column] ?? '';
  return /^[0-9]{1,15}$/.test(value) ? Number(value) : null;
}

/** `2026-Q3` for the first day of a quarter. */
export const quarterLabel = (firstDay: IsoDate): string =>
  `${firstDay.slice(0, 4)}-Q${Math.floor((Number(firstDay.slice(5, 7)) - 1) / 3) + 1}`;

/** The quarters of a period, as first days: expected even where nothing was recorded. */
export function quartersBetween(start: IsoDate, end: IsoDate): readonly Category[] {
  const quarters: Category[] = [];
  for (
    let at = new Date(`${start}T00:00:00Z`);
    at.toISOString().slice(0, 10) < end;
    at.setUTCMonth(at.getUTCMonth() + 3)
  ) {
    const code = at.toISOString().slice(0, 10);
    quarters.push({ code, label: quarterLabel(code) });
  }
  return quarters;
}
