/** Publishes the linked tables as a new snapshot: changed months are made anew, the rest copied on the server, then one pointer moves. */
import { join } from 'node:path';
import { z } from 'zod';
import { linkedTableSql, MADE_FROM } from '../pipeline/match/linked-tables.ts';
import { referenceTables } from '../pipeline/match/reference-tables.ts';
import { openDuck, type Duck } from '../pipeline/parquet.ts';
import {
  keys,
  LINKED_TABLES,
  RECORD_TABLES,
  type DataFile,
  type FeedState,
  type LinkedFile,
  type LinkedTable,
  type Month,
  type RecordTable,
  type ReferenceTable,
  type RunPlan,
  type SnapshotManifest,
} from '../pipeline/zones.ts';
import { recordActs } from './acts.ts';
import { bucket, contractsFolder } from './environment.ts';
import { taskHandler } from './handler.ts';
import type { LinkState } from './match-people.ts';
import {
  copy,
  download,
  eachOf,
  getJson,
  list,
  putJson,
  replacePointer,
  RetryableError,
  sha256,
  upload,
  withScratch,
} from './objects.ts';
import { pseudonymSecret } from './pseudonym-secret.ts';
import { feedStates, recordFiles, type RecordFile } from './record-files.ts';

const input = z.strictObject({ runId: z.string() });

export const handler = taskHandler(input, async ({ runId }) => {
  const plan = (await getJson<RunPlan>(bucket('control'), keys.control.plan(runId)))?.value;
  if (plan === undefined) throw new Error('the run has no plan');
  const pointer = await getJson<{ snapshot: string }>(bucket('linked'), keys.linked.current);
  // A retry after the pointer moved: what was told before it did stands, and its account may still be missing.
  if (pointer?.value.snapshot === plan.snapshot) return account(plan);
  const before =
    pointer === null
      ? null
      : ((await getJson<SnapshotManifest>(bucket('linked'), keys.linked.manifest(pointer.value.snapshot)))
          ?.value ?? null);
  const states = await feedStates();
  const links = (await getJson<LinkState>(bucket('link-state'), keys.linkState.current))?.value;
  const outcome = await withScratch(async (folder) => {
    const duck = await openDuck({ memoryMb: 512, threads: 1, tempDir: folder });
    try {
      return await publish({ plan, before, states, links, duck, folder });
    } finally {
      await duck.close();
    }
  });
  await verify(outcome.manifest);
  await putJson(bucket('linked'), keys.linked.manifest(plan.snapshot), outcome.manifest, 'always');
  const { manifest, ...told } = outcome;
  await putJson(
    bucket('control'),
    keys.control.step(runId, 'publish'),
    { snapshot: manifest.snapshot, persons: manifest.persons, ...told } satisfies Told,
    'always',
  );
  await replacePointer(bucket('linked'), keys.linked.current, { snapshot: plan.snapshot, runId }, pointer);
  return account(plan);
});

type Told = Omit<Published, 'manifest'> & { readonly snapshot: string; readonly persons: number };

async function account({ runId, plannedAt, snapshot }: RunPlan) {
  const told = (await getJson<Told>(bucket('control'), keys.control.step(runId, 'publish')))?.value;
  if (told === undefined) throw new Error('what the step told is gone');
  await recordActs('publish-snapshot', runId, [
    {
      type: 'combination',
      at: plannedAt,
      actor: 'publish-snapshot',
      act: 'snapshot-published',
      purpose: 'daily-run',
      subject: { run: runId, snapshot },
      counts: { persons: told.persons, files: told.filesRewritten + told.filesCopied },
    },
  ]);
  return { runId, snapshot };
}

interface Work {
  readonly plan: RunPlan;
  readonly before: SnapshotManifest | null;
  readonly states: readonly FeedState[];
  readonly links: LinkState | undefined;
  readonly duck: Duck;
  readonly folder: string;
}

interface Published {
  readonly manifest: SnapshotManifest;
  readonly filesRewritten: number;
  readonly filesCopied: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly bytesCopied: number;
}

async function publish(work: Work): Promise<Published> {
  const { plan, before, states, links } = work;
  const files = recordFiles(states);
  const tally = { filesRewritten: 0, filesCopied: 0, bytesRead: 0, bytesWritten: 0, bytesCopied: 0 };
  const sources = new Sources(work.folder, tally);
  const secret = await pseudonymSecret('linked-ref/v1');
  const months = [...new Set(files.map(({ month }) => month))].sort();
  const tables = Object.fromEntries(LINKED_TABLES.map((table) => [table, {}])) as Record<
    LinkedTable,
    Record<Month, LinkedFile>
  >;
  const todo = months.flatMap((month) => LINKED_TABLES.map((table) => ({ month, table })));
  const assignmentKeys = Object.values(links?.months ?? {}).map(({ key }) => key);
  await eachOf(
    todo,
    async ({ month, table }) => {
      const made = await monthOfTable({
        work,
        files,
        links,
        assignmentKeys,
        sources,
        secret,
        month,
        table,
        tally,
      });
      if (made !== null) tables[table][month] = made;
    },
    4,
  );
  const manifest: SnapshotManifest = {
    snapshot: plan.snapshot,
    previous: before?.snapshot ?? null,
    runId: plan.runId,
    publishedAt: plan.plannedAt,
    extracted: Object.fromEntries(
      states.map(({ partner, feed, lastExtracted }) => [`${partner}/${feed}`, lastExtracted]),
    ),
    tables,
    reference: await publishReference(work, tally),
    persons: links?.persons ?? 0,
  };
  return { manifest, ...tally };
}

