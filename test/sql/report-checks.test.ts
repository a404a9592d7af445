/** The promises every report result is held to, and that they are noticed when broken. */
import { describe, expect, it } from 'vitest';

import { ask, openTiny, reportSql } from './tiny-tables.ts';

async function failures(report: string, resultSelect: string): Promise<readonly unknown[]> {
  const database = await openTiny({});
  await database.run(`create table result as ${resultSelect}`);
  const rows = await ask(database, reportSql(report, 'checks.sql'));
  return rows.map((row) => row[0]);
}

const districts = `(select 'E' || lpad(cast(n as varchar), 2, '0') as district_code, 'x' as district_name, kind,
  date '2026-01-01' as quarter_start, 0 as offences, 0 as persons
  from range(13) as t (n) cross join (values ('A'), ('B')) as k (kind))`;

describe('the checks of report A', () => {
  const report = 'serious-violence-by-district';

  it('are silent about a whole table', async () => {
    expect(await failures(report, `select * from ${districts}`)).toEqual([]);
  });

  it.each([
    [
      'a missing row',
      `select * from ${districts} where district_code <> 'E03' or kind <> 'A'`,
      'missing or stands twice',
    ],
    ['a missing district', `select * from ${districts} where district_code <> 'E03'`, 'thirteen districts'],
    ['a negative count', `select * replace (-1 as offences, 1 as persons) from ${districts}`, 'negative'],
    ['offences without persons', `select * replace (4 as offences) from ${districts}`, 'without a person'],
  ])('notice %s', async (_name, select, words) => {
    expect((await failures(report, select)).join()).toContain(words);
  });
});

describe('the checks of report B', () => {
  const report = 'risk-factors-before-violence';
  const row = `select 'gangs' as factor, 'Gangs' as label, 1 as violent_with_factor, 2 as violent_known, 3 as others_with_factor, 4 as others_known`;

  it('are silent about a whole table', async () => {
    expect(await failures(report, row)).toEqual([]);
  });

  it.each([
    [
      'a part above its whole',
      `select * replace (9 as violent_with_factor) from (${row})`,
      'exceeds its whole',
    ],
    ['a factor twice', `${row} union all ${row}`, 'stands twice'],
    ['no factor', `select * from (${row}) where false`, 'no factor at all'],
  ])('notice %s', async (_name, select, words) => {
    expect((await failures(report, select)).join()).toContain(words);
  });
});
