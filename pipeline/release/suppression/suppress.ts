/** Secondary suppression: which safe cells must be withheld too, so that no unsafe one can be worked out. */

import { highs } from './highs.ts';
import { withMovementMover } from './movement.ts';
import { hopelessCell, needsOf, weightOf, type Mover, type Need } from './need.ts';
import { networkMover } from './network.ts';
import type { SuppressionTable } from './table-document.ts';

export type Suppressed =
  | { readonly ok: true; readonly withheld: ReadonlySet<number> }
  /** No choice of gaps protects this cell: every table that agrees with what may not be withheld shows it. */
  | { readonly ok: false; readonly cell: number };

/** Above this many needs one order of work is enough; below, the best of several costs nothing. */
const SEVERAL_ORDERS = 400;

/**
 * The cheapest-movement heuristic (after Kelly, Robertson and Fischetti–Salazar): for each unsafe cell, and each
 * attacker, the cheapest other table in which it is `upper` more, and one in which it is `lower` less; every cell
 * that moves is withheld, and costs nothing from then on. Then cells are given back, largest first, wherever each
 * need that used them finds another table among the gaps that remain.
 */
export async function suppress(table: SuppressionTable): Promise<Suppressed> {
  const hopeless = hopelessCell(table);
  if (hopeless !== undefined) return { ok: false, cell: hopeless };
  const network = networkMover(table);
  if (network !== null) return best(table, network);
  const solver = await highs();
  return withMovementMover(table, solver, (mover) => best(table, mover));
}

function best(table: SuppressionTable, mover: Mover): Suppressed {
  const needs = needsOf(table);
  const size = (need: Need): number => table.values[need.cell] ?? 0;
  const orders =
    needs.length > SEVERAL_ORDERS
      ? [needs]
      : [
          needs,
          needs.toReversed(),
          needs.toSorted((one, other) => size(other) - size(one)),
          needs.toSorted((one, other) => size(one) - size(other)),
        ];
  const found = orders.map((order) => inOrder(table, mover, order));
  return found.reduce((one, other) => (priceOf(table, other) < priceOf(table, one) ? other : one));
}

const priceOf = (table: SuppressionTable, found: Suppressed): number =>
  found.ok
    ? [...found.withheld]
        .filter((cell) => !table.primary.has(cell))
        .reduce((sum, cell) => sum + (table.minimise === 'count' ? 1 : (table.values[cell] ?? 0)), 0)
    : Infinity;

function inOrder(table: SuppressionTable, mover: Mover, needs: readonly Need[]): Suppressed {
  const withheld = new Uint8Array(table.values.length);
  for (const cell of table.primary) withheld[cell] = table.values[cell] === 0 ? 0 : 1;
  const supports: Int32Array[] = [];
  for (const need of needs) {
    const support = mover.cheapest(need, withheld);
    if (support === null) return { ok: false, cell: need.cell };
    supports.push(support);
    for (const cell of support) withheld[cell] = 1;
  }
  giveBack(table, mover, withheld, needs, supports);
  return { ok: true, withheld: new Set([...withheld.keys()].filter((cell) => withheld[cell] === 1)) };
}

function giveBack(
  table: SuppressionTable,
  mover: Mover,
  withheld: Uint8Array,
  needs: readonly Need[],
  supports: Int32Array[],
): void {
  const users: Set<number>[] = Array.from(withheld, () => new Set());
  for (const [need, support] of supports.entries()) for (const cell of support) users[cell]?.add(need);
  const secondary = [...withheld.keys()].filter((cell) => withheld[cell] === 1 && !table.primary.has(cell));
  const weight = (cell: number): number => weightOf(table, table.values[cell] ?? 0);
  for (const cell of secondary.toSorted((one, other) => weight(other) - weight(one))) {
    withheld[cell] = 0;
    const found = new Map<number, Int32Array>();
    for (const index of users[cell] ?? []) {
      const need = needs[index];
      const support = need === undefined ? null : mover.within(need, withheld);
      if (support === null) break;
      found.set(index, support);
    }
    if (found.size < (users[cell]?.size ?? 0)) {
      withheld[cell] = 1;
      continue;
    }
    for (const [index, support] of found) {
      for (const used of supports[index] ?? []) users[used]?.delete(index);
      for (const used of support) users[used]?.add(index);
      supports[index] = support;
    }
  }
}
