/** Joins links into clusters by the evidence of whole clusters, never by a chain of single links alone. */
import type { LinkInput } from '../model.ts';

export interface Link {
  readonly a: number;
  readonly b: number;
  readonly weight: number;
}

/**
 * Visits links by falling weight (ties by record numbers, so the outcome has one order) and merges two clusters
 * only when the clipped weights over all their cross pairs sum to more than zero, no duplicate-free source would
 * stand twice, and no human said "not the same". Human "same" decisions are merged first and always.
 *
 * @param weightOf match weight of any pair, in bits; called only for cross pairs of clusters about to merge.
 */
export function guardedClusters(
  input: LinkInput,
  links: readonly Link[],
  weightOf: (a: number, b: number) => number,
  clipBits = 12,
): { readonly clusters: Uint32Array; readonly refused: number } {
  const parent = Uint32Array.from(input.ids.keys());
  const members = new Map<number, number[]>();
  const find = (row: number): number => {
    let root = row;
    while (parent[root] !== root) root = parent[root] ?? root;
    while (parent[row] !== root) {
      const next = parent[row] ?? root;
      parent[row] = root;
      row = next;
    }
    return root;
  };
  const of = (root: number): number[] => members.get(root) ?? [root];
  const merge = (left: number, right: number): void => {
    const [root, child] = left < right ? [left, right] : [right, left];
    const joined = [...of(root), ...of(child)];
    members.delete(child);
    members.set(root, joined);
    parent[child] = root;
  };

  const apart = new Set<string>();
  for (const decision of input.decisions ?? []) {
    if (decision.same) {
      const [left, right] = [find(decision.a), find(decision.b)];
      if (left !== right) merge(left, right);
    } else apart.add(pairKey(decision.a, decision.b));
  }

  const duplicateFree = new Set(input.duplicateFree ?? []);
  const allowed = (left: readonly number[], right: readonly number[]): boolean => {
    let evidence = 0;
    for (const a of left) {
      for (const b of right) {
        const source = input.sources[a] ?? -1;
        if (source === input.sources[b] && duplicateFree.has(source)) return false;
        if (apart.size > 0 && apart.has(pairKey(a, b))) return false;
        // Whole numbers of 2^-20 bits add to the same sum in any order.
        evidence += Math.round(Math.max(-clipBits, Math.min(clipBits, weightOf(a, b))) * 1048576) / 1048576;
      }
    }
    return evidence > 0;
  };

  const ordered = [...links].sort((x, y) => y.weight - x.weight || x.a - y.a || x.b - y.b);
  let refused = 0;
  for (const link of ordered) {
    const [left, right] = [find(link.a), find(link.b)];
    if (left === right) continue;
    if (allowed(of(left), of(right))) merge(left, right);
    else refused++;
  }
  return { clusters: Uint32Array.from(input.ids.keys(), (row) => find(row)), refused };
}

/** Every record reachable over links is one cluster: for comparison only, since one wrong link joins two people's all. */
export function connectedComponents(records: number, links: readonly Link[]): Uint32Array {
  const cluster = Uint32Array.from({ length: records }, (_, row) => row);
  for (let changed = true; changed;) {
    changed = false;
    for (const { a, b } of links) {
      const least = Math.min(cluster[a] ?? a, cluster[b] ?? b);
      if (cluster[a] !== least || cluster[b] !== least) changed = true;
      cluster[a] = least;
      cluster[b] = least;
    }
  }
  return cluster;
}

const pairKey = (a: number, b: number): string => (a < b ? `${a}-${b}` : `${b}-${a}`);
