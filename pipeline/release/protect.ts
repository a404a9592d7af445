/** Disclosure control: which cells of a table may be printed, and as what. The audit beside it judges the outcome. */

import {
  cellKey,
  SUM_OF_PRINTED,
  TOTAL,
  type Cell,
  type CountTable,
  type Dimension,
  type DisclosureSettings,
  type RateDeclaration,
} from './table.ts';

/** One printed place: a number, or nothing where the symbol [c] stands. Why it stands there is not said. */
export interface PrintedCell {
  readonly at: readonly string[];
  readonly measure: string;
  readonly status: 'published' | 'withheld';
  readonly value: number | null;
}

export interface ProtectedTable {
  readonly dimensions: readonly Dimension[];
  readonly measures: readonly string[];
  readonly rates: readonly RateDeclaration[];
  /** Counts first, in table order; then totals; then rates. */
  readonly cells: readonly PrintedCell[];
  /** Of the counts that are not totals. */
  readonly counts: { readonly all: number; readonly withheld: number };
}

export const SYMBOL = '[c]';

/** Used where the settings leave it out; definitions signed with rates always carry their own. */
const MINIMUM_DENOMINATOR = 30;

export function protectCounts(table: CountTable, settings: DisclosureSettings): ProtectedTable {
  const known = new Map(table.cells.map((cell) => [cellKey(cell.at, cell.measure), cell]));
  const counts = table.cells.map((cell) => printCount(cell, known, settings));
  const totals = settings.totals === SUM_OF_PRINTED ? totalsOf(table, counts) : [];
  const rates = settings.rates ?? [];
  return {
    dimensions: table.dimensions,
    measures: table.measures,
    rates,
    cells: [...counts, ...totals, ...ratesOf(counts, rates, settings)],
    counts: { all: counts.length, withheld: counts.filter(({ status }) => status === 'withheld').length },
  };
}

function printCount(cell: Cell, known: ReadonlyMap<string, Cell>, settings: DisclosureSettings): PrintedCell {
  const { at, measure, count } = cell;
  if (count === 0) return { at, measure, status: 'published', value: 0 };
  const value = Math.round(count / settings.round_to) * settings.round_to;
  const unsafe = fewPersons(cell, settings) || complementUnsafe(cell, known, settings);
  // A count that would round to 0 is withheld, because a printed 0 always means none.
  return unsafe || value === 0
    ? { at, measure, status: 'withheld', value: null }
    : { at, measure, status: 'published', value };
}

/**
 * Below the threshold as an outsider sees it, or as a partner does that takes its own persons away (the
 * partner-insider rule). An event counted with no person known is treated as one person's.
 */
function fewPersons({ persons, by }: Cell, { threshold }: DisclosureSettings): boolean {
  const remainders = Object.values(by ?? {}).map((own) => persons - own);
  return persons < threshold || remainders.some((rest) => rest > 0 && rest < threshold);
}

/** Those of the whole who are not in the part are a count too; and if there are none, the part is true of everyone. */
function complementUnsafe(
  cell: Cell,
  known: ReadonlyMap<string, Cell>,
  settings: DisclosureSettings,
): boolean {
  const wholeName = settings.measures.find(({ count }) => count === cell.measure)?.part_of;
  if (wholeName === undefined) return false;
  const whole = known.get(cellKey(cell.at, wholeName));
  return whole === undefined || whole.persons - cell.persons < settings.threshold;
}

/**
 * Sums of what is printed, over every set of dimensions: they say nothing the printed cells do not. Where the sum
 * is 0 and a part is withheld, printing 0 would be false, so the total is withheld too.
 */
function totalsOf(table: CountTable, counts: readonly PrintedCell[]): readonly PrintedCell[] {
  const sums = new Map<string, { at: readonly string[]; measure: string; value: number; gaps: boolean }>();
  const sets = 2 ** table.dimensions.length;
  for (const { at, measure, value } of counts)
    for (let set = 1; set < sets; set += 1) {
      const place = at.map((code, index) => ((set >> index) & 1 ? TOTAL : code));
      const key = cellKey(place, measure);
      const sum = sums.get(key) ?? { at: place, measure, value: 0, gaps: false };
      sum.value += value ?? 0;
      sum.gaps ||= value === null;
      sums.set(key, sum);
    }
  const wideness = (at: readonly string[]): number => at.filter((code) => code === TOTAL).length;
  return [...sums.values()]
    .toSorted((left, right) => wideness(left.at) - wideness(right.at))
    .map(({ at, measure, value, gaps }) =>
      value === 0 && gaps
        ? { at, measure, status: 'withheld', value: null }
        : { at, measure, status: 'published', value },
    );
}

/** Per 100, one decimal, from released counts alone and only over a large enough denominator. */
function ratesOf(
  counts: readonly PrintedCell[],
  rates: readonly RateDeclaration[],
  settings: DisclosureSettings,
): readonly PrintedCell[] {
  const printed = new Map(counts.map((cell) => [cellKey(cell.at, cell.measure), cell.value]));
  const places = new Map(counts.map(({ at }) => [JSON.stringify(at), at]));
  const least = settings.minimum_denominator ?? MINIMUM_DENOMINATOR;
  return [...places.values()].flatMap((at) =>
    rates.map(({ name, numerator, denominator }): PrintedCell => {
      const part = printed.get(cellKey(at, numerator)) ?? null;
      const whole = printed.get(cellKey(at, denominator)) ?? null;
      return part === null || whole === null || whole < least
        ? { at, measure: name, status: 'withheld', value: null }
        : { at, measure: name, status: 'published', value: ratePer100(part, whole) };
    }),
  );
}

const ratePer100 = (part: number, whole: number): number => Math.round((1000 * part) / whole) / 10;
