/** Report A on tiny tables: every answer here was worked out by hand. */
import { describe, expect, it } from 'vitest';

import { ask, drawn, openTiny, reportSql, SNAPSHOT, type TinyTables } from './tiny-tables.ts';

const REPORT = 'serious-violence-by-district';
const parameters = (from: string, to: string, snapshot = SNAPSHOT): readonly string[] => [
  from, to, snapshot, snapshot, 'serious-violence.v1', snapshot, '2020-01-01', snapshot, snapshot,
]; // prettier-ignore

const areas = drawn(`
  lsoa21cd  | lad24cd   | lad24nm
  E01000001 | E06000038 | Reading
  E01000002 | E06000038 | Reading
  E01000003 | E07000178 | Oxford
`);
const definition = drawn(`
  definition_version   | code | needs        | kind
  serious-violence.v1  | 5D   | none         | Grievous harm
  serious-violence.v1  | 34B  | knife        | Knife
  serious-violence.v1  | 92A  | county_lines | County lines
  serious-violence.v0  | 9A   | none         | Public fear
`);

/** Everyone's record names them; `restricted` rows carry the mark. */
function people(rows: string): TinyTables {
  const persons = drawn(rows);
  return {
    record_person: persons.map(({ record_ref, person_id }) => ({
      record_ref: record_ref ?? null,
      person_id: person_id ?? null,
    })),
    person_record: persons.map(({ record_ref, restricted, collected }) => ({
      record_ref: record_ref ?? null,
      restricted: restricted ?? null,
      collection_date: collected ?? '2026-01-01',
    })),
  };
}

const events = (rows: string): TinyTables => ({
  event_record: drawn(rows).map((row) => ({ event_type: 'offence', ...row })),
});

const printed = async (tables: TinyTables, from = '2026-01-01', to = '2026-04-01'): Promise<unknown> => {
  const database = await openTiny({ area: areas, serious_violence_kind: definition, ...tables });
  return ask(database, reportSql(REPORT), parameters(from, to));
};

