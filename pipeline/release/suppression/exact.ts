/**
 * The fewest (or smallest) secondary cells that protect a table, proved: Fischetti and Salazar's cuts (Management
 * Science 47, 2001). A master program chooses cells; for each need a linear program attacks the choice; where it
 * succeeds its dual values say which further cells would have stopped it, and that sentence is added to the master.
 */

import { Attacker, metBy } from './exact-attacker.ts';
import type { Highs } from './highs.ts';
import { needsOf, priceOf } from './need.ts';
import type { SuppressionTable } from './table-document.ts';

export interface Improved {
  readonly withheld: ReadonlySet<number>;
  /** Nothing cheaper protects the table. */
  readonly proved: boolean;
}
/** When to stop; rounds and nodes bound the work where no clock should decide what is published. */
export interface Budget {
  readonly secondsLeft: () => number;
  readonly rounds: number;
  readonly nodes: number;
}
/** Makes any choice of withheld cells safe by withholding more, then gives back what it can. */
export type Complete = (chosen: ReadonlySet<number>) => ReadonlySet<number> | null;

/** Σ coefficients · x ≥ right. */
export interface Cut {
  readonly columns: readonly number[];
  readonly coefficients: readonly number[];
  readonly right: number;
}

/** A cell that the relaxed program chooses this far is tried as chosen. */
const LIKELY = [0.5, 0.25];
/** How often a whole choice is mended for more cuts. */
const MENDINGS = 40;
/** A cut missed by less is the solver's rounding. */
const MISSED = 1e-4;
/** Integral within this is integral; the coefficients are whole or halves, thirds… far coarser. */
const EPSILON = 1e-6;

/** Starts from a safe choice and ends with the cheapest it has proved or found. */
export function improve(
  table: SuppressionTable,
  solver: Highs,
  start: ReadonlySet<number>,
  complete: Complete,
  budget: Budget,
): Improved {
  const columns = [...table.values.keys()].filter(
    (cell) => table.values[cell] !== 0 && !table.primary.has(cell),
  );
  // Like needs side by side: the attack's bounds change only between them.
  const column = new Map(columns.map((cell, index) => [cell, index]));
  const equations = table.equations
    .filter(
      ({ total, parts }) =>
        ![total, ...parts].some((cell) => table.values[cell] !== 0 && table.primary.has(cell)),
    )
    .map(({ total, parts }) =>
      [total, ...parts].map((cell) => column.get(cell)).filter((at) => at !== undefined),
    );
  const needs = [...Map.groupBy(needsOf(table), ({ own, amount }) => own ?? amount).values()]
    .map((group) => group.toSorted((one, other) => one.amount - other.amount))
    .flat();
  if (columns.length === 0 || needs.length === 0) return { withheld: start, proved: true };
  return Attacker.with(table, columns, solver, (attacker) => {
    const costs = columns.map((cell) => (table.minimise === 'count' ? 1 : (table.values[cell] ?? 0)));
    const unit = table.minimise === 'count' ? 1 : costs.reduce((most, cost) => Math.max(most, cost), 1);
    const master = { table, solver, columns, costs, unit, attacker, needs, equations, complete, budget };
    return solver.withModel(masterModel(table, columns, costs, unit), (model) => {
      model.options.set({ output_flag: false });
      return search(master, model, start);
    });
  });
}

interface Master {
  readonly solver: Highs;
  readonly columns: readonly number[];
  readonly costs: readonly number[];
  /** Costs are divided by this for the solver. */
  readonly unit: number;
  readonly table: SuppressionTable;
  readonly attacker: Attacker;
  readonly needs: ReturnType<typeof needsOf>;
  /** Columns of each equation that holds no unsafe cell. */
  readonly equations: readonly (readonly number[])[];
  readonly complete: Complete;
  readonly budget: Budget;
}
type Model = ReturnType<Highs['createModel']>;

function search(master: Master, model: Model, start: ReadonlySet<number>): Improved {
  const { columns, table, complete, budget } = master;
  let best = start;
  let price = priceOf(table, start);
  for (let round = 0, whole = false; round < budget.rounds && budget.secondsLeft() > 0; round += 1) {
    const solved = solveMaster(master, model, whole);
    if (solved === null) return { withheld: best, proved: false };
    // Every price is a whole number, so a bound above the last one below `price` ends the search.
    const atLeast = Math.ceil(solved.bound - Math.max(1e-4, 1e-9 * solved.bound));
    if (atLeast >= price) return { withheld: best, proved: true };
    const cuts = cutsAround(master, solved.values, whole);
    for (const likely of whole ? [1] : LIKELY) {
      const completed = complete(
        new Set(columns.filter((_, column) => (solved.values[column] ?? 0) >= likely)),
      );
      if (completed === null || priceOf(table, completed) >= price) continue;
      best = completed;
      price = priceOf(table, completed);
    }
    if (cuts === null || budget.secondsLeft() <= 0) break;
    for (const { columns: at, coefficients, right } of cuts)
      model.addRow(right, master.solver.infinity, { indices: at, values: coefficients });
    // A whole choice that no attack breaks needs nothing to be completed, and is as cheap as any can be.
    if (cuts.length === 0 && (whole || atLeast >= price)) return { withheld: best, proved: atLeast >= price };
    // Relaxed rounds are cheap and give good cuts; the whole-number program runs when they dry up.
    whole = cuts.length === 0;
  }
  return { withheld: best, proved: false };
}

