/** The plain engine: what the fast one must agree with, edge by edge, written to be read rather than to be quick. */
import { modelFaults, type LinkageModel, type LinkInput, type LinkResult } from '../model.ts';
import { buildBlocks, forEachCandidate } from './block.ts';
import { connectedComponents, guardedClusters, type Link } from './cluster.ts';
import { comparers, type Comparer } from './compare.ts';

/**
 * Links records and joins them into clusters.
 *
 * @throws Error naming every fault when the model cannot be used.
 */
export function link(input: LinkInput, model: LinkageModel): LinkResult {
  const faults = modelFaults(model);
  if (faults.length > 0) throw new Error(`unusable linkage model: ${faults.join('; ')}`);
  const compared = comparers(input, model);
  const weightOf = pairWeight(compared, model);
  const pairs: Link[] = [];
  const { pairsByRule, blocksLeftOut } = forEachCandidate(
    buildBlocks(input, model),
    model.largestBlockPairs,
    (a, b) => {
      const weight = weightOf(a, b);
      if (weight >= model.thresholdBits) pairs.push({ a: Math.min(a, b), b: Math.max(a, b), weight });
    },
    withinDuplicateFreeSource(input),
  );
  const { clusters, refused } =
    model.clustering === 'components'
      ? { clusters: connectedComponents(input.ids.length, pairs), refused: 0 }
      : guardedClusters(input, pairs, weightOf, model.guardClipBits);
  const sizes = new Map<number, number>();
  for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  return {
    pairs,
    clusters,
    report: {
      records: input.ids.length,
      candidatePairs: pairsByRule.reduce((sum, count) => sum + count, 0),
      pairsByRule: Object.fromEntries(
        model.blocking.map((rule, index) => [rule.name, pairsByRule[index] ?? 0]),
      ),
      blocksLeftOut,
      links: pairs.length,
      linksRefusedByClustering: refused,
      clusters: sizes.size,
      largestCluster: [...sizes.values()].reduce((most, size) => Math.max(most, size), 0),
    },
  };
}

/** Pairs within a source that holds nobody twice cannot be one person, so they are no candidates. */
function withinDuplicateFreeSource(input: LinkInput): (a: number, b: number) => boolean {
  const free = new Set(input.duplicateFree ?? []);
  return (a, b) => {
    const source = input.sources[a] ?? -1;
    return source === input.sources[b] && free.has(source);
  };
}

/**
 * Sum of the prior and every comparison's weight. A household's shared facts count together up to their cap; where
 * the model knows kinds of related people (one household, one neighbourhood), the pair competes with those too:
 * the weight is log2 of match against related-or-unrelated, not against unrelated alone.
 */
function pairWeight(compared: readonly Comparer[], model: LinkageModel): (a: number, b: number) => number {
  const household = new Set(model.household?.comparisons ?? []);
  const shared = compared.map((comparer) => household.has(comparer.name));
  const cap = model.household?.capBits ?? Infinity;
  const related = (model.related ?? []).map((kind) => ({
    priorBits: kind.priorBits,
    excess: model.comparisons.map(({ name, m }) =>
      kind.levels[name]?.map((h, level) => Math.log2(h / (m[level] ?? 1))),
    ),
  }));
  return (a, b) => {
    let own = model.priorBits;
    let together = 0;
    const kinds = related.map(({ priorBits }) => priorBits);
    compared.forEach((comparer, index) => {
      const level = comparer.level(a, b);
      if (level < 0) return;
      const bits = comparer.weight(level, a);
      if (shared[index] === true) together += bits;
      else own += bits;
      related.forEach(({ excess }, kind) => {
        const more = excess[index];
        if (more !== undefined) kinds[kind] = (kinds[kind] ?? 0) + (bits + (more[level] ?? 0));
      });
    });
    let others = 1;
    for (const bits of kinds) others += 2 ** bits;
    const weight = own + Math.min(cap, together);
    return related.length === 0 ? weight : weight - Math.log2(others);
  };
}
