/** What an attacker can work out of a table with gaps: least and greatest value of each withheld cell, by linear programs. */

import { highs } from './highs.ts';
import type { SuppressionTable } from './table-document.ts';

export interface AttackInterval {
  readonly cell: number;
  readonly as: string;
  readonly low: number;
  readonly high: number | null;
}
const OUTSIDER = 'outsider';

/** Far below one person; solver answers are compared with this slack. */
const EPSILON = 1e-6;

/**
 * Every withheld cell, seen by an outsider and by each partner, who knows that a cell holds at least its own part.
 * Throws where the solver answers anything but optimal or unbounded: nothing is released on a guess.
 */
export async function attack(
  table: SuppressionTable,
  withheld: ReadonlySet<number>,
): Promise<readonly AttackInterval[]> {
  const solver = await highs();
  const gaps = [...withheld];
  const column = new Map(gaps.map((cell, index) => [cell, index]));
  const rows = table.equations.filter(({ total, parts }) =>
    [total, ...parts].some((cell) => withheld.has(cell)),
  );
  const { optimal, unbounded, unboundedOrInfeasible } = solver.constants.modelStatus;
  const attackers: readonly (readonly [string, Float64Array | null])[] = [[OUTSIDER, null], ...table.by];
  return attackers.flatMap(([as, own]) =>
    solver.withModel(gapModel(table, gaps, column, rows, own, solver.infinity), (model) => {
      model.options.set({ output_flag: false });
      return gaps.map((cell, index): AttackInterval => {
        const extreme = (sign: 1 | -1): number | null => {
          model.changeColCost(index, sign);
          const { modelStatus } = model.run();
          const value = modelStatus === optimal ? model.getSolution().colValue[index] : undefined;
          model.changeColCost(index, 0);
          if (value !== undefined) return value;
          // The minimum was found before, so the system is feasible and this can only mean unbounded.
          if (sign === -1 && (modelStatus === unbounded || modelStatus === unboundedOrInfeasible))
            return null;
          throw new Error('the bounds of a withheld cell could not be proved');
        };
        const low = extreme(1);
        if (low === null) throw new Error('the bounds of a withheld cell could not be proved');
        return { cell, as, low, high: extreme(-1) };
      });
    }),
  );
}

/** One column a gap; an equation's published values stand on its right-hand side. */
function gapModel(
  { values }: SuppressionTable,
  gaps: readonly number[],
  column: ReadonlyMap<number, number>,
  rows: SuppressionTable['equations'],
  own: Float64Array | null,
  infinity: number,
) {
  const starts = [0];
  const indices: number[] = [];
  const coefficients: number[] = [];
  const right: number[] = [];
  for (const { total, parts } of rows) {
    let known = 0;
    for (const [cell, sign] of [[total, -1] as const, ...parts.map((part) => [part, 1] as const)]) {
      const at = column.get(cell);
      if (at === undefined) known -= sign * (values[cell] ?? 0);
      else {
        indices.push(at);
        coefficients.push(sign);
      }
    }
    starts.push(indices.length);
    right.push(known);
  }
  const matrix = {
    format: 'csr' as const,
    numRows: rows.length,
    numCols: gaps.length,
    starts,
    indices,
    values: coefficients,
  };
  return {
    numCols: gaps.length,
    numRows: rows.length,
    colCost: gaps.map(() => 0),
    colLower: gaps.map((cell) => own?.[cell] ?? 0),
    colUpper: gaps.map(() => infinity),
    rowLower: right,
    rowUpper: right,
    matrix,
  };
}

/** Protected when the interval reaches `lower` below the value (or as far down as the attacker's knowledge allows) and `upper` above. */
export function isProtected(table: SuppressionTable, { cell, as, low, high }: AttackInterval): boolean {
  const { lower, upper } = table.protection;
  const value = table.values[cell] ?? 0;
  const floor = table.by.get(as)?.[cell] ?? 0;
  return (
    low <= Math.max(floor, value - lower) + EPSILON && (high === null || high >= value + upper - EPSILON)
  );
}
