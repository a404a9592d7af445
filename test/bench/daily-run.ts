/**
 * How long a whole daily run takes, through the stand-in with every call signed, judged and encrypted: a first load, the
 * same deliveries again, and a day's changes of 1 %, each beside DuckDB's bare copy of the same rows from CSV to Parquet
 * in the same run. `node test/bench/daily-run.ts [months] [seed]`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { feedOutcomes, type RunSummary } from '../../cli/commands/run.ts';
import { dailyDelta } from '../../cli/synth-data/daily-delta.ts';
import { synthData } from '../../cli/synth-data/synth-data.ts';
import { openDuck, sqlText } from '../../pipeline/parquet.ts';
import { startPlatform } from '../platform/platform.ts';

const months = Number(process.argv[2] ?? 36);
const seed = Number(process.argv[3] ?? 7);
const UNTIL = '2026-11-24';

interface Sent {
  readonly partner: string;
  readonly feed: string;
  readonly path: string;
  readonly rows: number;
  readonly extracted: string;
}
const UPLOADERS: Readonly<Record<string, string>> = {
  'thames-valley-police': 'tvp-uploader',
  'oxfordshire-county-council': 'oxon-uploader',
  'reading-borough-council': 'reading-uploader',
  'royal-berkshire-fire-and-rescue': 'rbfrs-uploader',
};

const folder = await mkdtemp(join(tmpdir(), 'bench-daily-run-'));
const platform = await startPlatform({ seed: 'bench' });
try {
  const options = { seed, months, until: UNTIL };
  const valley = synthData({ ...options, out: join(folder, 'valley') });
  const delta = dailyDelta({ ...options, out: join(folder, 'delta'), day: '2026-11-23' });
  await measure('first load', valley.files, 'full');
  await measure('the same again', valley.files, 'full');
  await measure('changes of 1 %', delta.files, 'changes');
  console.log(
    `memory of this process and the stand-in at most: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB, functions apart`,
  );
} finally {
  await platform.stop();
  await rm(folder, { recursive: true, force: true });
}

async function measure(name: string, files: readonly Sent[], kind: 'full' | 'changes'): Promise<void> {
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const bare = await bareCopy(files);
  for (const { partner, feed, path, extracted } of files)
    await platform.upload(UPLOADERS[partner] ?? '', { feed, kind, extracted }, path);
  const began = performance.now();
  const summary = await platform.run(name.replaceAll(/[^a-z0-9]+/g, '-'));
  const seconds = (performance.now() - began) / 1000;
  const megabytes = files.reduce((sum, { path }) => sum + statSync(path).size, 0) / 1e6;
  console.log(
    [
      `${name}: ${rows.toLocaleString('en-GB')} rows, ${megabytes.toFixed(1)} MB of CSV`,
      `  run            ${seconds.toFixed(1)} s, ${Math.round(rows / seconds).toLocaleString('en-GB')} rows/s, ${(seconds / bare).toFixed(1)} times DuckDB's bare copy of the same rows (${bare.toFixed(2)} s)`,
      `  changed        ${changed(summary)}`,
      `  traffic        ${traffic(summary)}`,
    ].join('\n'),
  );
}

async function bareCopy(files: readonly Sent[]): Promise<number> {
  const duck = await openDuck({ memoryMb: 512, threads: 1, tempDir: folder });
  const began = performance.now();
  for (const { path } of files)
    await duck.write(
      `select * from read_csv(${sqlText(path)}, header = true, all_varchar = true)`,
      join(folder, 'bare.parquet'),
    );
  await duck.close();
  return (performance.now() - began) / 1000;
}

function changed(summary: RunSummary): string {
  return ['inserted', 'updated', 'withdrawn', 'unchanged']
    .map(
      (count) =>
        `${count} ${feedOutcomes(summary)
          .reduce((sum, { counts }) => sum + (counts[count] ?? 0), 0)
          .toLocaleString('en-GB')}`,
    )
    .join(', ');
}

function traffic({ steps }: RunSummary): string {
  const sum = (field: string): number =>
    Object.values(steps).reduce((total, step) => {
      const counts = step.counts as Readonly<Record<string, number>> | undefined;
      return total + Number(step[field] ?? 0) + (counts?.[field] ?? 0);
    }, 0);
  const kilobytes = (field: string): string => `${Math.round(sum(field) / 1024).toLocaleString('en-GB')} kB`;
  return `read ${kilobytes('bytesRead')}, wrote ${kilobytes('bytesWritten')}, copied server-side ${kilobytes('bytesCopied')}`;
}
