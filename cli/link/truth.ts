/** The evaluation of a linking against known entities (`id,entity`). */
import type { FilesLinked } from '../../linkage/link-files.ts';
import { evaluateClusters, type Evaluation } from '../../linkage/evaluate.ts';
import { candidatePair } from '../../linkage/engine/candidate.ts';
import { columnNamed } from '../../linkage/propose/columns.ts';
import { readCsv } from '../../linkage/table/csv.ts';
import { BadArguments } from '../output.ts';

export interface TruthFound extends Evaluation {
  /** Share of true pairs that a blocking rule brought together. */
  readonly blockingRecall: number;
  /** Scored pairs by weight: how many, how many of them true, and how many the weights promised. */
  readonly calibration: readonly {
    readonly fromBits: number;
    readonly pairs: number;
    readonly right: number;
    readonly promised: number;
  }[];
  /** The same figures for each pair of sources. */
  readonly bySource: readonly {
    readonly sources: string;
    readonly truePairs: number;
    readonly recall: number;
    readonly precision: number;
  }[];
  /** Lines of the truth file that name no record. */
  readonly unknownIds: number;
}

/** @throws BadArguments when the truth file has not the two columns. */
export function evaluateAgainst(
  path: string,
  linked: FilesLinked,
  names: readonly string[],
  stems: readonly string[],
): TruthFound {
  const { entities, unknownIds } = readTruth(path, names, stems);
  const truePairs = pairsOf(entities);
  const met = candidatePair(linked.table, linked.model);
  let found = 0;
  for (const [a, b] of truePairs) if (met(a, b)) found++;
  return {
    ...evaluateClusters(linked.clusters, entities),
    blockingRecall: truePairs.length === 0 ? 1 : found / truePairs.length,
    calibration: calibration(linked, entities),
    bySource: bySource(linked, entities, stems, truePairs),
    unknownIds,
  };
}

function readTruth(path: string, names: readonly string[], stems: readonly string[]) {
  const file = readCsv(path);
  const [ids, entity] = [columnNamed(file, 'id'), columnNamed(file, 'entity')];
  if (ids === null || entity === null) throw new BadArguments(`${path} needs the columns id and entity.`);
  const rowOf = new Map(names.map((name, row) => [name, row]));
  const entities = new Int32Array(names.length).fill(-1);
  let unknownIds = 0;
  for (let line = 0; line < file.rows; line++) {
    const id = ids.dictionary.text(ids.codes[line] ?? 0);
    const row = rowOf.get(id) ?? (stems.length === 1 ? rowOf.get(`${stems[0] ?? ''}/${id}`) : undefined);
    if (row === undefined) unknownIds++;
    else entities[row] = entity.codes[line] ?? -1;
  }
  return { entities, unknownIds };
}

function pairsOf(entities: Int32Array): readonly (readonly [number, number])[] {
  const members = new Map<number, number[]>();
  entities.forEach((entity, row) => {
    if (entity < 0) return;
    const known = members.get(entity);
    if (known === undefined) members.set(entity, [row]);
    else known.push(row);
  });
  return [...members.values()].flatMap((rows) =>
    rows.flatMap((a, index) => rows.slice(index + 1).map((b) => [a, b] as const)),
  );
}

function calibration({ scored }: FilesLinked, entities: Int32Array): TruthFound['calibration'] {
  const bins = new Map<number, { pairs: number; right: number; promised: number }>();
  scored.weights.forEach((weight, edge) => {
    const [a, b] = [entities[scored.a[edge] ?? 0] ?? -1, entities[scored.b[edge] ?? 0] ?? -1];
    if (a < 0 || b < 0) return;
    const fromBits = Math.max(-8, Math.min(30, Math.floor(weight / 2) * 2));
    const bin = bins.get(fromBits) ?? { pairs: 0, right: 0, promised: 0 };
    bin.pairs++;
    if (a === b) bin.right++;
    bin.promised += 1 / (1 + 2 ** -weight);
    bins.set(fromBits, bin);
  });
  return [...bins].sort(([x], [y]) => x - y).map(([fromBits, bin]) => ({ fromBits, ...bin }));
}

function bySource(
  { clusters, table }: FilesLinked,
  entities: Int32Array,
  stems: readonly string[],
  truePairs: readonly (readonly [number, number])[],
): TruthFound['bySource'] {
  const linkedPairs = pairsOf(
    Int32Array.from(clusters, (cluster, row) => ((entities[row] ?? -1) < 0 ? -1 : cluster)),
  );
  const tally = new Map<string, { truePairs: number; found: number; linked: number }>();
  const of = (a: number, b: number) => {
    const name = [stems[table.sources[a] ?? 0] ?? '', stems[table.sources[b] ?? 0] ?? ''].sort().join(' – ');
    const known = tally.get(name) ?? { truePairs: 0, found: 0, linked: 0 };
    tally.set(name, known);
    return known;
  };
  for (const [a, b] of truePairs) {
    const sums = of(a, b);
    sums.truePairs++;
    if (clusters[a] === clusters[b]) sums.found++;
  }
  for (const [a, b] of linkedPairs) of(a, b).linked++;
  return [...tally].map(([sources, sums]) => ({
    sources,
    truePairs: sums.truePairs,
    recall: sums.truePairs === 0 ? 1 : sums.found / sums.truePairs,
    precision: sums.linked === 0 ? 1 : sums.found / sums.linked,
  }));
}
