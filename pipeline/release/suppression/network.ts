/** Tables whose every cell stands in at most two independent equations: other tables are circulations, found by shortest paths. */

import { Heap } from './heap.ts';
import { weightOf, type Movement, type Mover, type Need } from './need.ts';
import type { SuppressionTable } from './table-document.ts';

/** Cells as arcs between equations: raising a cell sends its amount from `tail` to `head`. */
interface Arcs {
  readonly nodes: number;
  readonly tail: Int32Array;
  readonly head: Int32Array;
}

/** Null where the table is no network: two hierarchies, three dimensions, most linked groupings. */
export function networkMover(table: SuppressionTable): Mover | null {
  const arcs = arcsOf(table);
  return arcs === null ? null : new NetworkMover(table, arcs);
}

/** Each equation is a node; one more, the ground, closes the cells that stand in one equation only. */
function arcsOf({ values, equations }: SuppressionTable): Arcs | null {
  const independent = equations.filter(({ implied }) => !implied);
  const ground = independent.length;
  const first = new Int32Array(values.length).fill(ground);
  const second = new Int32Array(values.length).fill(ground);
  const signs = new Int8Array(2 * values.length);
  const place = (cell: number, node: number, sign: number): boolean => {
    // A zero is always printed and never moves.
    if (values[cell] === 0) return true;
    if (first[cell] === ground) first[cell] = node;
    else if (second[cell] === ground) second[cell] = node;
    else return false;
    signs[2 * cell + (second[cell] === ground ? 0 : 1)] = sign;
    return true;
  };
  for (const [node, { total, parts }] of independent.entries())
    if (!place(total, node, -1) || !parts.every((part) => place(part, node, 1))) return null;
  const flips = flipsOf(ground, first, second, signs);
  if (flips === null) return null;
  const tail = new Int32Array(values.length);
  const head = new Int32Array(values.length);
  for (let cell = 0; cell < values.length; cell += 1) {
    const [one = ground, other = ground] = [first[cell], second[cell]];
    const enters = (signs[2 * cell] ?? 0) * (flips[one] ?? 1) > 0;
    tail[cell] = enters ? other : one;
    head[cell] = enters ? one : other;
  }
  return { nodes: ground + 1, tail, head };
}

/** Which equations to turn round so that each cell leaves one and enters another; null where that cannot be. */
function flipsOf(ground: number, first: Int32Array, second: Int32Array, signs: Int8Array): Int8Array | null {
  const beside: { node: number; same: number }[][] = Array.from({ length: ground }, () => []);
  for (let cell = 0; cell < first.length; cell += 1) {
    const [one = ground, other = ground] = [first[cell], second[cell]];
    if (other === ground) continue;
    const same = -(signs[2 * cell] ?? 0) * (signs[2 * cell + 1] ?? 0);
    beside[one]?.push({ node: other, same });
    beside[other]?.push({ node: one, same });
  }
  const flips = new Int8Array(ground + 1);
  for (let start = 0; start < ground; start += 1) {
    if (flips[start] !== 0) continue;
    flips[start] = 1;
    const queue = [start];
    for (let at = queue.pop(); at !== undefined; at = queue.pop())
      for (const { node, same } of beside[at] ?? []) {
        const flip = (flips[at] ?? 1) * same;
        if (flips[node] === 0) {
          flips[node] = flip;
          queue.push(node);
        } else if (flips[node] !== flip) return null;
      }
  }
  return flips;
}

class NetworkMover implements Mover {
  private readonly table: SuppressionTable;
  private readonly tail: Int32Array;
  private readonly head: Int32Array;
  private readonly starts: Int32Array;
  private readonly arcs: Int32Array;
  private readonly weights: Float64Array;
  private readonly costs: Float64Array;
  private readonly reached: Int32Array;
  private readonly settled: Int32Array;
  private readonly through: Int32Array;
  private readonly moved: Float64Array;
  private readonly heap = new Heap();
  private stamp = 0;

  constructor(table: SuppressionTable, { nodes, tail, head }: Arcs) {
    this.table = table;
    this.tail = tail;
    this.head = head;
    this.starts = new Int32Array(nodes + 1);
    const live = [...table.values.keys()].filter(
      (cell) => table.values[cell] !== 0 && tail[cell] !== head[cell],
    );
    for (const cell of live)
      for (const node of [tail[cell] ?? 0, head[cell] ?? 0])
        this.starts[node + 1] = (this.starts[node + 1] ?? 0) + 1;
    for (let node = 0; node < nodes; node += 1)
      this.starts[node + 1] = (this.starts[node + 1] ?? 0) + (this.starts[node] ?? 0);
    const next = this.starts.slice();
    this.arcs = new Int32Array(2 * live.length);
    for (const cell of live)
      for (const node of [tail[cell] ?? 0, head[cell] ?? 0]) {
        this.arcs[next[node] ?? 0] = cell;
        next[node] = (next[node] ?? 0) + 1;
      }
    this.weights = table.values.map((value) => weightOf(table, value));
    this.costs = new Float64Array(nodes);
    this.reached = new Int32Array(nodes);
    this.settled = new Int32Array(nodes);
    this.through = new Int32Array(nodes);
    this.moved = new Float64Array(table.values.length);
  }

