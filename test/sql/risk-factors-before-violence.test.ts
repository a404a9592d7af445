/** Report B on tiny tables: every answer here was worked out by hand. */
import { describe, expect, it } from 'vitest';

import { ask, drawn, openTiny, reportSql, SNAPSHOT, type TinyTables } from './tiny-tables.ts';

const parameters = [
  '2025-01-01', '2026-01-01', SNAPSHOT, SNAPSHOT, 'serious-violence.v1', SNAPSHOT, '2019-01-01', SNAPSHOT, SNAPSHOT,
]; // prettier-ignore

const reference: TinyTables = {
  serious_violence_kind: drawn(`
    definition_version  | code | needs | kind
    serious-violence.v1 | 5D   | none  | Grievous harm
    serious-violence.v1 | 34B  | knife | Knife
  `),
  risk_factor: drawn(`
    code       | event_type         | factor      | label
    10A        | social-care-factor | missing     | Missing
    3A         | social-care-factor | domestic    | Domestic abuse
    3B         | social-care-factor | domestic    | Domestic abuse
    firesetter | fire-visit         | firesetting | Fire-setting
  `),
};

/** One drawn row is a record of one person with one event; an event type of `-` is a record without one. */
function histories(text: string): TinyTables {
  const rows = drawn(text).map((row, index) => ({ ...row, record_ref: `r${index}` }));
  const some = (row: Record<string, string | boolean | null>, name: string): string | boolean | null =>
    row[name] ?? null;
  return {
    ...reference,
    record_person: rows.map((row) => ({
      record_ref: some(row, 'record_ref'),
      person_id: some(row, 'person'),
    })),
    person_record: rows.map((row) => ({
      record_ref: some(row, 'record_ref'),
      feed: some(row, 'feed'),
      collection_date: some(row, 'date'),
      restricted: some(row, 'restricted'),
    })),
    event_record: rows
      .filter((row) => some(row, 'type') !== null)
      .map((row) => ({
        record_ref: some(row, 'record_ref'),
        feed: some(row, 'feed'),
        event_type: some(row, 'type'),
        code: some(row, 'code'),
        role: some(row, 'role'),
        event_date: some(row, 'date'),
        knife: some(row, 'knife'),
      })),
  };
}

const report = async (tables: TinyTables): Promise<unknown> =>
  ask(await openTiny(tables), reportSql('risk-factors-before-violence'), parameters);

describe('risk factors before violence', () => {
  it('has a row for every factor when nobody has met any, with true zeros', async () => {
    expect(await report(reference)).toEqual([
      ['domestic', 'Domestic abuse', 0, 0, 0, 0],
      ['firesetting', 'Fire-setting', 0, 0, 0, 0],
      ['missing', 'Missing', 0, 0, 0, 0],
    ]);
  });

  it('counts persons with the factor before their first event, and the same among those without one', async () => {
    const rows = await report(
      histories(`
        person | feed   | type               | code | role    | date       | restricted
        ada    | social | social-care-factor | 10A  | subject | 2023-05-01 | no
        ada    | social | social-care-factor | 3A   | subject | 2023-05-02 | no
        ada    | social | social-care-factor | 3B   | subject | 2023-05-02 | no
        ada    | police | offence            | 5D   | suspect | 2025-03-01 | no
        bert   | social | social-care-factor | 3A   | subject | 2024-01-01 | no
        bert   | police | offence            | 5D   | victim  | 2025-04-01 | no
        cleo   | social | social-care-factor | 10A  | subject | 2024-01-01 | no
        dora   | social | social-care-factor | 3A   | subject | 2024-01-01 | no
        emil   | social | -                  | -    | -       | 2024-01-01 | no
      `),
    );

    expect(rows).toEqual([
      ['domestic', 'Domestic abuse', 2, 2, 1, 3],
      ['firesetting', 'Fire-setting', 0, 0, 0, 0],
      ['missing', 'Missing', 1, 2, 1, 3],
    ]);
  });

  it('does not count a factor found on the day of the event or after it, nor someone first known then', async () => {
    const rows = await report(
      histories(`
        person | feed   | type               | code | role    | date       | restricted
        ada    | social | social-care-factor | 3A   | subject | 2024-01-01 | no
        ada    | police | offence            | 5D   | suspect | 2025-03-01 | no
        ada    | social | social-care-factor | 10A  | subject | 2025-03-01 | no
        bert   | police | offence            | 5D   | suspect | 2025-03-01 | no
        bert   | social | social-care-factor | 10A  | subject | 2025-06-01 | no
      `),
    );

    expect(rows).toContainEqual(['missing', 'Missing', 0, 1, 0, 0]);
    expect(rows).toContainEqual(['domestic', 'Domestic abuse', 1, 1, 0, 0]);
  });

  it('leaves out persons whose first event lies before the period, and counts those whose first lies after it as without', async () => {
    const rows = await report(
      histories(`
        person | feed   | type               | code | role    | date       | restricted
        ada    | social | social-care-factor | 10A  | subject | 2023-01-01 | no
        ada    | police | offence            | 5D   | suspect | 2024-12-31 | no
        ada    | police | offence            | 5D   | suspect | 2025-06-01 | no
        bert   | social | social-care-factor | 10A  | subject | 2023-01-01 | no
        bert   | police | offence            | 5D   | suspect | 2026-01-01 | no
      `),
    );

    expect(rows).toContainEqual(['missing', 'Missing', 0, 0, 1, 1]);
  });

  it('takes only suspects and victims of offences within the definition as met by violence', async () => {
    const rows = await report(
      histories(`
        person | feed   | type               | code | role    | date       | knife | restricted
        ada    | social | social-care-factor | 10A  | subject | 2023-01-01 | -     | no
        ada    | police | offence            | 5D   | witness | 2025-06-01 | no    | no
        bert   | social | social-care-factor | 10A  | subject | 2023-01-01 | -     | no
        bert   | police | offence            | 34B  | suspect | 2025-06-01 | no    | no
        cleo   | social | social-care-factor | 10A  | subject | 2023-01-01 | -     | no
        cleo   | police | offence            | 34B  | suspect | 2025-06-01 | yes   | no
      `),
    );

    expect(rows).toContainEqual(['missing', 'Missing', 1, 1, 2, 2]);
  });

  it('takes a rate among people known to the same kind of agency', async () => {
    const rows = await report(
      histories(`
        person | feed   | type               | code       | role    | date       | restricted
        ada    | social | social-care-factor | 10A        | subject | 2023-01-01 | no
        bert   | fire   | fire-visit         | firesetter | subject | 2023-01-01 | no
        cleo   | fire   | -                  | -          | -       | 2023-01-01 | no
      `),
    );

    expect(rows).toContainEqual(['missing', 'Missing', 0, 0, 1, 1]);
    expect(rows).toContainEqual(['firesetting', 'Fire-setting', 0, 0, 1, 2]);
  });

  it('leaves out restricted records', async () => {
    const rows = await report(
      histories(`
        person | feed   | type               | code | role    | date       | restricted
        ada    | social | social-care-factor | 10A  | subject | 2023-01-01 | yes
        ada    | police | offence            | 5D   | suspect | 2025-06-01 | no
        bert   | social | social-care-factor | 10A  | subject | 2023-01-01 | no
        bert   | police | offence            | 5D   | suspect | 2025-06-01 | yes
      `),
    );

    expect(rows).toContainEqual(['missing', 'Missing', 0, 0, 1, 1]);
  });
});
