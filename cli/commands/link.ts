/** `tvt link`: runs the linkage engine on any CSV or Parquet files, one source each. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { linkFilesWithModel, linkUnknownFiles, type FilesLinked } from '../../linkage/link-files.ts';
import { readFiles, stemOf, type NamedFile } from '../link/files.ts';
import { modelText, parseModel } from '../link/model-file.ts';
import { clusterLines, pairLines, writeLines } from '../link/outputs.ts';
import { evaluateAgainst, type TruthFound } from '../link/truth.ts';
import { BadArguments, formatNumber, progress, Refused, show, table } from '../output.ts';

export interface LinkFlags {
  readonly out: string;
  readonly model?: string;
  readonly duplicateFree?: string | true;
  readonly id?: string;
  readonly truth?: string;
  readonly allPairs?: boolean;
  readonly json?: boolean;
}

export interface LinkOutcome {
  readonly out: string;
  readonly seconds: number;
  readonly records: number;
  readonly candidatePairs: number;
  readonly pairsByRule: Readonly<Record<string, number>>;
  readonly links: number;
  readonly clusters: number;
  readonly largestCluster: number;
  readonly thresholdBits: number;
  readonly threshold: string;
  readonly warnings: readonly string[];
  readonly evaluation?: TruthFound;
}

export const linkCommand = (): Command =>
  new Command('link')
    .description('Find the records of one person in CSV or Parquet files, one source each')
    .argument('<files...>', 'the files')
    .requiredOption('--out <folder>', 'where pairs.csv, clusters.csv and model.yaml go')
    .option(
      '--model <file>',
      'a linkage model; without it one is made from the columns and trained on the data',
    )
    .option(
      '--duplicate-free [stems]',
      'no person is twice in these sources, e.g. police,council; all without a list',
    )
    .option('--id <column>', 'the id column; else the row number, the first data row being 1')
    .option('--truth <file>', 'known entities (id,entity), for an evaluation')
    .option('--all-pairs', 'also write every scored pair, as scored.csv')
    .option('--json', 'one JSON value on standard output')
    .addHelpText(
      'after',
      '\nExample:\n  npx tvt link police.csv council.csv --out linked --duplicate-free --truth truth.csv\n',
    )
    .action(async (paths: readonly string[], flags: LinkFlags) => {
      show(await linkFiles(paths, flags), flags.json ?? false, inWords);
    });

/** @throws BadArguments when a file, the model or a flag cannot be used; Refused when the links chain. */
export async function linkFiles(paths: readonly string[], flags: LinkFlags): Promise<LinkOutcome> {
  const began = performance.now();
  const named = await readFiles(paths, flags.id);
  const duplicateFree = duplicateFreeSources(paths, flags.duplicateFree);
  const files = named.map(({ file }) => file);
  const options = { duplicateFree, ...(flags.id === undefined ? {} : { idColumn: flags.id }) };
  const linked =
    flags.model === undefined
      ? await proposed(files, options)
      : await linkFilesWithModel(files, parseModel(await textOf(flags.model), flags.model), {
          ...options,
          ...(flags.allPairs === true ? { lowestBits: -20 } : {}),
        });
  refuseChain(linked);
  const name = namer(named);
  await mkdir(flags.out, { recursive: true, mode: 0o700 });
  await writeAll(flags, linked, name);
  const names =
    flags.truth === undefined ? [] : Array.from({ length: linked.table.rows }, (_, row) => name(row));
  return {
    out: flags.out,
    seconds: Math.round(performance.now() - began) / 1000,
    records: linked.report.records,
    candidatePairs: linked.report.candidatePairs,
    pairsByRule: linked.report.pairsByRule,
    links: linked.report.links,
    clusters: linked.report.clusters,
    largestCluster: linked.report.largestCluster,
    thresholdBits: linked.model.thresholdBits,
    threshold: linked.threshold,
    warnings: linked.model.warnings ?? [],
    ...(flags.truth === undefined
      ? {}
      : {
          evaluation: evaluateAgainst(
            flags.truth,
            linked,
            names,
            named.map(({ stem }) => stem),
          ),
        }),
  };
}

/** Records that one person can plausibly have: beyond it, links have chained strangers together. */
const MOST_RECORDS_OF_ONE = 500;

