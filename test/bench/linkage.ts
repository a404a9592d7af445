/**
 * The linkage engine against the same model written Splink-shaped in SQL on DuckDB with two threads, from the same CSV
 * to clusters in the same run; links and clusters compared one by one. `node test/bench/linkage.ts [records] [loose|tight]`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { linkFilesWithModel } from '../../linkage/link-files.ts';
import { readCsv } from '../../linkage/table/csv.ts';
import { writePeople } from './linkage/people.ts';
import { benchModel } from './linkage/model.ts';
import { splinkShaped } from './linkage/splink-shaped.ts';

interface Side {
  readonly seconds: number;
  readonly pairs: number;
  readonly links: number;
  readonly memoryMb: number;
  /** User and system time of all threads: what a busy machine does not blow up. */
  readonly cpuSeconds: number;
  readonly steps?: Readonly<Record<string, number>>;
}

const SEED = 20_261_101;
const [what = '100000', blocking = 'loose', csv = '', out = ''] = process.argv.slice(2);
if (blocking !== 'tight' && blocking !== 'loose') throw new Error('blocking is tight or loose');

if (what === 'ours') finish(await ours());
else if (what === 'sql') finish(await sql());
else compare(Number(what));

async function ours(): Promise<Side> {
  const began = performance.now();
  const file = readCsv(csv);
  const read = performance.now();
  const { scored, clusters, report } = await linkFilesWithModel(
    [file],
    benchModel(blocking as 'tight' | 'loose'),
    { duplicateFree: [] },
  );
  const seconds = (performance.now() - began) / 1000;
  const used = cpuSeconds();
  const order = Uint32Array.from(scored.a.keys()).sort(
    (x, y) => (scored.a[x] ?? 0) - (scored.a[y] ?? 0) || (scored.b[x] ?? 0) - (scored.b[y] ?? 0),
  );
  const edges = new Float64Array(order.length * 3);
  order.forEach((edge, at) =>
    edges.set([scored.a[edge] ?? 0, scored.b[edge] ?? 0, scored.weights[edge] ?? 0], at * 3),
  );
  write(edges, clusters);
  return {
    seconds,
    pairs: report.candidatePairs,
    links: report.links,
    memoryMb: 0,
    cpuSeconds: used,
    steps: { parse: (read - began) / 1000, link: seconds - (read - began) / 1000 },
  };
}

async function sql(): Promise<Side> {
  const instance = await DuckDBInstance.create(join(out, 'yardstick.duckdb'), { threads: '2' });
  const connection = await instance.connect();
  const began = performance.now();
  const pairs = await splinkShaped(connection, csv, benchModel(blocking as 'tight' | 'loose'));
  const seconds = (performance.now() - began) / 1000;
  const used = cpuSeconds();
  const edges = await (
    await connection.run(
      'select a::double as a, b::double as b, weight::double as weight from predictions order by a, b',
    )
  ).getRowsJS();
  const clusters = await (
    await connection.run('select cluster::double as cluster from clusters order by id')
  ).getRowsJS();
  write(Float64Array.from(edges.flat().map(Number)), Uint32Array.from(clusters.flat().map(Number)));
  return { seconds, pairs, links: edges.length, memoryMb: 0, cpuSeconds: used };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function write(edges: Float64Array, clusters: Uint32Array): void {
  writeFileSync(join(out, `${what}.edges`), Buffer.from(edges.buffer));
  writeFileSync(
    join(out, `${what}.clusters`),
    Buffer.from(clusters.buffer, clusters.byteOffset, clusters.byteLength),
  );
}

function finish(side: Side): void {
  console.log(JSON.stringify({ ...side, memoryMb: Math.round(process.resourceUsage().maxRSS / 1024) }));
}

function compare(records: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'tvt-bench-'));
  try {
    const people = join(folder, 'people.csv');
    writePeople(people, records, SEED);
    const side = (name: 'ours' | 'sql'): Side => {
      const ran = spawnSync(process.execPath, [import.meta.filename, name, blocking, people, folder], {
        encoding: 'utf8',
      });
      if (ran.status !== 0) throw new Error(ran.stderr);
      return JSON.parse(ran.stdout) as Side;
    };
    const [mine, theirs] = [side('ours'), side('sql')];
    console.table({ engine: { ...mine, steps: JSON.stringify(mine.steps) }, 'SQL, Splink-shaped': theirs });
    console.log(
      `${records} records, ${blocking} blocking, ${(mine.pairs / records).toFixed(1)} pairs a record: ${(theirs.seconds / mine.seconds).toFixed(1)} times faster (${(theirs.cpuSeconds / mine.cpuSeconds).toFixed(1)} by processor time), ${(theirs.memoryMb / mine.memoryMb).toFixed(1)} times less memory`,
    );
    console.log(agreement(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function agreement(folder: string): string {
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  const floats = (name: string): Float64Array => new Float64Array(Uint8Array.from(read(name)).buffer);
  const [mine, theirs] = [floats('ours.edges'), floats('sql.edges')];
  const weights = new Map<number, number>();
  // Both ids of a pair in one number: ids stay far below 2^26.
  const pair = (edges: Float64Array, at: number): number =>
    (edges[at] ?? 0) * 67_108_864 + (edges[at + 1] ?? 0);
  for (let at = 0; at < theirs.length; at += 3) weights.set(pair(theirs, at), theirs[at + 2] ?? 0);
  let different = 0;
  let largest = 0;
  for (let at = 0; at < mine.length; at += 3) {
    const weight = weights.get(pair(mine, at));
    if (weight === undefined) different++;
    else largest = Math.max(largest, Math.abs(weight - (mine[at + 2] ?? 0)));
    weights.delete(pair(mine, at));
  }
  different += weights.size;
  const sameClusters = read('ours.clusters').equals(read('sql.clusters'));
  return `links that differ: ${different}; largest difference of a weight: ${largest.toExponential(1)} bits; clusters ${sameClusters ? 'identical' : 'DIFFER'}`;
}
