/** The engine's front door: columns and a model in, links and clusters out (Fellegi and Sunter 1969). */
import { components, DEFAULT_CLIP_BITS, guardedClusters, type Clustered } from './engine/cluster.ts';
import { pairPattern, pairWeight, patternLevels } from './engine/kernel.ts';
import { prepare, type FrozenCounts, type Prepared } from './engine/prepare.ts';
import { inTurn, makeJob, scoreUnits, type Edges, type Job } from './engine/score.ts';
import { scoreOnThreads } from './engine/threads.ts';
import {
  LEVELS,
  modelFaults,
  type LinkageModel,
  type LinkInput,
  type LinkReport,
  type LinkResult,
} from './model.ts';
import { tableFromInput, type Table } from './table/table.ts';

/**
 * Links records and joins them into clusters, on this thread.
 *
 * @param frozen value counts behind the term frequencies, where they are not to follow these records.
 * @throws Error naming every fault when the model cannot be used.
 */
export function link(input: LinkInput, model: LinkageModel, frozen?: FrozenCounts): LinkResult {
  refuseFaulty(model);
  const table = tableFromInput(input);
  const job = makeJob(table, model, frozen);
  const { edges, pairsByRule } = scoreUnits(job, model.thresholdBits, inTurn());
  const clustered = clusterEdges(table, model, job.prepared, edges, input.decisions ?? []);
  const pairs = Array.from(edges.a, (a, edge) => ({
    a,
    b: edges.b[edge] as number,
    weight: edges.weights[edge] as number,
  }));
  return {
    pairs,
    clusters: clustered.clusters,
    report: report({ model, job, edges, pairsByRule, clustered }),
  };
}

/** What linking a table gives: columns instead of objects, for millions of links. */
export interface TableLinks {
  readonly edges: Edges;
  readonly clusters: Uint32Array;
  readonly report: LinkReport;
  readonly prepared: Prepared;
}

export interface LinkOptions {
  /** Threads for jobs large enough to gain by them; 2 without it. */
  readonly threads?: number;
  readonly decisions?: LinkInput['decisions'];
}

/** The same for a table read from files, on several threads where that pays. */
export async function linkTable(
  table: Table,
  model: LinkageModel,
  options: LinkOptions = {},
): Promise<TableLinks> {
  refuseFaulty(model);
  const job = makeJob(table, model);
  const { edges, pairsByRule } = await scoreOnThreads(job, model.thresholdBits, options.threads ?? 2);
  const clustered = clusterEdges(table, model, job.prepared, edges, options.decisions ?? []);
  return {
    edges,
    clusters: clustered.clusters,
    report: report({ model, job, edges, pairsByRule, clustered }),
    prepared: job.prepared,
  };
}

function refuseFaulty(model: LinkageModel): void {
  const faults = modelFaults(model);
  if (faults.length > 0) throw new Error(`unusable linkage model: ${faults.join('; ')}`);
}

export function clusterEdges(
  table: Table,
  model: LinkageModel,
  prepared: Prepared,
  edges: Edges,
  decisions: NonNullable<LinkInput['decisions']>,
): Clustered {
  if (model.clustering === 'components') return { clusters: components(table.rows, edges), refused: 0 };
  return guardedClusters(table.rows, edges, {
    sources: table.sources,
    duplicateFree: new Set(table.duplicateFree),
    decisions,
    weightOf: pairWeight(prepared),
    clipBits: model.guardClipBits ?? DEFAULT_CLIP_BITS,
  });
}

interface Outcome {
  readonly model: LinkageModel;
  readonly job: Job;
  readonly edges: Edges;
  readonly pairsByRule: readonly number[];
  readonly clustered: Clustered;
}

function report({ model, job, edges, pairsByRule, clustered }: Outcome): LinkReport {
  const sizes = new Uint32Array(clustered.clusters.length);
  let clusters = 0;
  let largestCluster = 0;
  for (const cluster of clustered.clusters) {
    const size = (sizes[cluster] as number) + 1;
    sizes[cluster] = size;
    if (size === 1) clusters++;
    if (size > largestCluster) largestCluster = size;
  }
  return {
    records: clustered.clusters.length,
    candidatePairs: pairsByRule.reduce((sum, count) => sum + count, 0),
    pairsByRule: Object.fromEntries(
      model.blocking.map((rule, index) => [rule.name, pairsByRule[index] ?? 0]),
    ),
    blocksLeftOut: job.blocks.reduce((sum, { blocksLeftOut }) => sum + blocksLeftOut, 0),
    links: edges.a.length,
    linksRefusedByClustering: clustered.refused,
    clusters,
    largestCluster,
  };
}

/** Why a pair has its weight: one step per comparison, as a waterfall shows it. */
export function explainPair(
  input: LinkInput,
  model: LinkageModel,
  a: number,
  b: number,
): readonly { readonly comparison: string; readonly level: string; readonly bits: number }[] {
  const prepared = prepare(tableFromInput(input), { ...model, blocking: [] });
  const levels = patternLevels(prepared, pairPattern(prepared)(a, b));
  const steps = model.comparisons.map(({ name, kind }, index) => {
    const level = levels[index] ?? -1;
    const plan = prepared.comparisons[index];
    const code = prepared.packed[a * prepared.stride + (plan?.field ?? 0)] ?? 0;
    const frequency = level === 0 ? (plan?.frequency?.[code] ?? 0) : 0;
    return {
      comparison: name,
      level: level < 0 ? 'missing: no evidence' : (LEVELS[kind][level] ?? 'different'),
      bits: level < 0 ? 0 : (plan?.weights[level] ?? 0) + frequency,
    };
  });
  return [{ comparison: 'prior', level: '', bits: model.priorBits }, ...steps];
}
