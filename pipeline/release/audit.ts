/** Judges a table as it will be printed, by another path than the one that made it: may any withheld count be worked out? */

import { solve, type Coefficients, type Constraint, type Model, type Solution } from 'yalps';

import { recordsOf } from './result.ts';

/** One line of table.csv, read back: its place, what it measures, and a number or nothing. */
export interface ReadCell {
  readonly at: readonly string[];
  readonly measure: string;
  readonly value: number | null;
}
/** What is really behind a place that is not a total or a rate. Only the auditor's caller knows it. */
export interface TrueCell {
  readonly at: readonly string[];
  readonly measure: string;
  readonly count: number;
  readonly persons: number;
}
export interface AuditSettings {
  readonly threshold: number;
  readonly round_to: number;
  readonly measures: readonly { readonly count: string; readonly part_of?: string | undefined }[];
  readonly rates?:
    | readonly { readonly name: string; readonly numerator: string; readonly denominator: string }[]
    | undefined;
  /** What the definition says a total is; `sum of printed rounded cells` is then held to be exactly that. */
  readonly totals: string;
}

interface AuditInterval {
  readonly at: readonly string[];
  readonly measure: string;
  readonly low: number;
  /** Null where nothing printed bounds it. */
  readonly high: number | null;
}
type AuditFault =
  'cell-missing' | 'cell-unknown' | 'number-unsafe' | 'number-false' | 'derivable' | 'not-solved';
export type Audit =
  | { readonly ok: true; readonly intervals: readonly AuditInterval[] }
  | {
      readonly ok: false;
      readonly faults: readonly { readonly code: AuditFault; readonly sentence: string }[];
    };

const TOTAL = 'Total';
const ADDS_PRINTED = 'sum of printed rounded cells';
/** Slack for sums of decimals; far below one person. */
const EPSILON = 1e-6;

/** Reads table.csv as a recipient would: the columns before `measure` are the place, labels left out. */
export function readPrintedTable(csv: string, placeColumns: readonly string[]): readonly ReadCell[] {
  const [header = [], ...records] = recordsOf(csv);
  const index = new Map(header.map((name, position) => [name, position]));
  const valueOf = (record: readonly string[], name: string): string => record[index.get(name) ?? -1] ?? '';
  return records.map((record) => {
    const value = valueOf(record, 'value');
    return {
      at: placeColumns.map((column) => valueOf(record, column)),
      measure: valueOf(record, 'measure'),
      value: value === '[c]' ? null : Number(value),
    };
  });
}

/** A linear solver; the proofs are checked whatever it answers. */
type Solver = (model: Model) => Solution;

/**
 * Proves, for each withheld count, the least and greatest value that agree with everything printed and with
 * counts being 0 or more. It is safe when the two are at least `threshold` apart and it may be `threshold` or more.
 */
export function auditTable(
  printed: readonly ReadCell[],
  truth: readonly TrueCell[],
  settings: AuditSettings,
  solver: Solver = solve,
): Audit {
  const faults = [
    ...completeness(printed, truth, settings),
    ...honesty(printed, truth, settings),
    ...totalsAdd(printed, settings),
  ];
  if (faults.length > 0) return { ok: false, faults };
  const system = relationsOf(printed, settings);
  const intervals: AuditInterval[] = [];
  for (const cell of printed.filter(
    ({ value, at, measure }) => value === null && isCount(at, measure, settings),
  )) {
    const interval = intervalOf(cell, system, solver);
    if (interval === null)
      faults.push({ code: 'not-solved', sentence: 'The bounds of a withheld count could not be proved.' });
    else if (
      interval.high !== null &&
      (interval.high - interval.low < settings.threshold || interval.high < settings.threshold)
    )
      faults.push({
        code: 'derivable',
        sentence: 'A withheld count can be worked out from what is printed.',
      });
    else intervals.push(interval);
  }
  return faults.length === 0 ? { ok: true, intervals } : { ok: false, faults };
}

const key = (at: readonly string[], measure: string): string => JSON.stringify([at, measure]);

const isCount = (at: readonly string[], measure: string, settings: AuditSettings): boolean =>
  !at.includes(TOTAL) && settings.measures.some(({ count }) => count === measure);

type Fault = { readonly code: AuditFault; readonly sentence: string };

