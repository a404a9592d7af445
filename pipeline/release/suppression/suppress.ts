/** Secondary suppression: which safe cells must be withheld too, so that no unsafe one can be worked out. */

import { improve } from './exact.ts';
import { highs } from './highs.ts';
import { withMovementMover } from './movement.ts';
import { hopelessCell, meets, needsOf, priceOf, weightOf, type Mover, type Need } from './need.ts';
import { networkMover } from './network.ts';
import type { SuppressionTable } from './table-document.ts';

export type Suppressed =
  | { readonly ok: true; readonly withheld: ReadonlySet<number>; readonly proved: boolean }
  /** No choice of gaps protects this cell: every table that agrees with what may not be withheld shows it. */
  | { readonly ok: false; readonly cell: number };

/** A table this small is improved by the exact solver for a few rounds even where no optimum is asked for. */
const SMALL = 600;
const FEW = { rounds: 15, nodes: 20 };

const EVERY_NODE = 2 ** 31 - 1;

/** What may be spent beyond the heuristic. */
export interface Effort {
  /** The optimum is asked for, and a proof of it. */
  readonly optimum: boolean;
  readonly secondsLeft: () => number;
}

/**
 * The cheapest-movement heuristic (after Kelly, Robertson and Fischetti–Salazar): for each unsafe cell, and each
 * attacker, the cheapest other table in which it is `upper` more, and one in which it is `lower` less; every cell
 * that moves is withheld, and costs nothing from then on. Then cells are given back, largest first, wherever each
 * need that used them finds another table among the gaps that remain. The exact solver goes on from there.
 */
export async function suppress(
  table: SuppressionTable,
  { optimum, secondsLeft }: Effort,
): Promise<Suppressed> {
  const hopeless = hopelessCell(table);
  if (hopeless !== undefined) return { ok: false, cell: hopeless };
  const solver = await highs();
  const network = networkMover(table);
  const work = (mover: Mover): Suppressed => {
    const found = best(table, mover);
    if (!found.ok || (!optimum && table.values.length > SMALL)) return found;
    const budget = { secondsLeft, ...(optimum ? { rounds: Infinity, nodes: EVERY_NODE } : FEW) };
    const needs = needsOf(table);
    const complete = (chosen: ReadonlySet<number>): ReadonlySet<number> | null => {
      const completed = inOrder(table, mover, needs, chosen);
      return completed.ok ? completed.withheld : null;
    };
    return { ok: true, ...improve(table, solver, found.withheld, complete, budget) };
  };
  return network === null ? withMovementMover(table, solver, work) : work(network);
}

function best(table: SuppressionTable, mover: Mover): Suppressed {
  const needs = needsOf(table);
  const size = (need: Need): number => table.values[need.cell] ?? 0;
  const orders = [
    needs,
    needs.toSorted((one, other) => size(other) - size(one)),
    needs.toSorted((one, other) => size(one) - size(other)),
    needs.toReversed(),
  ].slice(0, mover.patience(needs.length));
  const price = (found: Suppressed): number => (found.ok ? priceOf(table, found.withheld) : Infinity);
  return orders
    .map((order) => inOrder(table, mover, order, []))
    .reduce((one, other) => (price(other) < price(one) ? other : one));
}

function inOrder(
  table: SuppressionTable,
  mover: Mover,
  needs: readonly Need[],
  chosen: Iterable<number>,
): Suppressed {
  const withheld = new Uint8Array(table.values.length);
  for (const cell of table.primary) withheld[cell] = table.values[cell] === 0 ? 0 : 1;
  for (const cell of chosen) withheld[cell] = 1;
  const places = Map.groupBy(needs.keys(), (index) => needs[index]?.cell);
  const supports: (Int32Array | undefined)[] = [];
  for (const [index, need] of needs.entries()) {
    if (supports[index] !== undefined) continue;
    const movement = mover.cheapest(need, withheld);
    if (movement === null) return { ok: false, cell: need.cell };
    supports[index] = movement.cells;
    for (const cell of movement.cells) {
      withheld[cell] = 1;
      // What was found for one cell often shows others open too.
      for (const other of places.get(cell) ?? []) {
        const also = needs[other];
        if (supports[other] === undefined && also?.own === need.own && meets(movement, also))
          supports[other] = movement.cells;
      }
    }
  }
  giveBack(table, mover, withheld, needs, supports);
  return {
    ok: true,
    withheld: new Set([...withheld.keys()].filter((cell) => withheld[cell] === 1)),
    proved: false,
  };
}

function giveBack(
  table: SuppressionTable,
  mover: Mover,
  withheld: Uint8Array,
  needs: readonly Need[],
  supports: (Int32Array | undefined)[],
): void {
  const secondary = [...withheld.keys()].filter((cell) => withheld[cell] === 1 && !table.primary.has(cell));
  const users = new Map(secondary.map((cell) => [cell, new Set<number>()]));
  for (const [need, support] of supports.entries())
    for (const cell of support ?? []) users.get(cell)?.add(need);
  const weight = (cell: number): number => weightOf(table, table.values[cell] ?? 0);
  for (const cell of secondary.toSorted((one, other) => weight(other) - weight(one))) {
    withheld[cell] = 0;
    const found = new Map<number, Int32Array>();
    const using = [...(users.get(cell) ?? [])];
    for (const index of using) {
      const need = needs[index];
      if (need === undefined || found.has(index)) continue;
      const movement = mover.within(need, withheld);
      if (movement === null) break;
      for (const other of using) {
        const also = needs[other];
        if (also?.own === need.own && (other === index || meets(movement, also)))
          found.set(other, movement.cells);
      }
    }
    if (found.size < (users.get(cell)?.size ?? 0)) {
      withheld[cell] = 1;
      continue;
    }
    for (const [index, support] of found) {
      for (const used of supports[index] ?? []) users.get(used)?.delete(index);
      for (const used of support) users.get(used)?.add(index);
      supports[index] = support;
    }
  }
}
