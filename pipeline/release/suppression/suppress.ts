/** Secondary suppression: which safe cells must be withheld too, so that no unsafe one can be worked out. */

import { highs, type Highs } from './highs.ts';
import type { SuppressionTable } from './table-document.ts';

export type Suppressed =
  | { readonly ok: true; readonly withheld: ReadonlySet<number> }
  /** No choice of gaps protects this cell: every table that agrees with what may not be withheld shows it. */
  | { readonly ok: false; readonly cell: number };

/** A movement smaller than this is the solver's rounding, not a change of a count. */
const MOVED = 1e-7;

/** How one unsafe cell is kept uncertain: a feasible other table, by the cells in which it differs. */
interface Need {
  readonly cell: number;
  readonly by: number;
  readonly own: Float64Array | null;
  /** Cells that move in the table found for this need. */
  support: ReadonlySet<number>;
}

/**
 * The cheapest-movement heuristic (after Kelly, Robertson and Fischetti–Salazar): for each unsafe cell, and each
 * attacker, the cheapest other table in which it is `upper` more, and one in which it is `lower` less; every cell
 * that moves is withheld, and costs nothing from then on. Then cells are given back, largest first, wherever each
 * need that used them finds another table among the gaps that remain.
 */
export async function suppress(table: SuppressionTable): Promise<Suppressed> {
  const solver = await highs();
  return solver.withModel(movementModel(table, solver.infinity), (model): Suppressed => {
    model.options.set({ output_flag: false });
    const mover = new Mover(table, model, solver);
    const withheld = new Set(table.primary);
    const needs = needsOf(table);
    for (const need of needs) {
      const support = mover.cheapest(need, withheld, null);
      if (support === null) return { ok: false, cell: need.cell };
      need.support = support;
      for (const cell of support) withheld.add(cell);
    }
    giveBack(table, mover, withheld, needs);
    return { ok: true, withheld };
  });
}

function giveBack(
  table: SuppressionTable,
  mover: Mover,
  withheld: Set<number>,
  needs: readonly Need[],
): void {
  const secondary = [...withheld].filter((cell) => !table.primary.has(cell));
  for (const cell of secondary.toSorted((a, b) => (table.values[b] ?? 0) - (table.values[a] ?? 0))) {
    const remaining = new Set(withheld);
    remaining.delete(cell);
    const found = needs
      .filter(({ support }) => support.has(cell))
      .map((need) => [need, mover.cheapest(need, remaining, remaining)] as const);
    if (found.some(([, support]) => support === null)) continue;
    for (const [need, support] of found) need.support = support ?? need.support;
    withheld.delete(cell);
  }
}

function needsOf({ primary, values, by, protection }: SuppressionTable): Need[] {
  const attackers = [null, ...by.values()];
  return [...primary].flatMap((cell) =>
    attackers.flatMap((own) => {
      const floor = own?.[cell] ?? 0;
      const lower = Math.min(protection.lower, (values[cell] ?? 0) - floor);
      return [protection.upper, -lower]
        .filter((by) => by !== 0)
        .map((by) => ({ cell, by, own, support: new Set<number>() }));
    }),
  );
}

type Model = ReturnType<Highs['createModel']>;

/** One warm model for all needs: columns 0…n-1 are increases, n…2n-1 decreases; only bounds and costs change. */
class Mover {
  private readonly table: SuppressionTable;
  private readonly model: Pick<Model, 'changeColsBounds' | 'changeColsCost' | 'run' | 'getSolution'>;
  private readonly solver: Highs;

  constructor(table: SuppressionTable, model: Mover['model'], solver: Highs) {
    this.table = table;
    this.model = model;
    this.solver = solver;
  }

  /** Cells that move in the cheapest table for this need; null where there is none. `only` limits what may move. */
  cheapest(
    { cell, by, own }: Need,
    free: ReadonlySet<number>,
    only: ReadonlySet<number> | null,
  ): ReadonlySet<number> | null {
    const { values, cells } = this.table;
    const count = cells.length;
    const lower = new Float64Array(2 * count);
    const upper = new Float64Array(2 * count);
    const cost = new Float64Array(2 * count);
    for (let index = 0; index < count; index += 1) {
      const value = values[index] ?? 0;
      // Zeros are published, so nobody can take them for anything else.
      const movable = value > 0 && (only === null || only.has(index));
      upper[index] = movable ? this.solver.infinity : 0;
      upper[count + index] = movable ? value - (own?.[index] ?? 0) : 0;
      const weight = free.has(index) ? 0 : this.weight(value);
      cost[index] = weight;
      cost[count + index] = weight;
    }
    const [moving, still] = by > 0 ? [cell, count + cell] : [count + cell, cell];
    lower[moving] = upper[moving] = Math.abs(by);
    upper[still] = 0;
    const all = { kind: 'range' as const, from: 0, to: 2 * count - 1 };
    this.model.changeColsBounds(all, lower, upper);
    this.model.changeColsCost(all, cost);
    if (this.model.run().modelStatus !== this.solver.constants.modelStatus.optimal) return null;
    const { colValue } = this.model.getSolution();
    const support = new Set<number>();
    for (let index = 0; index < count; index += 1)
      if (Math.abs((colValue[index] ?? 0) - (colValue[count + index] ?? 0)) > MOVED) support.add(index);
    return support;
  }

  /** Few cells, and of two equally many the smaller ones; or as little withheld value as possible. */
  private weight(value: number): number {
    return this.table.minimise === 'value' ? value : 1 + 0.05 * Math.log1p(value);
  }
}

/** Movements keep every equation: what a total gains its parts gain. */
function movementModel({ cells, equations }: SuppressionTable, infinity: number) {
  const count = cells.length;
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (const { total, parts } of equations) {
    for (const [cell, sign] of [[total, -1] as const, ...parts.map((part) => [part, 1] as const)]) {
      indices.push(cell, count + cell);
      values.push(sign, -sign);
    }
    starts.push(indices.length);
  }
  const zeros = new Float64Array(2 * count);
  const rows = new Float64Array(equations.length);
  return {
    numCols: 2 * count,
    numRows: equations.length,
    colCost: zeros,
    colLower: zeros,
    colUpper: zeros.map(() => infinity),
    rowLower: rows,
    rowUpper: rows,
    matrix: {
      format: 'csr' as const,
      numRows: equations.length,
      numCols: 2 * count,
      starts,
      indices,
      values,
    },
  };
}
