/** What must stay possible: for each unsafe cell and each attacker, another table in which it is more, and one in which it is less. */

import type { SuppressionTable } from './table-document.ts';

export interface Need {
  readonly cell: number;
  readonly raise: boolean;
  readonly amount: number;
  /** The attacker's own part of each cell; null for an outsider, who only knows that no cell is negative. */
  readonly own: Float64Array | null;
}

/** Another table: the cells that differ from the true one, and by how much. */
export interface Movement {
  readonly cells: Int32Array;
  readonly amounts: Float64Array;
}

/** Whether a movement found for one need meets another as well. */
export function meets({ cells, amounts }: Movement, { cell, raise, amount }: Need): boolean {
  const moved = amounts[cells.indexOf(cell)] ?? 0;
  return (raise ? moved : -moved) >= amount - 1e-9 * amount;
}

/** Finds, for a need, another table that agrees with everything published. */
export interface Mover {
  /** How many orders of work are worth trying. */
  readonly patience: (needs: number) => number;
  /** The cheapest found, where withheld cells cost nothing and any other cell that moves must be withheld from then on. */
  cheapest(need: Need, withheld: Uint8Array): Movement | null;
  /** One in which withheld cells alone move; null where there is none. */
  within(need: Need, withheld: Uint8Array): Movement | null;
}

/** How far down a cell must be able to go: a cell never falls below what the attacker supplied. */
export const fallOf = (
  { values, protection }: SuppressionTable,
  cell: number,
  own: Float64Array | null,
): number => Math.max(0, Math.min(protection.lower, (values[cell] ?? 0) - (own?.[cell] ?? 0)));

export function needsOf(table: SuppressionTable): readonly Need[] {
  const attackers = [null, ...table.by.values()];
  return [...table.primary].flatMap((cell) =>
    attackers.flatMap((own) =>
      [
        { cell, raise: true, amount: table.protection.upper, own },
        { cell, raise: false, amount: fallOf(table, cell, own), own },
      ].filter(({ amount }) => amount > 0),
    ),
  );
}

/** A zero is always printed, and so can never be taken for more than it is. */
export const hopelessCell = ({ primary, values, protection }: SuppressionTable): number | undefined =>
  protection.upper === 0 ? undefined : [...primary].find((cell) => values[cell] === 0);

/** Few cells, and of two equally many the smaller ones; or as little withheld value as possible. */
export const weightOf = ({ minimise, scale }: SuppressionTable, value: number): number =>
  minimise === 'value' ? value / scale : 1 + 0.05 * Math.log1p(value / scale);

/** What is minimised: how many secondary cells, or the sum of their values. */
export const priceOf = (
  { primary, minimise, values }: SuppressionTable,
  withheld: ReadonlySet<number>,
): number =>
  [...withheld]
    .filter((cell) => !primary.has(cell))
    .reduce((sum, cell) => sum + (minimise === 'count' ? 1 : (values[cell] ?? 0)), 0);
