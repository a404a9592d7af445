/** The attack on a choice of withheld cells, as a linear program whose dual values become cuts. */

import type { Budget, Cut } from './exact.ts';
import { runTwice, type Highs } from './highs.ts';
import type { Need } from './need.ts';
import type { SuppressionTable } from './table-document.ts';

type Model = ReturnType<Highs['createModel']>;

/** Any row multipliers give a valid cut; these are rounded to multiples of 1/FINE so that zero is told from not zero. */
const FINE = 720_720;
const ZERO = 1e-9;
/**
 * The attack lets cells that are not chosen move this share too, so that of the many cuts which cut equally deep the one
 * comes out that is small in the other cells as well (Magnanti and Wong's choice of a core point).
 */
const DEPTH = 0.003;
/** A cut must be missed by this share of what the cell must be able to move. */
const MISSED = 1e-4;

export class Attacker {
  private readonly table: SuppressionTable;
  private readonly solver: Highs;
  private readonly model: Model;
  /** Cells that can move: the master's columns, then the unsafe cells. */
  private readonly live: readonly number[];
  private readonly rows: readonly (readonly { readonly at: number; readonly sign: number }[])[];
  private readonly columns: number;
  private readonly place: ReadonlyMap<number, number>;

  private constructor(
    table: SuppressionTable,
    solver: Highs,
    model: Model,
    live: readonly number[],
    rows: Attacker['rows'],
    columns: number,
  ) {
    this.table = table;
    this.solver = solver;
    this.model = model;
    this.live = live;
    this.rows = rows;
    this.columns = columns;
    this.place = new Map(live.map((cell, at) => [cell, at]));
  }

  static with<T>(
    table: SuppressionTable,
    columns: readonly number[],
    solver: Highs,
    use: (attacker: Attacker) => T,
  ): T {
    const live = [...columns, ...[...table.primary].filter((cell) => table.values[cell] !== 0)];
    const place = new Map(live.map((cell, at) => [cell, at]));
    const rows = table.equations
      .filter(({ implied }) => !implied)
      .map(({ total, parts }) =>
        [[total, -1] as const, ...parts.map((part) => [part, 1] as const)].flatMap(([cell, sign]) => {
          const at = place.get(cell);
          return at === undefined ? [] : [{ at, sign }];
        }),
      )
      .filter((row) => row.length > 0);
    const zeros = live.map(() => 0);
    const starts = [0];
    for (const row of rows) starts.push((starts.at(-1) ?? 0) + row.length);
    const still = rows.map(() => 0);
    const data = {
      numCols: live.length,
      numRows: rows.length,
      colCost: zeros,
      colLower: zeros,
      colUpper: zeros,
      rowLower: still,
      rowUpper: still,
      matrix: {
        format: 'csr' as const,
        numRows: rows.length,
        numCols: live.length,
        starts,
        indices: rows.flatMap((row) => row.map(({ at }) => at)),
        values: rows.flatMap((row) => row.map(({ sign }) => sign)),
      },
    };
    return solver.withModel(data, (model) => {
      model.options.set({ output_flag: false });
      return use(new Attacker(table, solver, model, live, rows, columns.length));
    });
  }

  /**
   * Cuts that this choice, whole or in fractions, does not fulfil; none means that every need is met. Null where an
   * attack could not be carried through: then nothing is proved.
   */
  cuts(needs: readonly Need[], chosen: Float64Array, budget: Budget): readonly Cut[] | null {
    const deep = this.pass(needs, chosen, DEPTH, budget);
    return deep === null || deep.length > 0 ? deep : this.pass(needs, chosen, 0, budget);
  }

  private pass(
    needs: readonly Need[],
    chosen: Float64Array,
    depth: number,
    budget: Budget,
  ): readonly Cut[] | null {
    const whole = depth === 0 && chosen.every((value) => value === 0 || value === 1);
    const found = new Map<string, Cut>();
    let before: Need | undefined;
    for (const need of needs) {
      if (budget.secondsLeft() <= 0) return null;
      if (before === undefined || need.own !== before.own || need.amount !== before.amount)
        this.setBounds(need, chosen, whole, depth);
      before = need;
      const cut = this.attack(need, chosen, whole);
      if (cut === 'unsolved') return null;
      if (cut !== 'met') found.set(JSON.stringify(cut), cut);
    }
    return [...found.values()];
  }

