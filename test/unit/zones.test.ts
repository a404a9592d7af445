import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keys, LINKED_TABLES, RECORD_TABLES, retentionFloor } from '../../pipeline/zones.ts';

describe('six years from collection, to the day', () => {
  it.each([
    // today, first collection date still held
    ['2026-11-24', '2020-11-25'],
    ['2026-03-01', '2020-03-02'],
    ['2026-02-28', '2020-02-29'],
    ['2028-02-29', '2022-03-01'],
    ['2024-02-29', '2018-03-01'],
    ['2026-12-31', '2021-01-01'],
    ['2027-01-01', '2021-01-02'],
  ])('on %s, records collected from %s are held', (today, floor) => {
    expect(retentionFloor(today)).toBe(floor);
  });

  it('never holds a record on the sixth anniversary of its collection, nor lets one go before', () => {
    const days = fc
      .integer({ min: 0, max: 40_000 })
      .map((day) => new Date(Date.UTC(2000, 0, 1) + day * 86_400_000));
    const iso = (date: Date): string => date.toISOString().slice(0, 10);
    fc.assert(
      fc.property(days, (collected) => {
        const anniversary = new Date(collected);
        anniversary.setUTCFullYear(collected.getUTCFullYear() + 6);
        const eve = new Date(anniversary.getTime() - 86_400_000);
        expect(retentionFloor(iso(anniversary)) > iso(collected)).toBe(true);
        expect(retentionFloor(iso(eve)) <= iso(collected)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('keys', () => {
  it('begin with the collection month wherever rows lie, so that one dated rule a month clears every zone', () => {
    const rows = [
      ...RECORD_TABLES.map((table) => keys.records.data('2026-01', table, 'p', 'f', 'd')),
      keys.linkState.data('2026-01', 'assignment', 'd'),
      ...LINKED_TABLES.map((table) => keys.linked.data('2026-01', table, 's')),
    ];
    for (const key of rows) expect(key).toMatch(/^collection_month=2026-01\//);
  });
});
