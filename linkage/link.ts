/** The engine's front door: columns and a model in, links and clusters out (Fellegi and Sunter 1969). */
import { buildBlocks, forEachCandidate } from './block.ts';
import { guardedClusters, type Link } from './cluster.ts';
import { comparers, type Comparer } from './compare.ts';
import { LEVELS, modelFaults, type LinkageModel, type LinkInput, type LinkResult } from './model.ts';

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
  );
  const { clusters, refused } = guardedClusters(input, pairs, weightOf);
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

/** Why a pair has its weight: one step per comparison, as a waterfall shows it. */
export function explainPair(
  input: LinkInput,
  model: LinkageModel,
  a: number,
  b: number,
): readonly { readonly comparison: string; readonly level: string; readonly bits: number }[] {
  const kinds = new Map(model.comparisons.map((comparison) => [comparison.name, comparison.kind]));
  const steps = comparers(input, model).map((comparer) => {
    const level = comparer.level(a, b);
    const kind = kinds.get(comparer.name) ?? 'exact';
    return {
      comparison: comparer.name,
      level: level < 0 ? 'missing: no evidence' : (LEVELS[kind][level] ?? 'different'),
      bits: level < 0 ? 0 : comparer.weight(level, a, b),
    };
  });
  return [{ comparison: 'prior', level: '', bits: model.priorBits }, ...steps];
}

/** Sum of the prior and every comparison's weight; a household's shared facts count together up to their cap. */
function pairWeight(compared: readonly Comparer[], model: LinkageModel): (a: number, b: number) => number {
  const household = new Set(model.household?.comparisons ?? []);
  const shared = compared.map((comparer) => household.has(comparer.name));
  const cap = model.household?.capBits ?? Infinity;
  return (a, b) => {
    let own = model.priorBits;
    let together = 0;
    for (let index = 0; index < compared.length; index++) {
      const comparer = compared[index];
      if (comparer === undefined) continue;
      const level = comparer.level(a, b);
      if (level < 0) continue;
      const bits = comparer.weight(level, a, b);
      if (shared[index] === true) together += bits;
      else own += bits;
    }
    return own + Math.min(cap, together);
  };
}