interface MonthWork {
  readonly work: Work;
  readonly files: readonly RecordFile[];
  readonly links: LinkState | undefined;
  readonly assignmentKeys: readonly string[];
  readonly sources: Sources;
  readonly secret: Uint8Array;
  readonly month: Month;
  readonly table: LinkedTable;
  readonly tally: Tally;
}
type Tally = Record<'filesRewritten' | 'filesCopied' | 'bytesRead' | 'bytesWritten' | 'bytesCopied', number>;

async function monthOfTable(given: MonthWork): Promise<LinkedFile | null> {
  const { work, files, links, assignmentKeys, sources, secret, month, table, tally } = given;
  const ofMonth = files.filter((file) => file.month === month);
  const from = MADE_FROM[table];
  const recordKeys = ofMonth.filter((file) => from.includes(file.table)).map(({ file }) => file.key);
  const needed = RECORD_TABLES.filter((name) => from.includes(name));
  if (needed.some((name) => !ofMonth.some((file) => file.table === name))) return null;
  const ownAssignment = links?.months[month];
  const linkKeys = [
    ...(from.includes('assignments') && ownAssignment !== undefined ? [ownAssignment.key] : []),
    ...(from.includes('parties') ? assignmentKeys : []),
  ];
  const known = work.before?.tables[table][month];
  const origin = sha256([TABLES_VERSION, ...recordKeys, ...linkKeys].join('\n'));
  const key = keys.linked.data(month, table, work.plan.snapshot);
  if (known?.sources === origin) return copied(known, key, tally);

  const records = Object.fromEntries(
    await eachOf(
      [...RECORD_TABLES],
      async (name) =>
        [
          name,
          await eachOf(
            ofMonth.filter((file) => file.table === name && from.includes(name)),
            ({ file }) => sources.path('records', file),
          ),
        ] as const,
    ),
  ) as Record<RecordTable, string[]>;
  const assignments =
    from.includes('assignments') && ownAssignment !== undefined
      ? [await sources.path('link-state', ownAssignment)]
      : [];
  const partyFiles = from.includes('parties')
    ? await eachOf(Object.values(links?.months ?? {}), (file) => sources.path('link-state', file))
    : [];
  if (from.includes('assignments') && assignments.length === 0) return null;
  if (from.includes('parties') && partyFiles.length === 0) return null;
  const statement = linkedTableSql(
    table,
    { records, assignments },
    { parties: partyFiles, postcodes: join(contractsFolder(), 'reference', 'postcodes.csv') },
  );
  if (statement === null) return null;
  const path = join(work.folder, `${table}-${month}.parquet`);
  const made = await work.duck.copyToParquet(
    statement.sql,
    path,
    statement.takesSecret ? [Buffer.from(secret).toString('hex')] : [],
  );
  if (made.rows === 0) return null;
  // Made again from other files, yet the same rows: the bytes already stand in the snapshot before.
  if (known?.digest === made.digest) return { ...(await copied(known, key, tally)), sources: origin };
  const bytes = await upload(path, bucket('linked'), key);
  tally.filesRewritten++;
  tally.bytesWritten += bytes;
  return { key, rows: made.rows, bytes, digest: made.digest, sources: origin };
}

/** Part of every file's origin: raised when what linkedTableSql makes of the same records changes. */
const TABLES_VERSION = 'linked-tables/1';

async function copied(known: LinkedFile, key: string, tally: Tally): Promise<LinkedFile> {
  await copy(bucket('linked'), known.key, key);
  tally.filesCopied++;
  tally.bytesCopied += known.bytes;
  return { ...known, key };
}

async function publishReference(work: Work, tally: Tally): Promise<Record<ReferenceTable, LinkedFile>> {
  const made = await referenceTables(work.duck, contractsFolder(), work.folder);
  const entries = await eachOf(made, async ({ table, path, rows, digest }) => {
    const key = keys.linked.reference(table, work.plan.snapshot);
    const known = work.before?.reference[table];
    if (known?.digest === digest) return [table, await copied(known, key, tally)] as const;
    const bytes = await upload(path, bucket('linked'), key);
    tally.filesRewritten++;
    tally.bytesWritten += bytes;
    return [table, { key, rows, bytes, digest, sources: digest }] as const;
  });
  return Object.fromEntries(entries) as Record<ReferenceTable, LinkedFile>;
}

/** Every file of the snapshot stands where the manifest says, whole, before anybody is pointed at it. */
async function verify(manifest: SnapshotManifest): Promise<void> {
  const wanted = [
    ...Object.values(manifest.tables).flatMap((months) => Object.values(months)),
    ...Object.values(manifest.reference),
  ];
  const there = new Map([
    ...(await list(bucket('linked'), 'collection_month=')).map(({ key, size }) => [key, size] as const),
    ...(await list(bucket('linked'), 'reference/')).map(({ key, size }) => [key, size] as const),
  ]);
  if (wanted.some(({ key, bytes }) => there.get(key) !== bytes))
    throw new RetryableError('a file of the snapshot is missing or not whole');
}

/** Downloads each source once, however many tables are made from it. */
class Sources {
  readonly #folder: string;
  readonly #tally: Tally;
  readonly #paths = new Map<string, Promise<string>>();
  constructor(folder: string, tally: Tally) {
    this.#folder = folder;
    this.#tally = tally;
  }
  path(zone: 'records' | 'link-state', file: DataFile): Promise<string> {
    const known = this.#paths.get(file.key);
    if (known !== undefined) return known;
    const path = join(this.#folder, `source-${this.#paths.size}.parquet`);
    const fetched = download(bucket(zone), file.key, path).then(() => path);
    this.#paths.set(file.key, fetched);
    this.#tally.bytesRead += file.bytes;
    return fetched;
  }
}
