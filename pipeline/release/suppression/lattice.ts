/** All cells of a table with all their totals, in every grouping; a cell that two groupings name alike is one cell. */

import { reachOf, treeOf, type Dimension, type Reach, type Tree } from './hierarchy.ts';

/** The name under which everybody who is no partner attacks. */
export const OUTSIDER = 'outsider';

export interface GivenCell {
  readonly cell: readonly string[];
  readonly value: number;
  readonly by?: Readonly<Record<string, number>> | undefined;
}
export interface Equation {
  readonly total: number;
  readonly parts: readonly number[];
  /** Follows from the others of its grouping; left out where only independent ones are wanted. */
  readonly implied: boolean;
}
interface Axis {
  readonly tree: Tree;
  readonly reach: Reach;
}

/** A table of this total or less adds up exactly, with room for the denominators of its corner points. */
const LARGEST_TOTAL = 1e12;

export const nameOf = (cell: readonly string[]): string => `(${cell.join(', ')})`;

export class Lattice {
  readonly cells: (readonly string[])[] = [];
  readonly values: number[] = [];
  readonly by = new Map<string, number[]>();
  readonly equations: Equation[] = [];
  private readonly index = new Map<string, number>();
  private readonly groupings: readonly (readonly Axis[])[];
  private readonly scale: number;

  private constructor(groupings: readonly (readonly Axis[])[], scale: number) {
    this.groupings = groupings;
    this.scale = scale;
    for (const axes of groupings) this.addGrouping(axes);
  }

  /** A sentence where a hierarchy is none, or two groupings contradict each other. */
  static of(groupings: readonly (readonly Dimension[])[], scale: number): Lattice | string {
    const [main = []] = groupings;
    const read: Axis[][] = [];
    for (const dims of groupings) {
      if (dims.length !== main.length)
        return 'A linked grouping has another number of dimensions than the table.';
      const axes: Axis[] = [];
      for (const [at, dimension] of dims.entries()) {
        const tree = treeOf(dimension);
        if (typeof tree === 'string') return tree;
        const reach = reachOf(tree, read[0]?.[at]?.reach ?? null);
        if (typeof reach === 'string') return reach;
        axes.push({ tree, reach });
      }
      read.push(axes);
    }
    return new Lattice(read, scale);
  }

  indexOf(cell: readonly string[]): number | undefined {
    return this.index.get(JSON.stringify(cell));
  }

  /** Cells under the threshold, and cells whose rest is, once a partner takes its own records off. */
  unsafe(threshold: number): number[] {
    const under = (index: number, own?: readonly number[]): boolean => {
      const rest = (this.values[index] ?? 0) - (own?.[index] ?? 0);
      return rest > 0 && rest < threshold;
    };
    return [...this.cells.keys()].filter(
      (index) => under(index) || [...this.by.values()].some((own) => under(index, own)),
    );
  }

  /** Adds each inner cell to itself and to everything above it; a sentence where a cell cannot be. */
  fill(given: readonly GivenCell[]): string | null {
    const seen = new Set<number>();
    const [main = []] = this.groupings;
    for (const { cell, value, by = {} } of given) {
      const inner = main.every(({ reach }, at) => reach.above.has(cell[at] ?? ''));
      const place = this.indexOf(cell);
      if (!inner || place === undefined) return `The cell ${nameOf(cell)} is not an inner cell of the table.`;
      if (value < 0) return `The cell ${nameOf(cell)} is negative.`;
      if (seen.has(place)) return `The cell ${nameOf(cell)} is given twice.`;
      seen.add(place);
      for (const [partner, own] of Object.entries(by)) {
        if (partner === OUTSIDER)
          return `No partner may be called ${OUTSIDER}, as in the cell ${nameOf(cell)}.`;
        if (own < 0) return `A partner’s part of the cell ${nameOf(cell)} is negative.`;
        if (own > value) return `A partner has more of the cell ${nameOf(cell)} than there is.`;
      }
      const whole = this.whole(value);
      if (whole === null) return `The cell ${nameOf(cell)} has more decimals than can be added exactly.`;
      for (const above of this.above(cell)) {
        this.values[above] = (this.values[above] ?? 0) + whole;
        if ((this.values[above] ?? 0) > LARGEST_TOTAL)
          return `With the cell ${nameOf(cell)} the table is larger than can be added exactly.`;
        for (const [partner, own] of Object.entries(by)) {
          const column = this.by.get(partner) ?? this.cells.map(() => 0);
          column[above] = (column[above] ?? 0) + Math.round(own * this.scale);
          this.by.set(partner, column);
        }
      }
    }
    return null;
  }

  private whole(value: number): number | null {
    const whole = Math.round(value * this.scale);
    return Math.abs(value * this.scale - whole) < 1e-6 * Math.max(1, whole) ? whole : null;
  }

  private above(cell: readonly string[]): ReadonlySet<number> {
    const places = this.groupings.flatMap((axes) =>
      product(axes.map(({ reach }, at) => reach.above.get(cell[at] ?? '') ?? [])),
    );
    return new Set(places.map((place) => this.ensure(place)));
  }

  /**
   * An equation along one dimension follows from the others unless its cell is inner in every dimension that ranks before:
   * each total is then the sum of exactly one. The deepest ranks first, which makes a hierarchy beside a flat list a network.
   */
  private addGrouping(axes: readonly Axis[]): void {
    const places = product(axes.map(({ tree }) => tree.codes));
    // Another grouping may repeat what the table's own hierarchies say.
    const known = new Set(this.equations.map(nameOfEquation));
    const rank = new Map(
      [...axes.keys()]
        .toSorted((one, other) => (axes[other]?.tree.depth ?? 0) - (axes[one]?.tree.depth ?? 0))
        .map((at, place) => [at, place]),
    );
    for (const cell of places) {
      const total = this.ensure(cell);
      axes.forEach(({ tree }, at) => {
        const codes = tree.parts.get(cell[at] ?? '');
        if (codes === undefined) return;
        const parts = codes.map((part) => this.ensure(cell.with(at, part)));
        if (known.size > 0 && known.has(nameOfEquation({ total, parts }))) return;
        const implied = axes.some(
          (other, place) =>
            (rank.get(place) ?? 0) < (rank.get(at) ?? 0) && other.tree.parts.has(cell[place] ?? ''),
        );
        this.equations.push({ total, parts, implied });
      });
    }
  }

  private ensure(cell: readonly string[]): number {
    const key = JSON.stringify(cell);
    const known = this.index.get(key);
    if (known !== undefined) return known;
    this.index.set(key, this.cells.length);
    this.values.push(0);
    return this.cells.push(cell) - 1;
  }
}

const nameOfEquation = ({ total, parts }: Pick<Equation, 'total' | 'parts'>): string =>
  `${total}=${parts.join('+')}`;

const product = (lists: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  lists.reduce<readonly (readonly string[])[]>(
    (so, list) => so.flatMap((place) => list.map((item) => [...place, item])),
    [[]],
  );
