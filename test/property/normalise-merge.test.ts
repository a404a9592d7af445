/** What is always true when deliveries are applied to the records in force. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateDelivery } from '../../pipeline/landing/validate.ts';
import { type MergeResult, mergeFeed, type StagedInput } from '../../pipeline/normalise/merge.ts';
import { openStaging } from '../../pipeline/normalise/stage.ts';
import { type Duck, openDuck, parquetFiles } from '../../pipeline/parquet.ts';
import { type FeedState, RECORD_TABLES, retentionFloor } from '../../pipeline/zones.ts';
import { type Cells, csv, police, row, rows, TODAY } from '../spec/deliveries.ts';

const POSTCODES = new URL('../../contracts/reference/postcodes.csv', import.meta.url).pathname;
const EMPTY: FeedState = {
  partner: 'thames-valley-police',
  feed: 'police-involvements',
  appliedDelivery: null,
  appliedRun: null,
  considered: [],
  lastExtracted: null,
  months: {},
};

let folder = '';
let duck: Duck;
let made = 0;
/** Path of every file written so far, by key: what the caller would download. */
const files: Record<string, string> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'merge-'));
  duck = await openDuck({ memoryMb: 512, threads: 1, tempDir: folder });
});
afterAll(async () => {
  await duck.close();
  rmSync(folder, { recursive: true });
});

const newFolder = (): string => mkdtempSync(join(folder, `${++made}-`));

async function stage(
  deliveryId: string,
  records: readonly Cells[],
  kind: 'full' | 'changes' = 'full',
  extracted: string | null = null,
): Promise<StagedInput> {
  const staging = openStaging({
    contract: police,
    partner: EMPTY.partner,
    secret: Buffer.alloc(32, 1),
    folder: newFolder(),
  });
  const result = await validateDelivery({
    file: [Buffer.from(csv(police, records, kind === 'changes' ? ['change'] : []))],
    contract: police,
    declared: { kind, rows: null, extracted },
    today: TODAY,
    sink: staging.sink,
  });
  expect(result.errors).toEqual([]);
  const staged = await staging.finish(duck, POSTCODES);
  const paths = Object.fromEntries(Object.entries(staged).map(([table, { path }]) => [table, path]));
  return { deliveryId, kind, extracted, files: paths as StagedInput['files'] };
}

async function merge(state: FeedState, staged: readonly StagedInput[], today = TODAY): Promise<MergeResult> {
  const result = await mergeFeed({
    duck,
    state,
    stateFiles: files,
    staged,
    runId: 'run-1',
    retentionFloor: retentionFloor(today),
    outDir: newFolder(),
  });
  for (const { key, path } of result.newFiles) files[key] = path;
  return result;
}

async function inForce(state: FeedState, column: string): Promise<readonly string[]> {
  const paths = Object.values(state.months).flatMap((tables) =>
    tables.person ? [files[tables.person.key] ?? ''] : [],
  );
  if (paths.length === 0) return [];
  const found = await duck.rows<Record<string, string>>(
    `select ${column} as value from ${parquetFiles(paths)} order by 1`,
  );
  return found.map((record) => record['value'] ?? '');
}

const D1 = '20261101T000000Z-0000000000000001';
const D2 = '20261102T000000Z-0000000000000002';
const D3 = '20261103T000000Z-0000000000000003';
const person = (number: number, surname: string, cells: Cells = {}): Cells =>
  row(police, number, { surname, ...cells });