/** Every true place is printed exactly once, and no count is printed that is not there. */
function completeness(
  printed: readonly ReadCell[],
  truth: readonly TrueCell[],
  settings: AuditSettings,
): Fault[] {
  const places = printed.map(({ at, measure }) => key(at, measure));
  const once = new Set(places);
  const real = new Set(truth.map(({ at, measure }) => key(at, measure)));
  const faults: Fault[] = [];
  if (once.size < places.length) faults.push({ code: 'cell-unknown', sentence: 'A cell is printed twice.' });
  if ([...real].some((place) => !once.has(place)))
    faults.push({ code: 'cell-missing', sentence: 'A cell is missing from the printed table.' });
  if (printed.some(({ at, measure }) => isCount(at, measure, settings) && !real.has(key(at, measure))))
    faults.push({ code: 'cell-unknown', sentence: 'A cell is printed that the result does not have.' });
  if (printed.some(({ value }) => value !== null && !(Number.isFinite(value) && value >= 0)))
    faults.push({ code: 'number-false', sentence: 'A printed value is neither a number nor the symbol.' });
  return faults;
}

/** Printed counts are safe, rounded, and 0 only where there are none. */
function honesty(printed: readonly ReadCell[], truth: readonly TrueCell[], settings: AuditSettings): Fault[] {
  const real = new Map(truth.map((cell) => [key(cell.at, cell.measure), cell]));
  const faults: Fault[] = [];
  for (const { at, measure, value } of printed) {
    const cell = real.get(key(at, measure));
    if (cell === undefined || value === null) continue;
    if (cell.count > 0 && cell.persons < settings.threshold)
      faults.push({
        code: 'number-unsafe',
        sentence: 'A number is printed that too few persons stand behind.',
      });
    const near = Math.abs(value - cell.count) <= settings.round_to / 2 && value % settings.round_to === 0;
    if (!near || (value === 0) !== (cell.count === 0))
      faults.push({
        code: 'number-false',
        sentence: 'A printed number is not the rounded count, or a false zero.',
      });
  }
  return faults;
}

/** Where totals are declared to add printed cells, each does, and none stands as 0 over something withheld. */
function totalsAdd(printed: readonly ReadCell[], settings: AuditSettings): Fault[] {
  if (settings.totals !== ADDS_PRINTED) return [];
  const wrong = printed.some((total) => {
    if (!total.at.includes(TOTAL) || total.value === null) return false;
    const parts = partsOf(total, printed, settings);
    const falseZero = total.value === 0 && parts.some(({ value }) => value === null);
    return falseZero || total.value !== sumOf(parts);
  });
  return wrong ? [{ code: 'number-false', sentence: 'A total is not the sum of the printed figures.' }] : [];
}

const partsOf = (
  total: ReadCell,
  printed: readonly ReadCell[],
  settings: AuditSettings,
): readonly ReadCell[] =>
  printed.filter(
    ({ at, measure }) =>
      measure === total.measure &&
      isCount(at, measure, settings) &&
      at.every((code, index) => total.at[index] === TOTAL || total.at[index] === code),
  );

const sumOf = (cells: readonly ReadCell[]): number => cells.reduce((sum, { value }) => sum + (value ?? 0), 0);

interface Relation {
  readonly coefficients: ReadonlyMap<string, number>;
  readonly low: number;
  readonly high: number;
}
interface System {
  readonly relations: readonly Relation[];
  /** Relations by the variable they mention. */
  readonly about: ReadonlyMap<string, readonly Relation[]>;
}

/** Everything printed, as the bounds it puts on the true counts. */
function relationsOf(printed: readonly ReadCell[], settings: AuditSettings): System {
  const value = new Map(printed.map((cell) => [key(cell.at, cell.measure), cell.value]));
  const counts = printed.filter(({ at, measure }) => isCount(at, measure, settings));
  const relations: Relation[] = [
    ...counts.flatMap((cell) =>
      cell.value === null ? [] : [bounded([[key(cell.at, cell.measure), 1]], cell.value, settings)],
    ),
    ...totalRelations(printed, settings),
    ...partRelations(counts, settings),
    ...rateRelations(counts, value, settings),
  ];
  const about = new Map<string, Relation[]>();
  for (const relation of relations)
    for (const variable of relation.coefficients.keys())
      about.set(variable, [...(about.get(variable) ?? []), relation]);
  return { relations, about };
}

/** A printed number stands for any count that rounds to it; a printed 0 stands for 0 alone. */
function bounded(
  terms: readonly (readonly [string, number])[],
  value: number,
  { round_to }: AuditSettings,
): Relation {
  const half = value === 0 ? 0 : round_to / 2;
  return { coefficients: new Map(terms), low: value - half, high: value + half };
}

/**
 * A total that equals the sum of its printed parts says nothing new, whoever computed it. One that does not is
 * taken for what it must then be: the rounded true total, which bounds the withheld parts.
 */
function totalRelations(printed: readonly ReadCell[], settings: AuditSettings): Relation[] {
  return printed
    .filter(({ at }) => at.includes(TOTAL))
    .flatMap((total) => {
      const parts = partsOf(total, printed, settings);
      if (total.value === null || sumOf(parts) === total.value) return [];
      return [
        bounded(
          parts.map((part) => [key(part.at, part.measure), 1] as const),
          total.value,
          settings,
        ),
      ];
    });
}