  /** Path searches are quick: several orders of work, up to tens of thousands of needs. */
  patience(needs: number): number {
    return needs > 20_000 ? 1 : 4;
  }

  cheapest(need: Need, withheld: Uint8Array): Movement | null {
    // Several narrow paths through cells already withheld cost nothing; one wide path might.
    return this.within(need, withheld) ?? this.circulation(need, withheld, false);
  }

  within(need: Need, withheld: Uint8Array): Movement | null {
    return this.circulation(need, withheld, true);
  }

  /**
   * The cell's own movement goes one way, the same amount must come back. One path wide enough for all of it is the
   * cheapest in cells; else it is put together from several, as a maximum flow, which finds a way wherever there is one.
   */
  private circulation(
    { cell, raise, amount, own }: Need,
    withheld: Uint8Array,
    only: boolean,
  ): Movement | null {
    if (this.tail[cell] === this.head[cell]) {
      return { cells: Int32Array.of(cell), amounts: Float64Array.of(raise ? amount : -amount) };
    }
    const [from = 0, to = 0] = raise
      ? [this.head[cell], this.tail[cell]]
      : [this.tail[cell], this.head[cell]];
    const touched = [cell];
    let left = amount;
    for (let width = left; left > 0;) {
      if (!this.search(from, to, cell, own, withheld, only, width)) {
        if (width === 0) break;
        width = 0;
        continue;
      }
      left -= this.push(from, to, left, own, touched);
      width = Math.min(width, left);
    }
    this.moved[cell] = raise ? amount : -amount;
    const cells = Int32Array.from(new Set(touched.filter((index) => this.moved[index] !== 0)));
    const amounts = Float64Array.from(cells, (index) => this.moved[index] ?? 0);
    for (const index of touched) this.moved[index] = 0;
    return left > 0 ? null : { cells, amounts };
  }

  private room(cell: number, own: Float64Array | null): number {
    return (this.table.values[cell] ?? 0) - (own?.[cell] ?? 0) + (this.moved[cell] ?? 0);
  }

  /** Dijkstra over the arcs with room for `width`; leaves the path in `through`. */
  private search(
    from: number,
    to: number,
    banned: number,
    own: Float64Array | null,
    withheld: Uint8Array,
    only: boolean,
    width: number,
  ): boolean {
    const { costs, reached, settled, through, heap, starts, arcs, tail, head, moved, weights } = this;
    const stamp = (this.stamp += 1);
    heap.clear();
    heap.push(from, 0);
    costs[from] = 0;
    reached[from] = stamp;
    while (heap.size > 0) {
      const node = heap.pop();
      if (settled[node] === stamp) continue;
      settled[node] = stamp;
      if (node === to) return true;
      const end = starts[node + 1] ?? 0;
      for (let at = starts[node] ?? 0; at < end; at += 1) {
        const cell = arcs[at] ?? 0;
        if (cell === banned) continue;
        const free = withheld[cell] === 1 || moved[cell] !== 0;
        if (only && !free) continue;
        const rising = tail[cell] === node;
        const next = (rising ? head[cell] : tail[cell]) ?? 0;
        if (settled[next] === stamp) continue;
        if (!rising) {
          const room = this.room(cell, own);
          if (room <= 0 || room < width) continue;
        }
        const cost = (costs[node] ?? 0) + (free ? 0 : (weights[cell] ?? 0));
        if (reached[next] === stamp && (costs[next] ?? 0) <= cost) continue;
        reached[next] = stamp;
        costs[next] = cost;
        through[next] = cell;
        heap.push(next, cost);
      }
    }
    return false;
  }

  /** Sends as much as the path found can take, at most `left`. */
  private push(from: number, to: number, left: number, own: Float64Array | null, touched: number[]): number {
    const path: number[] = [];
    let width = left;
    for (let node = to; node !== from;) {
      const cell = this.through[node] ?? 0;
      const rising = this.head[cell] === node;
      path.push(rising ? cell : ~cell);
      if (!rising) width = Math.min(width, this.room(cell, own));
      node = (rising ? this.tail[cell] : this.head[cell]) ?? 0;
    }
    for (const step of path) {
      const cell = step < 0 ? ~step : step;
      this.moved[cell] = (this.moved[cell] ?? 0) + (step < 0 ? -width : width);
      touched.push(cell);
    }
    return width;
  }
}