describe('deliveries applied to the records in force', () => {
  it('the same delivery twice changes nothing: no month is rewritten, no byte written', async () => {
    const first = await merge(EMPTY, [await stage(D1, rows(police, 30))]);
    const again = await merge(first.state, [await stage(D2, rows(police, 30))]);

    expect(first.counts).toMatchObject({ inserted: 30, rows: 30, monthsRewritten: 1 });
    expect(again.counts).toMatchObject({
      inserted: 0,
      updated: 0,
      unchanged: 30,
      withdrawn: 0,
      bytesWritten: 0,
    });
    expect(again.state.months).toEqual(first.state.months);
  });

  it('what a full delivery leaves out is withdrawn from every table', async () => {
    const first = await merge(EMPTY, [await stage(D1, [person(1, 'Alpha'), person(2, 'Beta')])]);
    const after = await merge(first.state, [await stage(D2, [person(2, 'Beta')])]);

    expect(after.counts).toMatchObject({ withdrawn: 1, unchanged: 1 });
    expect(await inForce(after.state, 'surname')).toEqual(['Beta']);
    for (const table of RECORD_TABLES) {
      const left = Object.values(after.state.months).map((tables) => tables[table]?.rows ?? 0);
      expect(Math.max(0, ...left)).toBeLessThanOrEqual(1);
    }
  });

  it('changes put rows in, mend rows and take rows out, and leave the others alone', async () => {
    const first = await merge(EMPTY, [
      await stage(D1, [person(1, 'Alpha'), person(2, 'Beta'), person(3, 'Gamma')]),
    ]);
    const changes = [
      { ...person(1, ''), change: 'delete', role: '', recorded_date: '' },
      { ...person(2, 'Bethan'), change: 'upsert' },
      { ...person(4, 'Delta'), change: 'upsert' },
      { ...person(9, 'Nobody'), change: 'delete' },
    ];
    const after = await merge(first.state, [await stage(D2, changes, 'changes')]);

    expect(after.counts).toMatchObject({ inserted: 1, updated: 1, withdrawn: 1, unchanged: 1 });
    expect(await inForce(after.state, 'surname')).toEqual(['Bethan', 'Delta', 'Gamma']);
  });

  it('a nil return changes nothing', async () => {
    const first = await merge(EMPTY, [await stage(D1, rows(police, 3))]);
    const after = await merge(first.state, [{ deliveryId: D2, kind: 'nil', extracted: null, files: null }]);

    expect(after.state.months).toEqual(first.state.months);
    expect(after.applied).toEqual([D2]);
  });

  it('a collection date is never reset by an update, neither later nor by a full delivery', async () => {
    const early = person(1, 'Alpha', { recorded_date: '2025-03-15' });
    const late = person(1, 'Alfa', { recorded_date: '2026-01-02' });
    const first = await merge(EMPTY, [await stage(D1, [early])]);

    const byChange = await merge(first.state, [await stage(D2, [{ ...late, change: 'upsert' }], 'changes')]);
    const byFull = await merge(first.state, [await stage(D3, [late])]);

    expect(await inForce(byChange.state, 'collection_date')).toEqual(['2025-03-15']);
    expect(await inForce(byFull.state, 'collection_date')).toEqual(['2025-03-15']);
    expect(await inForce(byFull.state, 'surname')).toEqual(['Alfa']);
  });

  it('in whatever order deliveries of one run are listed, the newest data wins', async () => {
    const old = await stage(D1, [person(1, 'Alpha')], 'full', '2026-10-01');
    const middle = await stage(D3, [{ ...person(1, 'Beta'), change: 'upsert' }], 'changes', '2026-10-02');
    const newest = await stage(D2, [{ ...person(1, 'Gamma'), change: 'upsert' }], 'changes', '2026-10-03');
    const orders = [
      [old, middle, newest],
      [newest, middle, old],
      [middle, newest, old],
    ];

    const states = [];
    for (const order of orders) states.push((await merge(EMPTY, order)).state);

    expect(await inForce(states[0] ?? EMPTY, 'surname')).toEqual(['Gamma']);
    expect(new Set(states.map((state) => JSON.stringify(state))).size).toBe(1);
  });

  it('a delivery taken before the data in force changes nothing and is named as superseded', async () => {
    const first = await merge(EMPTY, [await stage(D2, [person(1, 'Alpha')], 'full', '2026-10-05')]);
    const after = await merge(first.state, [await stage(D3, [person(1, 'Old')], 'full', '2026-10-01')]);

    expect(after.superseded).toEqual([D3]);
    expect(after.state).toEqual(first.state);
  });

  it('a row is held until its six years are over, and goes that day', async () => {
    const leap = person(1, 'Leap', { recorded_date: '2020-02-29' });
    const next = person(2, 'Next', { recorded_date: '2020-03-02' });
    const first = await merge(EMPTY, [await stage(D1, [leap, next])], '2026-02-27');
    const surnames = async (today: string): Promise<readonly string[]> =>
      inForce((await merge(first.state, [], today)).state, 'surname');

    // 2026 has no 29 February: what was collected on that day goes on 1 March.
    expect(await surnames('2026-02-28')).toEqual(['Leap', 'Next']);
    expect(await surnames('2026-03-01')).toEqual(['Next']);
    expect(await surnames('2026-03-02')).toEqual([]);

    const last = await merge(first.state, [], '2026-03-02');
    expect(last.counts).toMatchObject({ expired: 2, withdrawn: 0 });
    expect(last.state.months).toEqual({});
  });

  it('a row whose six years were over before it was sent is never held', async () => {
    const result = await merge(EMPTY, [
      await stage(D1, [person(1, 'Late', { recorded_date: '2020-11-24' })]),
    ]);
    expect(result.counts).toMatchObject({ inserted: 0, expired: 1 });
    expect(result.state.months).toEqual({});
  });

  it('only the months that changed get new files, and equal content makes equal bytes', async () => {
    const records = [
      person(1, 'Alpha', { recorded_date: '2025-03-15' }),
      person(2, 'Beta', { recorded_date: '2025-04-15' }),
    ];
    const first = await merge(EMPTY, [await stage(D1, records)]);
    const again = await merge(EMPTY, [await stage(D1, records.toReversed())]);
    const changed = [{ ...person(2, 'Bethan', { recorded_date: '2025-04-15' }), change: 'upsert' }];
    const after = await merge(first.state, [await stage(D2, changed, 'changes')]);

    expect(after.counts).toMatchObject({ monthsRewritten: 1, monthsKept: 1, filesWritten: 1 });
    expect(after.state.months['2025-03']).toEqual(first.state.months['2025-03']);
    expect(again.state.months).toEqual(first.state.months);
    for (const [place, { path }] of first.newFiles.entries()) {
      expect(readFileSync(again.newFiles[place]?.path ?? '').equals(readFileSync(path))).toBe(true);
    }
  });
});