/** A part is never more than its whole. */
function partRelations(counts: readonly ReadCell[], settings: AuditSettings): Relation[] {
  return counts.flatMap(({ at, measure }) => {
    const whole = settings.measures.find(({ count }) => count === measure)?.part_of;
    if (whole === undefined) return [];
    const coefficients = new Map([
      [key(at, whole), 1],
      [key(at, measure), -1],
    ]);
    return [{ coefficients, low: 0, high: Infinity }];
  });
}

/** A rate that follows from the two printed counts says nothing new; any other is taken for the true one. */
function rateRelations(
  counts: readonly ReadCell[],
  value: ReadonlyMap<string, number | null>,
  settings: AuditSettings,
): Relation[] {
  const places = new Map(counts.map(({ at }) => [JSON.stringify(at), at]));
  return [...places.values()].flatMap((at) =>
    (settings.rates ?? []).flatMap(({ name, numerator, denominator }) => {
      const rate = value.get(key(at, name)) ?? null;
      if (rate === null) return [];
      const part = value.get(key(at, numerator)) ?? null;
      const whole = value.get(key(at, denominator)) ?? null;
      if (part !== null && whole !== null && Math.abs(rate - (100 * part) / whole) <= 0.05 + EPSILON)
        return [];
      const [numeratorKey, denominatorKey] = [key(at, numerator), key(at, denominator)];
      return [
        {
          coefficients: new Map([
            [numeratorKey, 100],
            [denominatorKey, -(rate - 0.05)],
          ]),
          low: 0,
          high: Infinity,
        },
        {
          coefficients: new Map([
            [numeratorKey, 100],
            [denominatorKey, -(rate + 0.05)],
          ]),
          low: -Infinity,
          high: 0,
        },
      ];
    }),
  );
}

/** Null where no pair of proofs was found: the caller fails closed. */
function intervalOf({ at, measure }: ReadCell, system: System, solver: Solver): AuditInterval | null {
  const variable = key(at, measure);
  const relations = connected(variable, system);
  if (relations.length === 0) return { at, measure, low: 0, high: null };
  const low = extreme(variable, relations, 'minimize', solver);
  const high = extreme(variable, relations, 'maximize', solver);
  if (low === null || high === null || low === Infinity) return null;
  return { at, measure, low, high: high === Infinity ? null : high };
}

/** Only relations that hang together with the cell can bound it. */
function connected(variable: string, { about }: System): readonly Relation[] {
  const found = new Set<Relation>();
  const seen = new Set([variable]);
  const queue = [variable];
  for (let next = queue.pop(); next !== undefined; next = queue.pop())
    for (const relation of about.get(next) ?? []) {
      if (found.has(relation)) continue;
      found.add(relation);
      for (const other of relation.coefficients.keys())
        if (!seen.has(other)) {
          seen.add(other);
          queue.push(other);
        }
    }
  return [...found];
}

/**
 * The extreme value, with the table that reaches it checked by plain arithmetic whatever solver found it. Infinity
 * where the solver says unbounded; null for every other status, and for a table that does not fit.
 */
function extreme(
  variable: string,
  relations: readonly Relation[],
  direction: 'minimize' | 'maximize',
  solver: Solver,
): number | null {
  const constraints = new Map<string, Constraint>();
  const variables = new Map<string, Map<string, number>>([[variable, new Map([['objective', 1]])]]);
  for (const [index, { coefficients, low, high }] of relations.entries()) {
    const name = `r${index}`;
    constraints.set(name, {
      ...(low === -Infinity ? {} : { min: low }),
      ...(high === Infinity ? {} : { max: high }),
    });
    for (const [other, coefficient] of coefficients) {
      const column = variables.get(other) ?? new Map<string, number>();
      column.set(name, coefficient);
      variables.set(other, column);
    }
  }
  const columns = new Map<string, Coefficients>(variables);
  const solution = solver({ direction, objective: 'objective', constraints, variables: columns });
  if (solution.status === 'unbounded' && direction === 'maximize') return Infinity;
  if (solution.status !== 'optimal') return null;
  const table = new Map(solution.variables);
  const fits = relations.every(({ coefficients, low, high }) => {
    let sum = 0;
    for (const [other, coefficient] of coefficients) sum += coefficient * (table.get(other) ?? 0);
    return sum >= low - EPSILON && sum <= high + EPSILON;
  });
  return fits && [...table.values()].every((count) => count >= -EPSILON) ? (table.get(variable) ?? 0) : null;
}
