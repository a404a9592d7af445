/** Writes a seeded snapshot of the linked tables as the platform lays them out: every month, odd values, a second snapshot beside. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

import type { SchemaDocument } from '../../../pipeline/sql-lint/schema.ts';

export const MONTHS = Array.from({ length: 30 }, (_item, index) =>
  new Date(Date.UTC(2024, 4 + index, 1)).toISOString().slice(0, 7),
);
/** Two snapshots in the same folders, so that reading both by mistake would show. */
export const SNAPSHOTS = ['deep-one', 'deep-two'] as const;
const PERSONS = 4000;
const RECORDS_A_MONTH = 3000;

/** Everything is drawn from hashes of row numbers: the same folder on every machine. */
export async function writeSnapshotFolder(
  root: string,
  schema: SchemaDocument,
  codeLists: CodeLists,
): Promise<void> {
  const database = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  await database.run(MACROS);
  for (const [turn, snapshot] of SNAPSHOTS.entries()) {
    await createMonths(database, turn);
    for (const table of schema.tables.filter(({ kind }) => kind === 'linked')) {
      const columns = table.columns.map(({ name, type }) => `cast(${name} as ${type}) as ${name}`).join(', ');
      for (const month of MONTHS) {
        // One month of each snapshot has no folder at all.
        if (month === MONTHS[turn]) continue;
        const from =
          table.name === 'event_record'
            ? `events where month = '${month}' and event_type is not null`
            : `records where month = '${month}'`;
        const file = join(
          root,
          fill(table.location, { collection_month: month, snapshot }),
          'part-0.parquet',
        );
        mkdirSync(join(file, '..'), { recursive: true });
        await database.run(
          `copy (select ${columns} from ${from} order by all) to '${file}' (format parquet, compression zstd)`,
        );
      }
    }
    for (const [name, rows] of Object.entries(codeLists))
      await writeReference(database, root, schema, name, snapshot, rows);
    await database.run('drop table records; drop table events');
  }
}

export type CodeLists = Readonly<Record<string, readonly Readonly<Record<string, string | number>>[]>>;

const MACROS = `
create macro draw(seed, what, sides) as cast(hash(seed || what) % sides as integer);
create macro pick(seed, what, items) as items[1 + draw(seed, what, len(items))];
`;

const DISTRICTS =
  'E06000036 E06000037 E06000038 E06000039 E06000040 E06000041 E06000042 E06000060 E07000177 E07000178 E07000179 E07000180 E07000181';
const list = (items: string): string =>
  `[${items
    .split(' ')
    .map((item) => `'${item}'`)
    .join(', ')}]`;

async function createMonths(database: DuckDBConnection, turn: number): Promise<void> {
  const months = `[${MONTHS.map((month) => `'${month}'`).join(', ')}]`;
  await database.run(`create table records as
    with numbered as (select cast(n as varchar) || '-${turn}' as seed, n, ${months}[1 + n // ${RECORDS_A_MONTH}] as month from range(${RECORDS_A_MONTH * MONTHS.length}) as t (n))
    select seed, month, 'r' || seed as record_ref, 'p' || draw(seed, 'person', ${PERSONS}) as person_id,
      pick(seed, 'feed', ['police-involvements', 'police-involvements', 'social-care-children', 'fire-home-visits']) as feed,
      case feed when 'police-involvements' then 'thames-valley-police' when 'fire-home-visits' then 'royal-berkshire-fire-and-rescue' else 'reading-borough-council' end as partner,
      1950 + draw(seed, 'born', 65) as birth_year, pick(seed, 'sex', ['M', 'F', null]) as sex, pick(seed, 'group', ['white', 'asian', 'black', null]) as ethnicity_group,
      'E0101' || (6180 + draw(seed, 'home', 900)) as lsoa21cd, pick(seed, 'lad', ${list(DISTRICTS)}) as lad24cd,
      case draw(seed, 'restricted', 40) when 0 then true when 1 then null else false end as restricted,
      cast(month || '-' || lpad(cast(1 + draw(seed, 'day', 28) as varchar), 2, '0') as date) as collection_date,
      'u' || draw(seed, 'place', 900) as place_ref, 'p' || draw(seed, 'other', ${PERSONS}) as related_person_id,
      pick(seed, 'relation', ['MOTH', 'SIBL']) as relation_type
    from numbered`);
  await database.run(`create table events as
    select records.* exclude (lad24cd), 'e' || seed as event_ref,
      case when draw(seed, 'none', 8) = 0 then null when feed = 'police-involvements' then 'offence' when feed = 'fire-home-visits' then 'fire-visit' else 'social-care-factor' end as event_type,
      case feed when 'police-involvements' then pick(seed, 'code', ${list('1 5D 5D 5E 8N 8N 34B 34B 62A 92A 92A 36 10D 58A')})
        when 'fire-home-visits' then pick(seed, 'code', ${list('arson-threat firesetter safeguarding-referral other')})
        else pick(seed, 'code', ${list('3A 3B 10A 11A 12A 13A 14A 16A 18B 24A 9A')}) end as code,
      case when feed = 'police-involvements' then pick(seed, 'role', ['suspect', 'victim', 'victim', 'witness', 'involved']) else 'subject' end as role,
      collection_date - draw(seed, 'lag', 20) as event_date,
      case when feed = 'police-involvements' then 'o' || month || draw(seed, 'occurrence', 900) end as occurrence_ref,
      case draw(seed, 'knife', 5) when 0 then true when 1 then null else false end as knife, draw(seed, 'domestic', 3) = 0 as domestic,
      case draw(seed, 'firearm', 50) when 0 then true else null end as firearm, draw(seed, 'lines', 3) = 0 as county_lines,
      case when draw(seed, 'outside', 30) = 0 then null else pick(seed, 'where', ${list(DISTRICTS)}) end as lad24cd
    from records`);
}

async function writeReference(
  database: DuckDBConnection,
  root: string,
  schema: SchemaDocument,
  name: string,
  snapshot: string,
  rows: CodeLists[string],
): Promise<void> {
  const table = schema.tables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`no reference table ${name}`);
  const file = join(root, fill(table.location, { snapshot }), 'part-0.parquet');
  mkdirSync(join(file, '..'), { recursive: true });
  const tuples = rows.map(
    (row) => `(${table.columns.map((column) => literal(row[column.name])).join(', ')})`,
  );
  const columns = table.columns
    .map(({ name: column, type }) => `cast(${column} as ${type}) as ${column}`)
    .join(', ');
  const names = table.columns.map((column) => column.name).join(', ');
  await database.run(
    `copy (select ${columns} from (values ${tuples.join(', ')}) as t (${names})) to '${file}' (format parquet)`,
  );
}

const literal = (value: string | number | undefined): string =>
  value === undefined
    ? 'null'
    : typeof value === 'number'
      ? String(value)
      : `'${value.replaceAll("'", "''")}'`;

const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\$\{([^}]+)\}/g, (whole, name: string) => values[name] ?? whole);
