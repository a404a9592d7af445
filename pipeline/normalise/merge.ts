/** Applies a feed's staged deliveries to the records in force: new months where something changed, the old files elsewhere. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Duck, parquetFiles, sqlText } from '../parquet.ts';
import {
  type DataFile,
  type DeliveryId,
  type DeliveryKind,
  type FeedState,
  type IsoDate,
  keys,
  type Month,
  RECORD_TABLES,
  type RecordTable,
  type RunId,
} from '../zones.ts';
import { orderDeliveries } from './order.ts';
import type { StagedTable } from './stage.ts';
import { RECORD_COLUMNS } from './tables.ts';

/** One accepted delivery. `files` are local paths of its staged tables; a nil return has none. */
export interface StagedInput {
  readonly deliveryId: DeliveryId;
  readonly kind: DeliveryKind;
  readonly extracted: IsoDate | null;
  readonly files: Readonly<Record<StagedTable, string>> | null;
}

export interface MergeRequest {
  readonly duck: Duck;
  readonly state: FeedState;
  /** Local path of each file the state names, by its key. */
  readonly stateFiles: Readonly<Record<string, string>>;
  readonly staged: readonly StagedInput[];
  readonly runId: RunId;
  /** First collection date still held (zones.ts, retentionFloor). */
  readonly retentionFloor: IsoDate;
  /** Where new files are written. */
  readonly outDir: string;
}

export interface MergeResult {
  readonly state: FeedState;
  /** Files to be put under their keys before the state is replaced. */
  readonly newFiles: readonly { readonly key: string; readonly path: string }[];
  readonly applied: readonly DeliveryId[];
  /** Deliveries extracted before one that is in force: they change nothing. */
  readonly superseded: readonly DeliveryId[];
  readonly counts: MergeCounts;
}
export interface MergeCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly withdrawn: number;
  readonly expired: number;
  readonly rows: number;
  readonly monthsRewritten: number;
  readonly monthsKept: number;
  readonly filesWritten: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/**
 * Rows are followed by record_ref: `row_now` says for each row in force its collection date and which source holds its
 * content (0 the state, n the nth delivery). Only then are the tables put together, so one delivery after another costs
 * three narrow columns, not a rewrite.
 */
export async function mergeFeed(request: MergeRequest): Promise<MergeResult> {
  const { duck, state, staged, retentionFloor } = request;
  const { inOrder, superseded } = orderDeliveries(staged, state.lastExtracted);
  const bytesRead = await readState(request);
  await duck.run(
    `create or replace temp table row_now as select record_ref, collection_date, 0 as source from row_before`,
  );
  for (const [index, delivery] of inOrder.entries()) await applyDelivery(duck, delivery, index + 1);
  const expired = await dropExpired(duck, retentionFloor);
  const stagedFiles = inOrder.flatMap(({ files }) => (files === null ? [] : Object.values(files)));
  await putTogether(duck, inOrder);
  const counts = await countRows(duck);
  const months = await writeMonths(request);
  const last = inOrder.at(-1);
  return {
    state: {
      ...state,
      appliedDelivery: last?.deliveryId ?? state.appliedDelivery,
      appliedRun: last === undefined ? state.appliedRun : request.runId,
      lastExtracted: latest(state.lastExtracted, ...inOrder.map((delivery) => delivery.extracted)),
      months: months.months,
    },
    newFiles: months.newFiles,
    applied: inOrder.map((delivery) => delivery.deliveryId),
    superseded: superseded.map((delivery) => delivery.deliveryId),
    counts: {
      ...counts,
      expired,
      monthsRewritten: months.rewritten,
      monthsKept: months.kept,
      filesWritten: months.newFiles.length,
      bytesRead: bytesRead + stagedFiles.reduce((sum, path) => sum + statSync(path).size, 0),
      bytesWritten: months.newFiles.reduce((sum, { path }) => sum + statSync(path).size, 0),
    },
  };
}

