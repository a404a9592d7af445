/** Runs agreed SQL on DuckDB over tables written out in a test, with the stand-in's macros and nothing else. */
import { readFileSync } from 'node:fs';

import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

import { readSchema } from '../../pipeline/sql-lint/schema.ts';

export const SNAPSHOT = 'snap-tiny';
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
export const linkedSchema = readSchema(read('sql/schema/linked.yaml'));
export const reportSql = (id: string, file = 'query.sql'): string => read(`sql/reports/${id}/${file}`);

type Value = string | number | boolean | null;
/** Rows by table. Columns a row leaves out are null; snapshot is filled unless given. */
export type TinyTables = Readonly<Record<string, readonly Readonly<Record<string, Value>>[]>>;

/** A table drawn as text: the first line names columns, `-` is null, `yes` and `no` are booleans. */
export function drawn(text: string): readonly Readonly<Record<string, Value>>[] {
  const [header, ...rows] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return rows.map((cells) =>
    Object.fromEntries((header ?? []).map((name, index) => [name, value(cells[index] ?? '-')])),
  );
}

function value(cell: string): Value {
  if (cell === '-') return null;
  return cell === 'yes' ? true : cell === 'no' ? false : cell;
}

export async function openTiny(tables: TinyTables): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '512MB' });
  const database = await instance.connect();
  await database.run('set integer_division = true');
  await database.run(read('local/athena/compat.sql'));
  for (const table of linkedSchema.tables) {
    const columns = [
      ...table.columns.map(({ name, type }) => `${name} ${type}`),
      ...table.partitions.map((name) => `${name} varchar`),
    ];
    await database.run(`create table ${table.name} (${columns.join(', ')})`);
    for (const row of tables[table.name] ?? [])
      await insert(database, table.name, { snapshot: SNAPSHOT, ...row });
  }
  return database;
}

async function insert(
  database: DuckDBConnection,
  table: string,
  row: Readonly<Record<string, Value>>,
): Promise<void> {
  const names = Object.keys(row);
  const marks = names.map(() => '?').join(', ');
  await database.run(`insert into ${table} (${names.join(', ')}) values (${marks})`, Object.values(row));
}

/** Rows as arrays; counts come as numbers, dates as YYYY-MM-DD. */
export async function ask(
  database: DuckDBConnection,
  sql: string,
  parameters: readonly string[] = [],
): Promise<readonly (readonly Value[])[]> {
  const answer = await database.runAndReadAll(sql, [...parameters]);
  return answer.getRowsJS().map((row) => row.map(plain));
}

function plain(cell: unknown): Value {
  if (cell instanceof Date) return cell.toISOString().slice(0, 10);
  if (typeof cell === 'bigint') return Number(cell);
  if (cell === null || typeof cell === 'string' || typeof cell === 'number' || typeof cell === 'boolean')
    return cell;
  throw new Error('a tiny table holds plain values only');
}
