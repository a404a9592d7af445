import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../cli/commands/run.ts';
import { keys } from '../../pipeline/zones.ts';
import {
  feedStateOf,
  keysUnder,
  linkedRows,
  rowsOf,
  snapshotInForce,
  startPlatform,
  versionsUnder,
  zoneOf,
  type Platform,
} from '../platform/platform.ts';
import { CHILDREN, childrenChanges, childrenFile, involvementsFile } from '../platform/people.ts';

const OXON = 'oxfordshire-county-council';
const CHILDREN_FEED = 'social-care-children';

let platform: Platform;
const runs = new Map<string, RunSummary>();
const step = (run: string, name: string): Readonly<Record<string, unknown>> =>
  runs.get(run)?.steps[name] ?? {};
const everything = async () => ({
  persons: await linkedRows<{ record_ref: string; person_id: string }>(
    platform,
    'record_person',
    'record_ref',
  ),
  people: await linkedRows(platform, 'person_record', 'record_ref'),
  events: await linkedRows(platform, 'event_record', 'event_ref'),
  relations: await linkedRows<{ record_ref: string; related_person_id: string }>(
    platform,
    'relation_record',
    'record_ref',
  ),
});

beforeAll(async () => {
  platform = await startPlatform();
  await platform.upload(
    'oxon-uploader',
    { feed: CHILDREN_FEED, kind: 'full', rows: 3 },
    { text: childrenFile() },
  );
  await platform.upload(
    'tvp-uploader',
    { feed: 'police-involvements', kind: 'full' },
    { text: involvementsFile() },
  );
  runs.set('first', await platform.run('first'));
});
afterAll(() => platform.stop());

