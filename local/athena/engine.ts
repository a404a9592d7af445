/** Runs one statement on a DuckDB of its own that can reach the fetched files and nothing else of this machine. */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

import type { Catalog } from './catalog.ts';
import type { FetchedTable } from './data.ts';
import { QueryFailure } from './failure.ts';
import { athenaType, athenaValue, type ResultColumn, type ResultTable } from './values.ts';

const COMPAT = readFileSync(new URL('./compat.sql', import.meta.url), 'utf8');
const LIMITS = { threads: '2', memory_limit: '512MB' } as const;
/** Rows a result may have; more belongs in a smaller question. */
const MAXIMUM_ROWS = 1_000_000;

export interface EngineRequest {
  readonly sql: string;
  readonly catalog: Catalog;
  readonly tables: readonly FetchedTable[];
  readonly defaultDatabase: string | null;
  /** Private to this query; the engine may read it and spill into it. */
  readonly folder: string;
  /** Given a way to stop the running statement. */
  readonly onStart: (interrupt: () => void) => void;
}

export async function runStatement(request: EngineRequest): Promise<ResultTable> {
  const instance = await DuckDBInstance.create(':memory:', { ...LIMITS });
  try {
    const engine = await instance.connect();
    await prepareEngine(engine, request);
    request.onStart(() => engine.interrupt());
    return await readResult(engine, request.sql);
  } finally {
    instance.closeSync();
  }
}

/** A connection that only parses: no file, no setting, nothing to reach. */
export async function openParser(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '128MB' });
  const parser = await instance.connect();
  await parser.run('set enable_external_access = false');
  await parser.run('set lock_configuration = true');
  return parser;
}

async function prepareEngine(engine: DuckDBConnection, request: EngineRequest): Promise<void> {
  const { catalog, folder, defaultDatabase } = request;
  await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 });
  await engine.run(COMPAT);
  await engine.run('set integer_division = true');
  await engine.run("set timezone = 'UTC'");
  await engine.run("attach ':memory:' as awsdatacatalog");
  for (const database of catalog.databases)
    await engine.run(`create schema awsdatacatalog.${name(database)}`);
  for (const fetched of request.tables) await createView(engine, fetched);
  const database =
    defaultDatabase !== null && catalog.databases.has(defaultDatabase) ? defaultDatabase : null;
  if (database !== null)
    await engine.run(`set search_path = ${literal(`awsdatacatalog.${name(database)},memory.main`)}`);
  await engine.run(`set temp_directory = ${literal(join(folder, 'spill'))}`);
  await engine.run('set autoinstall_known_extensions = false');
  await engine.run('set autoload_known_extensions = false');
  await engine.run(`set allowed_directories = [${literal(join(folder, 'data'))}]`);
  await engine.run('set enable_external_access = false');
  await engine.run('set lock_configuration = true');
}

/** A view with exactly the declared columns: one a file lacks is null, one it has beyond them is not seen. */
async function createView(engine: DuckDBConnection, { table, files }: FetchedTable): Promise<void> {
  const view = `create view awsdatacatalog.${name(table.database)}.${name(table.name)} as`;
  const declared = [...table.columns, ...table.partitions];
  if (files.length === 0) {
    const columns = declared.map((column) => `cast(null as ${column.type}) as ${name(column.name)}`);
    await engine.run(`${view} select ${columns.join(', ')} where false`);
    return;
  }
  const types = table.partitions.map((partition) => `${literal(partition.name)}: varchar`).join(', ');
  const hive =
    types === '' ? 'hive_partitioning = false' : `hive_partitioning = true, hive_types = {${types}}`;
  const source = `read_parquet([${files.map(literal).join(', ')}], union_by_name = true, ${hive})`;
  const found = await columnTypes(engine, source);
  const columns = declared.map((column) => {
    const type = found.get(column.name.toLowerCase());
    if (type === undefined) return `cast(null as ${column.type}) as ${name(column.name)}`;
    if (!readable(type, column.type)) {
      throw new QueryFailure(
        `HIVE_BAD_DATA: Field ${column.name}'s type ${type} in parquet file is incompatible with type ${column.type} defined in table schema`,
      );
    }
    return `cast(${name(column.name)} as ${column.type}) as ${name(column.name)}`;
  });
  await engine.run(`${view} select ${columns.join(', ')} from ${source}`);
}

async function columnTypes(engine: DuckDBConnection, source: string): Promise<ReadonlyMap<string, string>> {
  const answer = await engine.runAndReadAll(`describe select * from ${source}`);
  return new Map(answer.getRows().map((row) => [String(row[0]).toLowerCase(), String(row[1]).toLowerCase()]));
}

/** What Athena reads without a fault: the same type, or one that widens into it. */
function readable(file: string, declared: string): boolean {
  if (file === declared) return true;
  const widens: Readonly<Record<string, readonly string[]>> = {
    bigint: ['integer', 'smallint', 'tinyint'],
    integer: ['smallint', 'tinyint'],
    double: ['float'],
    real: ['float'],
  };
  if (declared.startsWith('decimal') && file.startsWith('decimal')) return true;
  return widens[declared]?.includes(file) ?? false;
}

async function readResult(engine: DuckDBConnection, sql: string): Promise<ResultTable> {
  try {
    const result = await engine.stream(sql);
    const types = result.columnTypes().map(String);
    const columns: ResultColumn[] = result
      .columnNames()
      .map((label, index) => ({ name: label, type: athenaType(types[index] ?? '') }));
    const rows: (readonly (string | null)[])[] = [];
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return { columns, rows };
      for (const row of chunk.getRows())
        rows.push(row.map((value, index) => athenaValue(value, types[index] ?? '')));
      if (rows.length > MAXIMUM_ROWS)
        throw new QueryFailure('EXCEEDED_LIMIT: the result has too many rows for the stand-in');
    }
  } catch (error) {
    if (error instanceof QueryFailure) throw error;
    throw new QueryFailure(engineMessage(error));
  }
}

/** DuckDB's sentence, without the statement and without values of rows: a failed cast would otherwise quote one. */
function engineMessage(error: unknown): string {
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  const kind = /^([A-Za-z ]+ Error):/.exec(message)?.[1] ?? 'Error';
  if (kind === 'Binder Error' || kind === 'Catalog Error')
    return `SYNTAX_ERROR: ${message.slice(kind.length + 2)}`;
  if (kind === 'Conversion Error')
    return 'INVALID_CAST_ARGUMENT: a value cannot be cast to the type asked for';
  if (kind === 'Out of Memory Error') return 'EXCEEDED_MEMORY_LIMIT: Query exceeded memory limit';
  if (kind === 'Parser Error') return `SYNTAX_ERROR: ${message.slice(kind.length + 2)}`;
  return `GENERIC_USER_ERROR: ${kind}`;
}

const name = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;
const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;
