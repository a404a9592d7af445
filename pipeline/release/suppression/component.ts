/** A table with gaps falls into parts that say nothing of each other; what one subtraction gives away is no gap any more. */

import type { Component } from './proof.ts';
import type { SuppressionTable } from './table-document.ts';

export interface Gaps {
  /** Gaps that follow from printed cells by repeated subtraction. */
  readonly derived: readonly number[];
  readonly components: readonly Component[];
}

export function gapsOf({ equations, values }: SuppressionTable, withheld: ReadonlySet<number>): Gaps {
  const open = new Set(withheld);
  const derived = subtract(equations, open);
  const parent = new Map([...open].map((cell) => [cell, cell]));
  const find = (cell: number): number => {
    let root = cell;
    for (let up = parent.get(root); up !== undefined && up !== root; up = parent.get(root)) root = up;
    parent.set(cell, root);
    return root;
  };
  const touching = equations.flatMap(({ total, parts, implied }) => {
    const cells = [total, ...parts];
    const gaps = cells.filter((cell) => open.has(cell));
    return gaps.length === 0 ? [] : [{ total, parts, implied, gaps }];
  });
  for (const { gaps } of touching) for (const cell of gaps) parent.set(find(cell), find(gaps[0] ?? cell));
  const members = Map.groupBy(open, find);
  const rowsOf = Map.groupBy(touching, ({ gaps }) => find(gaps[0] ?? -1));
  const components = [...members].map(([root, gaps]): Component => {
    const place = new Map(gaps.map((cell, at) => [cell, at]));
    const rows = (rowsOf.get(root) ?? []).map(({ total, parts, implied }) => {
      const places: number[] = [];
      const signs: number[] = [];
      let known = 0;
      for (const [cell, sign] of [[total, -1] as const, ...parts.map((part) => [part, 1] as const)]) {
        const at = place.get(cell);
        if (at === undefined) known -= sign * (values[cell] ?? 0);
        else {
          places.push(at);
          signs.push(sign);
        }
      }
      return { places, signs, known, implied };
    });
    return { gaps, rows };
  });
  return { derived, components };
}

/** Takes out of `open`, again and again, each cell that is the only gap of an equation. */
function subtract(equations: SuppressionTable['equations'], open: Set<number>): number[] {
  const using = new Map<number, number[]>();
  const count = equations.map(({ total, parts }, index) => {
    const gaps = [total, ...parts].filter((cell) => open.has(cell));
    for (const cell of gaps) using.set(cell, [...(using.get(cell) ?? []), index]);
    return gaps.length;
  });
  const derived: number[] = [];
  const queue = count.flatMap((gaps, index) => (gaps === 1 ? [index] : []));
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    const equation = equations[index];
    const cell = equation && [equation.total, ...equation.parts].find((one) => open.has(one));
    if (cell === undefined) continue;
    open.delete(cell);
    derived.push(cell);
    for (const other of using.get(cell) ?? []) {
      count[other] = (count[other] ?? 0) - 1;
      if (count[other] === 1) queue.push(other);
    }
  }
  return derived;
}