const latest = (...dates: readonly (IsoDate | null)[]): IsoDate | null =>
  dates.reduce((left, right) => (left === null || (right !== null && right > left) ? right : left), null);

/** Views `before_<table>` of what is in force, and `row_before`: one line for each row. */
async function readState({ duck, state, stateFiles }: MergeRequest): Promise<number> {
  let bytes = 0;
  for (const table of RECORD_TABLES) {
    const files = Object.values(state.months).flatMap((tables) => tables[table] ?? []);
    bytes += files.reduce((sum, file) => sum + file.bytes, 0);
    const paths = files.map((file) => {
      const path = stateFiles[file.key];
      if (path === undefined) throw new Error('A file of the feed state was not brought along.');
      return path;
    });
    await duck.run(`create or replace temp view before_${table} as ${recordsIn(table, paths)}`);
  }
  await duck.run(
    `create or replace temp table row_before as ${RECORD_TABLES.map(
      (table) => `select record_ref, collection_date from before_${table}`,
    ).join(' union ')}`,
  );
  return bytes;
}

/** A record table read with the columns of today: one added since an old file was written is empty there. */
function recordsIn(table: RecordTable, paths: readonly string[]): string {
  const columns = Object.entries(RECORD_COLUMNS[table]);
  const empty = `select ${columns.map(([name, type]) => `cast(null as ${type}) as ${name}`).join(', ')} where false`;
  return paths.length === 0 ? empty : `${empty} union all by name select * from ${parquetFiles(paths)}`;
}

/** Full: all before it is withdrawn. Changes: upserts and deletions. Nil: nothing. The oldest collection date stays. */
async function applyDelivery(duck: Duck, delivery: StagedInput, source: number): Promise<void> {
  if (delivery.kind === 'nil' || delivery.files === null) return;
  const change = parquetFiles([delivery.files.change]);
  const upserts = `select incoming.record_ref, least(incoming.collection_date, known.collection_date) as collection_date, ${source} as source
    from ${change} incoming left join row_now known on known.record_ref = incoming.record_ref where incoming.change = 'upsert'`;
  const others = `select known.record_ref, known.collection_date, known.source from row_now known
    anti join ${change} incoming on incoming.record_ref = known.record_ref`;
  await duck.run(
    `create or replace temp table row_next as ${delivery.kind === 'full' ? upserts : `${upserts} union all ${others}`}`,
  );
  await duck.run('drop table row_now; alter table row_next rename to row_now');
}

async function dropExpired(duck: Duck, floor: IsoDate): Promise<number> {
  const isPast = `collection_date < cast(${sqlText(floor)} as date)`;
  await duck.run(
    `create or replace temp table expired_now as select record_ref from row_now where ${isPast}`,
  );
  await duck.run(`delete from row_now where ${isPast}`);
  const [row] = await duck.rows<{ readonly expired: number }>('select count(*) as expired from expired_now');
  return row?.expired ?? 0;
}

/** Temp tables `after_<table>` with the content in force, sorted so that a month is one stretch. */
async function putTogether(duck: Duck, inOrder: readonly StagedInput[]): Promise<void> {
  for (const table of RECORD_TABLES) {
    const staged = inOrder.flatMap((delivery, index) =>
      delivery.files === null || delivery.kind === 'nil'
        ? []
        : [`select *, ${index + 1} as source from (${recordsIn(table, [delivery.files[table]])})`],
    );
    const all = [`select *, 0 as source from before_${table}`, ...staged].join(' union all by name ');
    const names = Object.keys(RECORD_COLUMNS[table]);
    const columns = names.map((name) =>
      name === 'collection_date' ? 'row_now.collection_date' : `content.${name}`,
    );
    await duck.run(
      `create or replace temp table after_${table} as
       select ${columns.join(', ')} from (${all}) content
       join row_now on row_now.record_ref = content.record_ref and row_now.source = content.source
       order by row_now.collection_date, ${keyOf(table)
         .map((name) => `content.${name}`)
         .join(', ')}`,
    );
  }
}

