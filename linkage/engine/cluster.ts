/** Joins scored pairs into clusters, component by component: what touches no common record is decided apart. */
import type { Edges } from './score.ts';

export interface ClusterRules {
  readonly sources: Int32Array;
  readonly duplicateFree: ReadonlySet<number>;
  readonly decisions: readonly { readonly a: number; readonly b: number; readonly same: boolean }[];
  /** Match weight of any two records; asked only for cross pairs of clusters about to merge. */
  readonly weightOf: (a: number, b: number) => number;
  readonly clipBits: number;
}

export interface Clustered {
  /** Cluster of each record: the smallest record number in it. */
  readonly clusters: Uint32Array;
  readonly refused: number;
}

export const DEFAULT_CLIP_BITS = 12;

/** Smallest record of each record's component. */
export function components(records: number, { a, b }: Pick<Edges, 'a' | 'b'>): Uint32Array {
  const parent = new Uint32Array(records);
  for (let row = 0; row < records; row++) parent[row] = row;
  for (let edge = 0; edge < a.length; edge++) {
    const left = rootOf(parent, a[edge] as number);
    const right = rootOf(parent, b[edge] as number);
    if (left < right) parent[right] = left;
    else parent[left] = right;
  }
  // Roots are the smallest of their trees, so one pass upwards in order suffices.
  for (let row = 0; row < records; row++) parent[row] = parent[parent[row] as number] as number;
  return parent;
}

function rootOf(parent: Uint32Array, row: number): number {
  let at = row;
  while (parent[at] !== at) {
    // Halving the path on the way keeps the trees flat without a second walk.
    parent[at] = parent[parent[at] as number] as number;
    at = parent[at] as number;
  }
  return at;
}

/**
 * Visits links by falling weight (ties by record numbers) and merges two clusters only when the clipped weights over
 * all their cross pairs sum to more than zero, no duplicate-free source would stand twice, and no human said "not the
 * same". Human "same" decisions are merged first and always. Equal to the reference, which sorts all links at once:
 * links of different components never meet, so each component may be taken by itself.
 */
export function guardedClusters(records: number, edges: Edges, rules: ClusterRules): Clustered {
  const same = rules.decisions.filter((decision) => decision.same);
  const component = components(records, {
    a: joined(
      edges.a,
      same.map(({ a }) => a),
    ),
    b: joined(
      edges.b,
      same.map(({ b }) => b),
    ),
  });
  const state = new Merging(records, rules);
  for (const { a, b } of same) state.merge(a, b);
  const { order, starts } = edgesByComponent(component, edges);
  for (let at = 0; at + 1 < starts.length; at++) {
    const own = order.subarray(starts[at], starts[at + 1]);
    if (own.length > 1) {
      const { a, b, weights } = edges;
      own.sort(
        (x, y) =>
          (weights[y] as number) - (weights[x] as number) ||
          (a[x] as number) - (a[y] as number) ||
          (b[x] as number) - (b[y] as number),
      );
    }
    for (const edge of own) state.consider(edges.a[edge] as number, edges.b[edge] as number);
  }
  return { clusters: state.clusters(), refused: state.refused };
}

/** Edge numbers grouped by the component they lie in. */
function edgesByComponent(
  component: Uint32Array,
  { a }: Edges,
): { readonly order: Uint32Array; readonly starts: number[] } {
  const places = new Uint32Array(component.length + 1);
  for (const row of a) {
    const next = (component[row] as number) + 1;
    places[next] = (places[next] as number) + 1;
  }
  const starts: number[] = [0];
  for (let row = 1; row <= component.length; row++) {
    const here = places[row] as number;
    places[row] = here + (places[row - 1] as number);
    if (here > 0) starts.push(places[row] as number);
  }
  const order = new Uint32Array(a.length);
  for (let edge = 0; edge < a.length; edge++) {
    const own = component[a[edge] as number] as number;
    const place = places[own] as number;
    places[own] = place + 1;
    order[place] = edge;
  }
  return { order, starts };
}

/** Clusters in the making: each root knows its members as a ring. */
class Merging {
  refused = 0;
  readonly #root: Uint32Array;
  readonly #next: Uint32Array;
  readonly #size: Uint32Array;
  readonly #rules: ClusterRules;
  readonly #apart: ReadonlySet<string>;

  constructor(records: number, rules: ClusterRules) {
    this.#rules = rules;
    this.#root = new Uint32Array(records);
    this.#next = new Uint32Array(records);
    this.#size = new Uint32Array(records).fill(1);
    for (let row = 0; row < records; row++) this.#root[row] = this.#next[row] = row;
    this.#apart = new Set(rules.decisions.filter(({ same }) => !same).map(({ a, b }) => pairKey(a, b)));
  }

  merge(a: number, b: number): void {
    const [left, right] = [this.#root[a] as number, this.#root[b] as number];
    if (left === right) return;
    const [root, child] = left < right ? [left, right] : [right, left];
    let at = child;
    do {
      this.#root[at] = root;
      at = this.#next[at] as number;
    } while (at !== child);
    const after = this.#next[root] as number;
    this.#next[root] = this.#next[child] as number;
    this.#next[child] = after;
    this.#size[root] = (this.#size[root] as number) + (this.#size[child] as number);
  }

  consider(a: number, b: number): void {
    const [left, right] = [this.#root[a] as number, this.#root[b] as number];
    if (left === right) return;
    if (this.#allowed(left, right)) this.merge(a, b);
    else this.refused++;
  }

  clusters(): Uint32Array {
    return this.#root;
  }

  #allowed(left: number, right: number): boolean {
    const { sources, duplicateFree, weightOf, clipBits } = this.#rules;
    const one = this.#members(left);
    const two = this.#members(right);
    if (duplicateFree.size > 0 || this.#apart.size > 0) {
      for (const a of one) {
        for (const b of two) {
          if (sources[a] === sources[b] && duplicateFree.has(sources[a] as number)) return false;
          if (this.#apart.size > 0 && this.#apart.has(pairKey(a, b))) return false;
        }
      }
    }
    let evidence = 0;
    // Weights are exact in doubles only up to the order of addition: whole numbers of 2^-20 bits add in any order alike.
    for (const a of one)
      for (const b of two) evidence += quantised(Math.max(-clipBits, Math.min(clipBits, weightOf(a, b))));
    return evidence > 0;
  }

  #members(root: number): number[] {
    const rows = [root];
    for (let at = this.#next[root] as number; at !== root; at = this.#next[at] as number) rows.push(at);
    return rows;
  }
}

export const quantised = (bits: number): number => Math.round(bits * 1048576) / 1048576;

const pairKey = (a: number, b: number): string => (a < b ? `${a}-${b}` : `${b}-${a}`);

function joined(values: Int32Array, more: readonly number[]): Int32Array {
  if (more.length === 0) return values;
  const all = new Int32Array(values.length + more.length);
  all.set(values);
  all.set(more, values.length);
  return all;
}
