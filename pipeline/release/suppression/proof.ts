/** Whether numbers are a table that could stand behind the gaps: whole-number arithmetic alone, whoever proposes them. */

/** One part of a table with gaps that hangs together: its gaps, and every equation that any of them stands in. */
export interface Component {
  readonly gaps: readonly number[];
  readonly rows: readonly Row[];
}
interface Row {
  /** Places in `gaps`. */
  readonly places: readonly number[];
  readonly signs: readonly number[];
  /** What the gaps must add up to, from the printed cells. */
  readonly known: number;
  readonly implied: boolean;
}

/** Numerators over one denominator: exact where every sum is a safe integer. */
export interface Exact {
  readonly numerators: Float64Array;
  readonly denominator: number;
}

/** An attacker's table: every equation holds exactly and no gap is below its floor. */
export const isTable = (
  { rows }: Component,
  { numerators, denominator }: Exact,
  floors: Float64Array,
): boolean =>
  floors.every((floor, place) => (numerators[place] ?? NaN) >= floor * denominator) &&
  rows.every(({ known, ...row }) => sumOf(row, numerators) === known * denominator);

/** A direction in which a table can be changed without end: nothing falls and every equation keeps. */
export const isRay = ({ rows, gaps }: Component, { numerators }: Exact): boolean =>
  gaps.every((_, place) => (numerators[place] ?? NaN) >= 0) &&
  rows.every((row) => sumOf(row, numerators) === 0);

/** Not a number where a sum cannot be trusted. */
function sumOf({ places, signs }: Pick<Row, 'places' | 'signs'>, numerators: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < places.length; at += 1) {
    const numerator = numerators[places[at] ?? -1] ?? NaN;
    if (!Number.isSafeInteger(numerator)) return NaN;
    sum += (signs[at] ?? 0) * numerator;
    if (!Number.isSafeInteger(sum)) return NaN;
  }
  return sum;
}

/** A solver's numbers are this close to the fractions they stand for. */
const CLOSE = 1e-6;
/** Corner points of tables have small denominators; beyond this a proposal is not used. */
const LARGEST_DENOMINATOR = 10_000;

/** The fractions a solver's floating-point answer stands for; null where they have no small common denominator. */
export function exactly(values: ArrayLike<number>): Exact | null {
  let denominator = 1;
  for (let place = 0; place < values.length; place += 1) {
    const value = (values[place] ?? NaN) * denominator;
    if (Math.abs(value - Math.round(value)) <= CLOSE * Math.min(denominator, 100)) continue;
    const more = denominatorOf(value);
    if (more === null || more * denominator > LARGEST_DENOMINATOR) return null;
    denominator *= more;
  }
  return { numerators: Float64Array.from(values, (value) => Math.round(value * denominator)), denominator };
}

/** Continued fractions. */
function denominatorOf(value: number): number | null {
  let [before, denominator] = [0, 1];
  for (let rest = value - Math.floor(value), steps = 0; steps < 20; steps += 1) {
    if (Math.abs(value * denominator - Math.round(value * denominator)) <= CLOSE * denominator)
      return denominator;
    const whole = Math.floor(1 / rest);
    rest = 1 / rest - whole;
    [before, denominator] = [denominator, whole * denominator + before];
    if (denominator > LARGEST_DENOMINATOR) return null;
  }
  return null;
}