describe('serious violence by district', () => {
  it('has a row for every district, kind and quarter when nothing happened, with true zeros', async () => {
    const rows = await printed({}, '2025-10-01', '2026-04-01');

    expect(rows).toHaveLength(2 * 3 * 2);
    expect(rows).toContainEqual(['E07000178', 'Oxford', 'Knife', '2026-01-01', 0, 0]);
    expect(new Set((rows as unknown[][]).flatMap((row) => row.slice(4)))).toEqual(new Set([0]));
  });

  it('counts nothing of a record whose six years are over, whatever the snapshot still holds', async () => {
    const offence = `
      record_ref | occurrence_ref | code | role    | event_date | lad24cd
      r1         | o1             | 5D   | suspect | 2026-02-01 | E06000038
    `;
    const counted = async (collected: string): Promise<unknown> =>
      (
        (await printed({
          ...people(`
          record_ref | person_id | collected
          r1         | p1        | ${collected}
        `),
          ...events(offence),
        })) as unknown[][]
      ).reduce((sum, row) => sum + Number(row[4]), 0);

    expect(await counted('2020-01-01')).toBe(1);
    expect(await counted('2019-12-31')).toBe(0);
  });

  it('counts an offence once however many people and records speak of it, and its suspects and victims apart', async () => {
    const rows = await printed({
      ...people(`
        record_ref | person_id | restricted
        r1         | ada       | no
        r2         | bert      | -
        r3         | bert      | no
        r4         | cleo      | no
      `),
      ...events(`
        record_ref | event_ref | occurrence_ref | code | role    | event_date | lad24cd
        r1         | e1        | o1             | 5D   | suspect | 2026-01-05 | E06000038
        r2         | e2        | o1             | 5D   | victim  | 2026-01-05 | E06000038
        r3         | e3        | o2             | 5D   | victim  | 2026-03-31 | E06000038
        r4         | e4        | o2             | 5D   | witness | 2026-03-31 | E06000038
      `),
    });

    expect(rows).toContainEqual(['E06000038', 'Reading', 'Grievous harm', '2026-01-01', 2, 2]);
  });

  it('counts an offence with a need only when it carries it, and none of another version', async () => {
    const rows = await printed({
      ...people(`
        record_ref | person_id | restricted
        r1         | ada       | no
        r2         | bert      | no
        r3         | cleo      | no
        r4         | dora      | no
        r5         | emil      | no
      `),
      ...events(`
        record_ref | event_ref | occurrence_ref | code | role    | event_date | lad24cd   | knife | county_lines
        r1         | e1        | o1             | 34B  | suspect | 2026-02-01 | E07000178 | yes   | -
        r2         | e2        | o2             | 34B  | suspect | 2026-02-01 | E07000178 | no    | yes
        r3         | e3        | o3             | 34B  | suspect | 2026-02-01 | E07000178 | -     | no
        r4         | e4        | o4             | 92A  | suspect | 2026-02-01 | E07000178 | no    | yes
        r5         | e5        | o5             | 9A   | suspect | 2026-02-01 | E07000178 | yes   | yes
      `),
    });

    expect((rows as unknown[][]).filter((row) => row[0] === 'E07000178').map((row) => row.slice(2))).toEqual([
      ['County lines', '2026-01-01', 1, 1],
      ['Grievous harm', '2026-01-01', 0, 0],
      ['Knife', '2026-01-01', 1, 1],
    ]);
  });

  it('puts an offence in the quarter of its day and leaves out the day after the period', async () => {
    const rows = await printed(
      {
        ...people(`
          record_ref | person_id | restricted
          r1         | ada       | no
        `),
        ...events(`
          record_ref | event_ref | occurrence_ref | code | role    | event_date | lad24cd
          r1         | e0        | o0             | 5D   | suspect | 2025-09-30 | E06000038
          r1         | e1        | o1             | 5D   | suspect | 2025-10-01 | E06000038
          r1         | e2        | o2             | 5D   | suspect | 2025-12-31 | E06000038
          r1         | e3        | o3             | 5D   | suspect | 2026-01-01 | E06000038
          r1         | e4        | o4             | 5D   | suspect | 2026-04-01 | E06000038
        `),
      },
      '2025-10-01',
      '2026-04-01',
    );

    const reading = (rows as unknown[][]).filter((row) => row[1] === 'Reading' && row[2] === 'Grievous harm');
    expect(reading.map((row) => row.slice(3))).toEqual([
      ['2025-10-01', 2, 1],
      ['2026-01-01', 1, 1],
    ]);
  });

  it('leaves out restricted records, and with the last of them the offence', async () => {
    const rows = await printed({
      ...people(`
        record_ref | person_id | restricted
        r1         | ada       | yes
        r2         | bert      | no
        r3         | ada       | yes
      `),
      ...events(`
        record_ref | event_ref | occurrence_ref | code | role    | event_date | lad24cd
        r1         | e1        | o1             | 5D   | suspect | 2026-01-05 | E06000038
        r2         | e2        | o1             | 5D   | victim  | 2026-01-05 | E06000038
        r3         | e3        | o2             | 5D   | victim  | 2026-01-06 | E06000038
      `),
    });

    expect(rows).toContainEqual(['E06000038', 'Reading', 'Grievous harm', '2026-01-01', 1, 1]);
  });

  it('reads one snapshot only', async () => {
    const tables = {
      ...people(`
        record_ref | person_id | restricted
        r1         | ada       | no
      `),
      event_record: drawn(`
        record_ref | event_ref | occurrence_ref | event_type | code | role    | event_date | lad24cd   | snapshot
        r1         | e1        | o1             | offence    | 5D   | suspect | 2026-01-05 | E06000038 | snap-old
      `),
    };

    expect(await printed(tables)).toContainEqual([
      'E06000038',
      'Reading',
      'Grievous harm',
      '2026-01-01',
      0,
      0,
    ]);
  });

  it('answers no rows for a snapshot that does not exist, so whoever binds it must check', async () => {
    const database = await openTiny({ area: areas, serious_violence_kind: definition });

    expect(
      await ask(database, reportSql(REPORT), parameters('2026-01-01', '2026-04-01', 'snap-none')),
    ).toEqual([]);
  });
});
