/** Any table: other tables are the feasible points of one linear program, kept warm; only bounds and costs change. */

import { runTwice, type Highs } from './highs.ts';
import { weightOf, type Movement, type Mover, type Need } from './need.ts';
import type { SuppressionTable } from './table-document.ts';

/** A movement smaller than this is the solver's rounding, not a change of a count. */
const MOVED = 1e-6;

type Model = ReturnType<Highs['createModel']>;

/** Two models over the cells that can move at all: one in which every cell may at a price, one in which withheld cells alone may. */
export function withMovementMover<T>(table: SuppressionTable, solver: Highs, use: (mover: Mover) => T): T {
  const live = [...table.values.keys()].filter((cell) => table.values[cell] !== 0);
  const data = movementModel(table, live, solver.infinity);
  return solver.withModel(data, (priced) =>
    solver.withModel(data, (closed) => {
      for (const model of [priced, closed]) model.options.set({ output_flag: false });
      return use(new MovementMover(table, solver, live, priced, closed));
    }),
  );
}

/** Columns 0…n-1 are increases, n…2n-1 decreases. */
class MovementMover implements Mover {
  private readonly table: SuppressionTable;
  private readonly solver: Highs;
  private readonly live: readonly number[];
  private readonly column: ReadonlyMap<number, number>;
  private readonly priced: Mirror;
  private readonly closed: Mirror;

  constructor(table: SuppressionTable, solver: Highs, live: readonly number[], priced: Model, closed: Model) {
    this.table = table;
    this.solver = solver;
    this.live = live;
    this.column = new Map(live.map((cell, index) => [cell, index]));
    this.priced = new Mirror(priced, 2 * live.length, solver.infinity);
    this.closed = new Mirror(closed, 2 * live.length, solver.infinity);
  }

  /** Each movement is a linear program: only small tables are tried in several orders. */
  patience(needs: number): number {
    return needs * this.live.length > 10_000 ? 1 : 4;
  }

  cheapest(need: Need, withheld: Uint8Array): Movement | null {
    const { live, priced, table } = this;
    live.forEach((cell, index) => {
      const cost = withheld[cell] === 1 ? 0 : weightOf(table, table.values[cell] ?? 0);
      priced.cost(index, cost);
      priced.cost(live.length + index, cost);
    });
    return this.solve(priced, need, () => true);
  }

  within(need: Need, withheld: Uint8Array): Movement | null {
    return this.solve(this.closed, need, (cell) => withheld[cell] === 1);
  }

  private solve(mirror: Mirror, need: Need, mayMove: (cell: number) => boolean): Movement | null {
    const { live, table, solver } = this;
    const count = live.length;
    live.forEach((cell, index) => {
      const open = mayMove(cell);
      const room = (table.values[cell] ?? 0) - (need.own?.[cell] ?? 0);
      mirror.bounds(index, 0, open ? solver.infinity : 0);
      mirror.bounds(count + index, 0, open ? room : 0);
    });
    const at = this.column.get(need.cell);
    if (at === undefined) return null;
    mirror.bounds(at, need.raise ? need.amount : 0, need.raise ? need.amount : 0);
    mirror.bounds(count + at, need.raise ? 0 : need.amount, need.raise ? 0 : need.amount);
    const value = mirror.solve(solver.constants.modelStatus);
    if (value === null) return null;
    const by = (index: number): number => (value[index] ?? 0) - (value[count + index] ?? 0);
    const moving = [...live.keys()].filter((index) => Math.abs(by(index)) > MOVED);
    return {
      cells: Int32Array.from(moving, (index) => live[index] ?? 0),
      amounts: Float64Array.from(moving, by),
    };
  }
}

/** A model, and what it was last told: only what differs goes over into the solver. */
class Mirror {
  private readonly model: Model;
  private readonly lower: Float64Array;
  private readonly upper: Float64Array;
  private readonly costs: Float64Array;

  constructor(model: Model, columns: number, infinity: number) {
    this.model = model;
    this.lower = new Float64Array(columns);
    this.upper = new Float64Array(columns).fill(infinity);
    this.costs = new Float64Array(columns);
  }

  bounds(column: number, lower: number, upper: number): void {
    if (this.lower[column] === lower && this.upper[column] === upper) return;
    this.lower[column] = lower;
    this.upper[column] = upper;
    this.model.changeColBounds(column, lower, upper);
  }

  cost(column: number, cost: number): void {
    if (this.costs[column] === cost) return;
    this.costs[column] = cost;
    this.model.changeColCost(column, cost);
  }

  solve({ optimal, infeasible }: Highs['constants']['modelStatus']): ArrayLike<number> | null {
    const status = runTwice(this.model, [optimal, infeasible]);
    return status === optimal ? this.model.getSolution().colValue : null;
  }
}

/** Movements keep every equation: what a total gains its parts gain. */
function movementModel({ equations }: SuppressionTable, live: readonly number[], infinity: number) {
  const count = live.length;
  const column = new Map(live.map((cell, index) => [cell, index]));
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (const { total, parts, implied } of equations) {
    if (implied) continue;
    for (const [cell, sign] of [[total, -1] as const, ...parts.map((part) => [part, 1] as const)]) {
      const at = column.get(cell);
      if (at === undefined) continue;
      indices.push(at, count + at);
      values.push(sign, -sign);
    }
    if (indices.length > (starts.at(-1) ?? 0)) starts.push(indices.length);
  }
  const numRows = starts.length - 1;
  const zeros = new Float64Array(2 * count);
  const rows = new Float64Array(numRows);
  return {
    numCols: 2 * count,
    numRows,
    colCost: zeros,
    colLower: zeros,
    colUpper: zeros.map(() => infinity),
    rowLower: rows,
    rowUpper: rows,
    matrix: { format: 'csr' as const, numRows, numCols: 2 * count, starts, indices, values },
  };
}