  /** A cell moves as far as it is chosen: down to the attacker's own part, up without end once the choice is whole. */
  private setBounds({ own, amount }: Need, chosen: Float64Array, whole: boolean, depth: number): void {
    const { live, table, solver } = this;
    const share = (at: number): number => (at < this.columns ? Math.max(depth, chosen[at] ?? 0) : 1);
    this.model.changeColsBounds(
      { kind: 'range', from: 0, to: live.length - 1 },
      Float64Array.from(live, (cell, at) => -((table.values[cell] ?? 0) - (own?.[cell] ?? 0)) * share(at)),
      Float64Array.from(live, (_, at) =>
        share(at) === 0 ? 0 : whole || at >= this.columns ? solver.infinity : amount * share(at),
      ),
    );
  }

  private attack(need: Need, chosen: Float64Array, whole: boolean): Cut | 'met' | 'unsolved' {
    const target = this.place.get(need.cell);
    if (target === undefined) return 'unsolved';
    const { optimal, unbounded, unboundedOrInfeasible } = this.solver.constants.modelStatus;
    this.model.changeColCost(target, need.raise ? -1 : 1);
    const status = runTwice(this.model, [optimal, unbounded, unboundedOrInfeasible]);
    const reached = status === optimal ? Math.abs(this.model.getObjectiveValue()) : Infinity;
    const duals = reached < need.amount * (1 - MISSED) ? this.model.getSolution().rowDual : null;
    this.model.changeColCost(target, 0);
    // No movement at all is feasible, so "unbounded or infeasible" can only be without end.
    if (status !== optimal && status !== unbounded && status !== unboundedOrInfeasible) return 'unsolved';
    if (duals === null) return 'met';
    const cut = this.cutFrom(need, target, duals);
    if (cut !== null && metBy(cut, chosen) < cut.right - MISSED / 2) return cut;
    // Of a choice in fractions a cut may say nothing after rounding; a whole one that is broken must give one.
    return whole ? 'unsolved' : 'met';
  }

  /**
   * With multipliers g, every movement z has Σ (e·target + gM) z = 0 + e·z_target. Fix z_target at ±amount and bound every
   * other term from above: a cell that must rise can be as large as needed (coefficient capped at 1 after division by the
   * amount), one that must fall gives at most what it has. Their sum over chosen cells must reach 1.
   */
  private cutFrom({ raise, amount, own }: Need, target: number, duals: ArrayLike<number>): Cut | null {
    const { live, rows, table } = this;
    const weights = new Float64Array(live.length);
    for (const [row, entries] of rows.entries()) {
      const dual = Math.round((duals[row] ?? 0) * FINE) / FINE;
      if (dual !== 0) for (const { at, sign } of entries) weights[at] = (weights[at] ?? 0) + sign * dual;
    }
    // The multipliers cancel the target; what they leave over of it scales the cut, in the direction of the movement.
    const left = -(weights[target] ?? 0) * (raise ? 1 : -1);
    if (Math.abs(left) < ZERO) return null;
    const columns: number[] = [];
    const coefficients: number[] = [];
    let right = 1;
    for (const [at, cell] of live.entries()) {
      if (at === target) continue;
      const weight = (weights[at] ?? 0) / left;
      if (Math.abs(weight) < ZERO) continue;
      const room = (table.values[cell] ?? 0) - (own?.[cell] ?? 0);
      const share = weight > 0 ? 1 : Math.min(1, (-weight * room) / amount);
      if (at >= this.columns) right -= share;
      else if (share > 0) {
        columns.push(at);
        coefficients.push(share);
      }
    }
    return { columns, coefficients, right };
  }
}

export const metBy = ({ columns, coefficients }: Cut, chosen: Float64Array): number =>
  columns.reduce((sum, column, index) => sum + (coefficients[index] ?? 0) * (chosen[column] ?? 0), 0);