/** @throws Refused when one cluster has swallowed an implausible share of the records. */
function refuseChain({ report }: FilesLinked): void {
  if (report.largestCluster <= Math.max(MOST_RECORDS_OF_ONE, report.records * 0.05)) return;
  throw new Refused(
    `One cluster holds ${formatNumber(report.largestCluster)} of ${formatNumber(report.records)} records: links have chained, and nothing was written. Raise the model's threshold, or take out the comparison or rule that joins strangers.`,
    { error: 'chained', largestCluster: report.largestCluster },
  );
}

async function proposed(
  files: Parameters<typeof linkUnknownFiles>[0],
  options: Parameters<typeof linkUnknownFiles>[1],
) {
  let linked: FilesLinked;
  try {
    linked = await linkUnknownFiles(files, options);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('no ')) throw new BadArguments(error.message);
    throw error;
  }
  progress('Columns: ' + linked.roles.map(({ header, role }) => `${header} → ${role}`).join('; '));
  return linked;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new BadArguments(`There is no file ${path}.`);
  }
}

function duplicateFreeSources(paths: readonly string[], given: string | true | undefined): readonly number[] {
  if (given === undefined) return [];
  const stems = paths.map(stemOf);
  if (given === true) return stems.map((_, source) => source);
  return given.split(',').map((stem) => {
    const source = stems.indexOf(stem.trim());
    if (source < 0)
      throw new BadArguments(`--duplicate-free names ${stem}, but the sources are ${stems.join(', ')}.`);
    return source;
  });
}

/** `<stem>/<id>` of a record by its number over all files. */
function namer(named: readonly NamedFile[]): (row: number) => string {
  const starts: number[] = [];
  let rows = 0;
  for (const { file } of named) {
    starts.push(rows);
    rows += file.rows;
  }
  return (row) => {
    let source = starts.length - 1;
    while (source > 0 && (starts[source] ?? 0) > row) source--;
    const from = named[source];
    return from === undefined ? String(row) : `${from.stem}/${from.idOf(row - (starts[source] ?? 0))}`;
  };
}

async function writeAll(flags: LinkFlags, linked: FilesLinked, name: (row: number) => string): Promise<void> {
  const { scored, clusters, model } = linked;
  const accepted = (edge: number): boolean =>
    (scored.weights[edge] ?? 0) >= model.thresholdBits &&
    clusters[scored.a[edge] ?? 0] === clusters[scored.b[edge] ?? 0];
  await writeLines(join(flags.out, 'pairs.csv'), pairLines(scored, name, accepted));
  await writeLines(join(flags.out, 'clusters.csv'), clusterLines(clusters, name));
  if (flags.allPairs === true)
    await writeLines(
      join(flags.out, 'scored.csv'),
      pairLines(scored, name, () => true),
    );
  await writeFile(join(flags.out, 'model.yaml'), modelText(model), { mode: 0o600 });
}

function inWords(outcome: LinkOutcome): string {
  const { evaluation } = outcome;
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return [
    `${formatNumber(outcome.records)} records, ${formatNumber(outcome.candidatePairs)} pairs compared, ${formatNumber(outcome.clusters)} people, ${outcome.seconds} s.`,
    `Threshold ${outcome.thresholdBits.toFixed(1)} bits (${outcome.threshold}). Largest cluster: ${formatNumber(outcome.largestCluster)} records.`,
    ...outcome.warnings.map((warning) => `Warning: ${warning}.`),
    table(Object.entries(outcome.pairsByRule).map(([rule, pairs]) => ({ rule, pairs }))),
    ...(evaluation === undefined
      ? []
      : [
          `Against the truth (${formatNumber(evaluation.truePairs)} true pairs, ${percent(evaluation.blockingRecall)} of them compared):`,
          table([
            {
              measure: 'pairwise',
              precision: percent(evaluation.pairwise.precision),
              recall: percent(evaluation.pairwise.recall),
              F1: percent(evaluation.pairwise.f1),
            },
            {
              measure: 'B-cubed',
              precision: percent(evaluation.bCubed.precision),
              recall: percent(evaluation.bCubed.recall),
              F1: percent(evaluation.bCubed.f1),
            },
          ]),
        ]),
    `Written to ${outcome.out}: pairs.csv, clusters.csv, model.yaml. They name people's records: keep them where the sources are kept.`,
  ].join('\n');
}