describe('a daily run', () => {
  it('carries every accepted row to a snapshot, under one person where two agencies know them', async () => {
    const { persons, people, events, relations } = await everything();
    expect([people.length, events.length]).toEqual([6, 7]);
    // Nia at social care and at the police, Idris twice at the police, Tunde and Kasia once each.
    const sizes = new Map<string, number>();
    for (const { person_id } of persons) sizes.set(person_id, (sizes.get(person_id) ?? 0) + 1);
    expect([...sizes.values()].sort()).toEqual([1, 1, 2, 2]);
    const nia = relations[0]?.related_person_id ?? '';
    expect(sizes.get(nia)).toBe(2);
  });

  it('leaves no name, date of birth, postcode or own key of a partner in the linked tables', async () => {
    const text = JSON.stringify(await everything());
    for (const secret of [
      'Nia',
      'Pretend',
      'Idris',
      '2009-03-14',
      '1999-01-02',
      'ZZ22',
      'OX-1',
      'N-2',
      'OCC-1',
    ])
      expect(text).not.toContain(secret);
  });

  it('changes nothing when the same delivery comes again, and rewrites no file', async () => {
    const before = await everything();
    const state = await feedStateOf(platform, OXON, CHILDREN_FEED);
    const snapshot = await snapshotInForce(platform);
    await platform.upload(
      'oxon-uploader',
      { feed: CHILDREN_FEED, kind: 'full', rows: 3 },
      { text: childrenFile() },
    );
    runs.set('again', await platform.run('again'));
    expect(await everything()).toEqual(before);
    expect((await feedStateOf(platform, OXON, CHILDREN_FEED)).months).toEqual(state.months);
    expect(step('again', `normalise/${OXON}/${CHILDREN_FEED}`)).toMatchObject({
      counts: { inserted: 0, updated: 0, withdrawn: 0, unchanged: 3, monthsRewritten: 0, bytesWritten: 0 },
    });
    expect(step('again', 'match')).toMatchObject({ unchanged: true });
    const files = Object.values(snapshot.tables).flatMap((months) => Object.keys(months)).length + 3;
    expect(step('again', 'publish')).toMatchObject({
      filesRewritten: 0,
      filesCopied: files,
      bytesWritten: 0,
    });
  });

  it('rewrites only the month a correction touches, copies the rest on the server, and says what it read and wrote', async () => {
    const before = await snapshotInForce(platform);
    const corrected = { ...CHILDREN[2], change: 'upsert', forename: 'Kasia', factor_codes: '24A;10A' };
    await platform.upload(
      'oxon-uploader',
      { feed: CHILDREN_FEED, kind: 'changes' },
      { text: childrenChanges([corrected]) },
    );
    runs.set('corrected', await platform.run('corrected'));
    expect(step('corrected', `normalise/${OXON}/${CHILDREN_FEED}`)).toMatchObject({
      counts: { inserted: 0, updated: 1, withdrawn: 0, unchanged: 2, monthsRewritten: 1, monthsKept: 1 },
    });
    const after = await snapshotInForce(platform);
    const rewritten = Object.entries(after.tables).flatMap(([table, months]) =>
      Object.entries(months)
        .filter(([month, { digest }]) => before.tables[table as 'event_record'][month]?.digest !== digest)
        .map(([month]) => `${table} ${month}`),
    );
    expect(rewritten).toEqual(['event_record 2026-05']);
    expect(step('corrected', 'publish')).toMatchObject({ filesRewritten: 1 });
    expect(step('corrected', 'publish').bytesCopied).toBeGreaterThan(0);
  });

  it('keeps every person’s id through a correction', async () => {
    const persons = await linkedRows<{ person_id: string }>(platform, 'record_person', 'record_ref');
    expect(new Set(persons.map(({ person_id }) => person_id)).size).toBe(4);
    expect(step('corrected', 'match')).toMatchObject({ created: 0, kept: 4, merged: 0, split: 0 });
  });

  describe('after a partner has withdrawn a person', () => {
    beforeAll(async () => {
      const gone = { ...CHILDREN[0], change: 'delete' };
      await platform.upload(
        'oxon-uploader',
        { feed: CHILDREN_FEED, kind: 'changes' },
        { text: childrenChanges([gone]) },
      );
      runs.set('withdrawn', await platform.run('withdrawn'));
    });

    it('has no record of theirs from that partner, in records, link state or the snapshot', async () => {
      expect(step('withdrawn', `normalise/${OXON}/${CHILDREN_FEED}`)).toMatchObject({
        counts: { withdrawn: 1 },
      });
      const state = await feedStateOf(platform, OXON, CHILDREN_FEED);
      const inForce = Object.values(state.months).flatMap(({ person }) =>
        person === undefined ? [] : [person.key],
      );
      const matching = platform.asFunction('match-people');
      const rows = await rowsOf<{ person_key: string }>(matching, zoneOf('records'), inForce, 'record_ref');
      expect(rows.map(({ person_key }) => person_key).sort()).toEqual(['OX-2', 'OX-3']);
      const assigned = await keysUnder(matching, zoneOf('link-state'), 'collection_month=');
      const parties = await rowsOf<{ partner: string; person_key: string }>(
        matching,
        zoneOf('link-state'),
        assigned,
        'record_ref',
      );
      expect(parties.map(({ person_key }) => person_key)).not.toContain('OX-1');
      expect((await everything()).people).toHaveLength(5);
    });

    it('has no relation that points at them', async () => {
      expect((await everything()).relations).toEqual([]);
    });

    it('keeps no older snapshot, replaced file or old version in which they still stand', async () => {
      const purging = platform.asFunction('purge-expired');
      const manifest = await snapshotInForce(platform);
      const kept = new Set([
        ...Object.values(manifest.tables).flatMap((months) => Object.values(months).map(({ key }) => key)),
        ...Object.values(manifest.reference).map(({ key }) => key),
      ]);
      const linked = [
        ...(await versionsUnder(purging, zoneOf('linked'), 'collection_month=')),
        ...(await versionsUnder(purging, zoneOf('linked'), 'reference/')),
      ];
      expect(linked.map((version) => version.split(' ')[0])).toEqual([...kept].sort());
      const states = await Promise.all([
        feedStateOf(platform, OXON, CHILDREN_FEED),
        feedStateOf(platform, 'thames-valley-police', 'police-involvements'),
      ]);
      const inForce = states.flatMap(({ months }) =>
        Object.values(months).flatMap((tables) => Object.values(tables).map(({ key }) => key)),
      );
      const records = await versionsUnder(purging, zoneOf('records'), 'collection_month=');
      expect(records.map((version) => version.split(' ')[0])).toEqual(inForce.sort());
      expect(await versionsUnder(purging, zoneOf('records'), 'staging/')).toEqual([]);
    });

    it('still knows them by what the police hold', async () => {
      const { persons } = await everything();
      expect(persons).toHaveLength(5);
      expect(new Set(persons.map(({ person_id }) => person_id)).size).toBe(4);
    });
  });

  it('writes its acts into a sealed ledger, without a word of anybody', async () => {
    const auditor = platform.as('tvp-auditor').s3;
    const { textOf } = await import('../platform/platform.ts');
    const { verifyChain } = await import('../../pipeline/ledger/chain.ts');
    const bytes = async (prefix: string): Promise<Uint8Array[]> =>
      Promise.all(
        (await keysUnder(auditor, zoneOf('ledger'), prefix)).map(async (key) =>
          Buffer.from(await textOf(auditor, zoneOf('ledger'), key)),
        ),
      );
    const [links, segments] = [await bytes(keys.ledger.chain), await bytes(keys.ledger.segments)];
    expect(verifyChain(links, segments)).toMatchObject({ ok: true, unsealed: [] });
    const all = Buffer.concat(segments).toString('utf8');
    for (const act of [
      'delivery-accepted',
      'records-withdrawn',
      'people-matched',
      'snapshot-published',
      'versions-deleted',
    ])
      expect(all).toContain(act);
    for (const secret of ['Nia', 'Pretend', '2009-03-14', 'ZZ22', 'OX-1']) expect(all).not.toContain(secret);
  });
});
