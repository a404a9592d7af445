/**
 * The judge of a table with gaps, apart from whoever made it: the least and the greatest value of each withheld cell
 * under all that is printed. A linear program proposes; an end of an interval counts only when a whole table that
 * attains it has been checked by plain arithmetic, so a wrong solver can make intervals narrower, never wider.
 */

import { gapsOf } from './component.ts';
import { highs, runTwice, type Highs } from './highs.ts';
import { OUTSIDER } from './lattice.ts';
import { exactly, isRay, isTable, type Component } from './proof.ts';
import type { SuppressionTable } from './table-document.ts';

export interface AuditInterval {
  readonly cell: number;
  readonly as: string;
  readonly low: number;
  /** Null where the cell could be as large as one likes. */
  readonly high: number | null;
}
export type Audit =
  | { readonly ok: true; readonly intervals: readonly AuditInterval[] }
  /** The solver answered anything but optimal: nothing is released on a guess. */
  | { readonly ok: false };

/**
 * Every withheld cell, seen by an outsider and by each partner, who knows that a cell holds at least its own part.
 * @param solver any that proposes tables; it is not believed.
 */
export async function audit(
  table: SuppressionTable,
  withheld: ReadonlySet<number>,
  solver?: AuditSolver,
): Promise<Audit> {
  return auditWith(solver ?? (await highs()), table, withheld);
}

/** What the audit asks of a solver, and all that a test has to fake. */
export type AuditSolver = Pick<Highs, 'constants' | 'infinity' | 'withModel'>;

function auditWith(solver: AuditSolver, table: SuppressionTable, withheld: ReadonlySet<number>): Audit {
  const { derived, components } = gapsOf(table, withheld);
  const attackers: readonly (readonly [string, Float64Array | null])[] = [[OUTSIDER, null], ...table.by];
  const intervals: AuditInterval[] = attackers.flatMap(([as]) =>
    derived.map((cell) => ({ cell, as, low: table.values[cell] ?? 0, high: table.values[cell] ?? 0 })),
  );
  for (const component of components) {
    const endless = endlessGaps(solver, component);
    if (endless === null) return { ok: false };
    for (const [as, own] of attackers) {
      const proved = new Ends(component, table.values, own);
      if (!narrow(solver, component, proved, endless)) return { ok: false };
      for (const [place, cell] of component.gaps.entries())
        intervals.push({
          cell,
          as,
          low: proved.low[place] ?? 0,
          high: endless.has(place) ? null : (proved.high[place] ?? 0),
        });
    }
  }
  return { ok: true, intervals: intervals.map((interval) => ({ ...interval, ...inUnits(table, interval) })) };
}

const inUnits = ({ scale }: SuppressionTable, { low, high }: AuditInterval) => ({
  low: low / scale,
  high: high === null ? null : high / scale,
});

/** Protected when the interval reaches `lower` below the value (or as far down as the attacker's own part) and `upper` above. */
export function isProtected(table: SuppressionTable, { cell, as, low, high }: AuditInterval): boolean {
  const { values, scale, by, protection } = table;
  const value = values[cell] ?? 0;
  const least = Math.max(by.get(as)?.[cell] ?? 0, value - protection.lower);
  const reaches = high === null || atLeast(high * scale, value + protection.upper);
  return atLeast(least, low * scale) && reaches;
}

/** Both sides are fractions of small denominator; floating point is far finer than the distance of any two. */
const atLeast = (one: number, other: number): boolean => one >= other - 1e-9 * Math.max(1, Math.abs(other));

/** The widest ends so far that a checked table attains. */
class Ends {
  readonly floors: Float64Array;
  readonly ceilings: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  private readonly component: Component;

  constructor(component: Component, values: Float64Array, own: Float64Array | null) {
    const { gaps, rows } = component;
    this.component = component;
    this.floors = Float64Array.from(gaps, (cell) => own?.[cell] ?? 0);
    // The true table is one of those an attacker must reckon with.
    this.low = Float64Array.from(gaps, (cell) => values[cell] ?? 0);
    this.high = this.low.slice();
    this.ceilings = new Float64Array(gaps.length).fill(Infinity);
    for (const { places, signs, known } of rows) {
      if (signs.some((sign) => sign < 0)) continue;
      const spare = places.reduce((rest, place) => rest - (this.floors[place] ?? 0), known);
      for (const place of places)
        this.ceilings[place] = Math.min(this.ceilings[place] ?? Infinity, spare + (this.floors[place] ?? 0));
    }
  }