/**
 * Cuts for this choice; for a whole one also for what it becomes when each is mended by its best cell, again and again:
 * a whole-number program is dear, and this saves most of its rounds.
 */
function cutsAround(master: Master, values: Float64Array, whole: boolean): readonly Cut[] | null {
  const { attacker, needs, budget, costs } = master;
  const found: Cut[] = [];
  const chosen = values.slice();
  for (let step = 0; step < (whole ? MENDINGS : 1); step += 1) {
    const attacks = attacker.cuts(needs, chosen, budget);
    if (attacks === null) return step === 0 ? null : found;
    const cuts = [...bridges(master, chosen), ...attacks];
    if (cuts.length === 0) break;
    found.push(...cuts);
    for (const cut of cuts) {
      if (metBy(cut, chosen) >= cut.right - MISSED) continue;
      const worth = (index: number): number => {
        const column = cut.columns[index] ?? 0;
        return chosen[column] === 1 ? 0 : (cut.coefficients[index] ?? 0) / Math.max(1, costs[column] ?? 1);
      };
      const best = [...cut.columns.keys()].reduce(
        (one, other) => (worth(other) > worth(one) ? other : one),
        0,
      );
      chosen[cut.columns[best] ?? 0] = 1;
    }
  }
  return found;
}

/** A gap alone in its equation is no gap: whoever is withheld there has company, or is not worth withholding. */
function bridges({ equations }: Master, chosen: Float64Array): readonly Cut[] {
  return equations.flatMap((columns) => {
    const sum = columns.reduce((so, column) => so + (chosen[column] ?? 0), 0);
    return columns
      .filter((column) => 2 * (chosen[column] ?? 0) > sum + MISSED)
      .map((column) => ({
        columns,
        coefficients: columns.map((other) => (other === column ? -1 : 1)),
        right: 0,
      }));
  });
}

function solveMaster(
  { solver, columns, unit, budget }: Master,
  model: Model,
  whole: boolean,
): { readonly values: Float64Array; readonly bound: number } | null {
  const { integer, continuous } = solver.constants.variableType;
  const all = { kind: 'range' as const, from: 0, to: columns.length - 1 };
  model.changeColsIntegrality(
    all,
    columns.map(() => (whole ? integer : continuous)),
  );
  const seconds = Math.max(0.01, Math.min(budget.secondsLeft(), 1e6));
  // The clock of a model runs on over its solves; this one's share is counted from zero.
  model.zeroAllClocks();
  model.options.set({ time_limit: seconds, mip_max_nodes: budget.nodes, mip_rel_gap: 0, mip_abs_gap: 1e-7 });
  const { modelStatus } = model.run();
  if (modelStatus !== solver.constants.modelStatus.optimal) return null;
  const values = Float64Array.from(model.getSolution().colValue, (value) =>
    Math.abs(value - Math.round(value)) < EPSILON ? Math.round(value) : Math.min(1, Math.max(0, value)),
  );
  return { values, bound: model.getObjectiveValue() * unit };
}

/** The first cuts: an equation that holds an unsafe cell holds another gap. */
function masterModel(
  table: SuppressionTable,
  columns: readonly number[],
  costs: readonly number[],
  unit: number,
) {
  const column = new Map(columns.map((cell, index) => [cell, index]));
  const starts = [0];
  const indices: number[] = [];
  for (const { total, parts } of table.equations) {
    const cells = [total, ...parts];
    if (cells.filter((cell) => table.primary.has(cell) && table.values[cell] !== 0).length !== 1) continue;
    for (const cell of cells) {
      const at = column.get(cell);
      if (at !== undefined) indices.push(at);
    }
    starts.push(indices.length);
  }
  const numRows = starts.length - 1;
  return {
    numCols: columns.length,
    numRows,
    colCost: costs.map((cost) => cost / unit),
    colLower: columns.map(() => 0),
    colUpper: columns.map(() => 1),
    rowLower: Array.from({ length: numRows }, () => 1),
    rowUpper: Array.from({ length: numRows }, () => Number.POSITIVE_INFINITY),
    matrix: {
      format: 'csr' as const,
      numRows,
      numCols: columns.length,
      starts,
      indices,
      values: indices.map(() => 1),
    },
  };
}
