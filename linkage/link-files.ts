/** From files to clusters: with a model that is given, or with one proposed and trained on the files themselves. */
import { pairWeight } from './engine/kernel.ts';
import { makeJob, reweighted, type Edges } from './engine/score.ts';
import { scoreOnThreads } from './engine/threads.ts';
import { clusterEdges, linkTable } from './link.ts';
import { modelFaults, type LinkageModel, type LinkReport } from './model.ts';
import { columnNamed, tableOf, type SourceFile } from './propose/columns.ts';
import { proposeModel, type Proposal } from './propose/default-model.ts';
import { TextDictionary } from './table/dictionary.ts';
import type { CodedColumn, Table } from './table/table.ts';
import { LOWEST_BITS, readThreshold } from './training/threshold.ts';
import { trainModel } from './training/train.ts';

export interface FilesLinked {
  readonly model: LinkageModel;
  readonly table: Table;
  /** Every pair that was scored at or above the lowest weight asked for. */
  readonly scored: Edges;
  readonly clusters: Uint32Array;
  readonly report: LinkReport;
  readonly roles: Proposal['roles'];
  readonly weightOf: (a: number, b: number) => number;
  /** How the threshold came about. */
  readonly threshold: string;
}

export interface LinkFilesOptions {
  readonly duplicateFree: readonly number[];
  readonly threads?: number;
  readonly idColumn?: string;
  readonly pairBudget?: number;
}

/** Proposes, trains, reads the threshold off the data, links and clusters. */
export async function linkUnknownFiles(
  files: readonly SourceFile[],
  options: LinkFilesOptions,
): Promise<FilesLinked> {
  const proposal = proposeModel(files, options.duplicateFree, {
    ...(options.idColumn === undefined ? {} : { idColumn: options.idColumn }),
    ...(options.pairBudget === undefined ? {} : { pairBudget: options.pairBudget }),
  });
  const { table } = proposal;
  const threads = options.threads ?? 2;
  const trained = await trainModel(table, proposal.model, { threads, shared: proposal.shared });
  const { job: first } = trained;
  const scored = await scoreOnThreads(first, LOWEST_BITS, threads);
  const { pairsByRule } = scored;
  const threshold = readThreshold(table, scored.edges);
  const model = { ...trained.model, priorBits: trained.model.priorBits + threshold.priorShiftBits };
  const job = reweighted(first, model);
  const edges = {
    ...scored.edges,
    weights: scored.edges.weights.map((weight) => weight + threshold.priorShiftBits),
  };
  const kept = atLeast(edges, model.thresholdBits);
  const clustered = clusterEdges(table, model, job.prepared, kept, []);
  const { clusters } = clustered;
  return {
    model,
    table,
    scored: edges,
    clusters,
    report: {
      records: table.rows,
      candidatePairs: pairsByRule.reduce((sum, count) => sum + count, 0),
      pairsByRule: Object.fromEntries(model.blocking.map(({ name }, rule) => [name, pairsByRule[rule] ?? 0])),
      blocksLeftOut: job.blocks.reduce((sum, { blocksLeftOut }) => sum + blocksLeftOut, 0),
      links: kept.a.length,
      linksRefusedByClustering: clustered.refused,
      ...clusterSizes(clusters),
    },
    roles: proposal.roles,
    weightOf: pairWeight(job.prepared),
    threshold: threshold.reason,
  };
}

/** @throws Error naming every fault when the model cannot be used. */
export async function linkFilesWithModel(
  files: readonly SourceFile[],
  model: LinkageModel,
  options: LinkFilesOptions & { readonly lowestBits?: number },
): Promise<FilesLinked> {
  const faults = modelFaults(model);
  if (faults.length > 0) throw new Error(`unusable linkage model: ${faults.join('; ')}`);
  const table =
    model.columns === undefined
      ? plainTable(files, columnsOf(model), options.duplicateFree)
      : tableOf(files, model.columns, options.duplicateFree);
  const { edges, clusters, report, prepared } = await linkTable(table, model, {
    threads: options.threads ?? 2,
  });
  const weightOf = pairWeight(prepared);
  const scored =
    options.lowestBits === undefined
      ? edges
      : (await scoreOnThreads(makeJob(table, model), options.lowestBits, options.threads ?? 2)).edges;
  return { model, table, scored, clusters, report, roles: [], weightOf, threshold: 'as the model says' };
}

function columnsOf(model: LinkageModel): ReadonlySet<string> {
  return new Set([
    ...model.comparisons.flatMap(({ column, swapWith }) =>
      swapWith === undefined ? [column] : [column, swapWith],
    ),
    ...model.blocking.flatMap(({ parts }) => parts.map(({ column }) => column)),
  ]);
}

/** Columns as they are, by name. */
export function plainTable(
  files: readonly SourceFile[],
  names: ReadonlySet<string>,
  duplicateFree: readonly number[],
): Table {
  const [only] = files;
  const table = tableOf(files, [], duplicateFree);
  const columns = new Map<string, CodedColumn>();
  for (const name of names) {
    if (files.length === 1 && only !== undefined) {
      const column = columnNamed(only, name);
      if (column !== null) columns.set(name, column);
    } else columns.set(name, joinedColumn(files, name, table.rows));
  }
  return { ...table, columns };
}

function joinedColumn(files: readonly SourceFile[], name: string, rows: number): CodedColumn {
  const dictionary = new TextDictionary();
  const codes = new Int32Array(rows).fill(-1);
  let at = 0;
  for (const file of files) {
    const column = columnNamed(file, name);
    if (column !== null) {
      const to = Int32Array.from({ length: column.dictionary.size }, (_, code) =>
        dictionary.code(column.dictionary.text(code)),
      );
      column.codes.forEach((code, row) => {
        codes[at + row] = code < 0 ? -1 : (to[code] as number);
      });
    }
    at += file.rows;
  }
  return { codes, dictionary };
}

export function atLeast({ a, b, weights }: Edges, bits: number): Edges {
  const kept: number[] = [];
  weights.forEach((weight, edge) => {
    if (weight >= bits) kept.push(edge);
  });
  const chosen = Uint32Array.from(kept);
  return {
    a: Int32Array.from(chosen, (edge) => a[edge] as number),
    b: Int32Array.from(chosen, (edge) => b[edge] as number),
    weights: Float64Array.from(chosen, (edge) => weights[edge] as number),
  };
}

function clusterSizes(clusters: Uint32Array): { readonly clusters: number; readonly largestCluster: number } {
  const sizes = new Map<number, number>();
  for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  let largestCluster = 0;
  for (const size of sizes.values()) largestCluster = Math.max(largestCluster, size);
  return { clusters: sizes.size, largestCluster };
}