  /** Takes a proposed table for every gap at once, if it is one. */
  take(proposed: ArrayLike<number>): void {
    const table = exactly(proposed);
    if (table === null || !isTable(this.component, table, this.floors)) return;
    for (const [place, numerator] of table.numerators.entries()) {
      const value = numerator / table.denominator;
      if (value < (this.low[place] ?? 0)) this.low[place] = value;
      if (value > (this.high[place] ?? 0)) this.high[place] = value;
    }
  }
}

/** Drives both ends of every gap outwards; false where the solver gave no good answer. */
function narrow(
  solver: AuditSolver,
  component: Component,
  proved: Ends,
  endless: ReadonlySet<number>,
): boolean {
  const { gaps } = component;
  return solver.withModel(gapModel(component, proved.floors, solver.infinity, true), (model) => {
    model.options.set({ output_flag: false });
    const { optimal } = solver.constants.modelStatus;
    const propose = (): boolean => {
      if (runTwice(model, [optimal]) !== optimal) return false;
      proved.take(model.getSolution().colValue);
      return true;
    };
    for (const sign of [1, -1] as const) {
      const open = [...gaps.keys()].filter((place) => sign === 1 || !endless.has(place));
      const done = (place: number): boolean =>
        sign === 1
          ? proved.low[place] === proved.floors[place]
          : (proved.high[place] ?? 0) >= (proved.ceilings[place] ?? Infinity);
      for (const together of [open, ...open.map((place) => [place])]) {
        const wanted = together.filter((place) => !done(place));
        if (wanted.length === 0) continue;
        for (const place of wanted) model.changeColCost(place, sign);
        const good = propose();
        for (const place of wanted) model.changeColCost(place, 0);
        if (!good) return false;
      }
    }
    return true;
  });
}

/** Gaps that some checked direction raises without end: more of them until no direction is left. */
function endlessGaps(solver: AuditSolver, component: Component): ReadonlySet<number> | null {
  const { gaps } = component;
  const none = new Float64Array(gaps.length);
  return solver.withModel(gapModel(component, none, 1, false), (model) => {
    model.options.set({ output_flag: false });
    const { optimal } = solver.constants.modelStatus;
    const endless = new Set<number>();
    for (const place of gaps.keys()) model.changeColCost(place, -1);
    for (;;) {
      if (runTwice(model, [optimal]) !== optimal) return null;
      const ray = exactly(model.getSolution().colValue);
      const raised = [...gaps.keys()].filter(
        (place) => !endless.has(place) && (ray?.numerators[place] ?? 0) > 0,
      );
      if (ray === null || raised.length === 0 || !isRay(component, ray)) return endless;
      for (const place of raised) {
        endless.add(place);
        model.changeColCost(place, 0);
        model.changeColBounds(place, 0, solver.infinity);
      }
    }
  });
}

/** One column a gap, one row an independent equation; `printed` puts what is known on the right, else nothing. */
function gapModel({ gaps, rows }: Component, floors: Float64Array, upper: number, printed: boolean) {
  const independent = rows.filter(({ implied }) => !implied);
  const starts = [0];
  for (const { places } of independent) starts.push((starts.at(-1) ?? 0) + places.length);
  const right = independent.map(({ known }) => (printed ? known : 0));
  return {
    numCols: gaps.length,
    numRows: independent.length,
    colCost: new Float64Array(gaps.length),
    colLower: floors,
    colUpper: new Float64Array(gaps.length).fill(upper),
    rowLower: right,
    rowUpper: right,
    matrix: {
      format: 'csr' as const,
      numRows: independent.length,
      numCols: gaps.length,
      starts,
      indices: independent.flatMap(({ places }) => places),
      values: independent.flatMap(({ signs }) => signs),
    },
  };
}