/** What names one line of a table. */
const keyOf = (table: RecordTable): readonly string[] =>
  table === 'event' ? ['record_ref', 'event_no'] : ['record_ref'];

/** Compares rows by a digest of all they hold, before and after. */
async function countRows(
  duck: Duck,
): Promise<Pick<MergeCounts, 'inserted' | 'updated' | 'unchanged' | 'withdrawn' | 'rows'>> {
  const [row] = await duck.rows<Record<'inserted' | 'updated' | 'unchanged' | 'withdrawn', number>>(`
    with
    before as (${contentOf('before')}),
    after as (${contentOf('after')})
    select
      count(*) filter (where before.record_ref is null) as inserted,
      count(*) filter (where before.content <> after.content) as updated,
      count(*) filter (where before.content = after.content) as unchanged,
      count(*) filter (where after.record_ref is null and expired_now.record_ref is null) as withdrawn
    from before
    full join after on after.record_ref = before.record_ref
    left join expired_now on expired_now.record_ref = before.record_ref`);
  const counts = {
    inserted: row?.inserted ?? 0,
    updated: row?.updated ?? 0,
    unchanged: row?.unchanged ?? 0,
    withdrawn: row?.withdrawn ?? 0,
  };
  return { ...counts, rows: counts.inserted + counts.updated + counts.unchanged };
}

/** Within one run DuckDB's own 64-bit hash is enough to tell whether a row changed; nothing is kept of it. */
function contentOf(prefix: 'before' | 'after'): string {
  const lines = RECORD_TABLES.map((table) => {
    const names = Object.keys(RECORD_COLUMNS[table]);
    return `select record_ref, hash(${sqlText(table)}, ${names.join(', ')}) as line from ${prefix}_${table}`;
  });
  return `select record_ref, bit_xor(line) as content from (${lines.join(' union all ')}) group by record_ref`;
}

interface WrittenMonths {
  readonly months: FeedState['months'];
  readonly newFiles: readonly { readonly key: string; readonly path: string }[];
  readonly rewritten: number;
  readonly kept: number;
}

/** A month whose rows are what they were keeps its file; the others get a new one, named by what it holds. */
async function writeMonths({ duck, state, outDir }: MergeRequest): Promise<WrittenMonths> {
  const months: Record<Month, Partial<Record<RecordTable, DataFile>>> = {};
  const newFiles: { readonly key: string; readonly path: string }[] = [];
  const rewritten = new Set<Month>();
  for (const table of RECORD_TABLES) {
    const made = await duck.digests(
      `select *, strftime(collection_date, '%Y-%m') as month from after_${table}`,
      'month',
    );
    for (const { group: month, rows, digest } of made) {
      const known = state.months[month]?.[table];
      let file = known?.digest === digest ? known : undefined;
      if (file === undefined) {
        rewritten.add(month);
        const path = join(outDir, `${table}-${month}.parquet`);
        const order = keyOf(table).join(', ');
        await duck.write(
          `select * from after_${table} where strftime(collection_date, '%Y-%m') = ${sqlText(month)} order by ${order}`,
          path,
          'zstd',
        );
        const key = keys.records.data(month, table, state.partner, state.feed, digest);
        newFiles.push({ key, path });
        file = { key, rows, bytes: statSync(path).size, digest };
      }
      months[month] = { ...months[month], [table]: file };
    }
  }
  for (const [month, tables] of Object.entries(state.months)) {
    if (Object.keys(tables).some((table) => months[month]?.[table as RecordTable] === undefined))
      rewritten.add(month);
  }
  const inMonthOrder = Object.entries(months).toSorted(([left], [right]) => (left < right ? -1 : 1));
  const kept = inMonthOrder.filter(([month]) => !rewritten.has(month)).length;
  return { months: Object.fromEntries(inMonthOrder), newFiles, rewritten: rewritten.size, kept };
}
