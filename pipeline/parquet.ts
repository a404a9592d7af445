/** The one door to DuckDB: queries over local files, Parquet in and out, and digests of content. */
import { type DuckDBConnection, DuckDBDateValue, DuckDBInstance, type JS } from '@duckdb/node-api';

export interface DuckOptions {
  readonly memoryMb: number;
  readonly threads: number;
  /** A folder of the caller's own; what does not fit in memory spills there. */
  readonly tempDir: string;
}

export type ColumnType = 'varchar' | 'integer' | 'bigint' | 'double' | 'boolean' | 'date';
/** A cell as the caller holds it; dates as `YYYY-MM-DD`. */
export type Cell = string | number | boolean | null | undefined;

export interface Written {
  readonly rows: number;
  /** SHA-256 (hex) of the rows as a set with their column names: equal content, equal digest, in whatever order. */
  readonly digest: string;
}

export interface Duck {
  /** Runs statements for their effect. */
  run(sql: string): Promise<void>;
  /** Rows as plain objects: dates as `YYYY-MM-DD`, whole numbers as numbers, missing as null. */
  rows<Row>(sql: string, values?: readonly string[]): Promise<readonly Row[]>;
  /** The same, about 2,048 rows at a time, for what does not fit in memory. */
  chunks<Row>(sql: string): AsyncIterable<readonly Row[]>;
  /** Makes a table of these columns and fills it. */
  insertRows(
    table: string,
    columns: Readonly<Record<string, ColumnType>>,
    rows: Iterable<readonly Cell[]>,
  ): Promise<void>;
  /** Writes a query's rows, in the query's order. Equal rows in equal order give equal bytes. */
  copyToParquet(sql: string, path: string, values?: readonly string[]): Promise<Written>;
  /** The same without a digest, faster and for files that are read once; answers the number of rows. */
  write(sql: string, path: string, compression?: 'snappy' | 'zstd'): Promise<number>;
  contentDigest(sql: string): Promise<Written>;
  /** The same for each value of one text column, which is not part of the content, in its order. */
  digests(sql: string, groupColumn: string): Promise<readonly (Written & { readonly group: string })[]>;
  close(): Promise<void>;
}

/** A database in memory, for one piece of work. It loads no extension and opens no network. */
export async function openDuck({ memoryMb, threads, tempDir }: DuckOptions): Promise<Duck> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMb}MB`,
    threads: String(threads),
    temp_directory: tempDir,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const inTurn = oneAtATime();
  let made = 0;

  /** Holds the rows once, so that they are computed, digested and written from the same copy. */
  async function held<Result>(
    sql: string,
    values: readonly string[],
    use: (table: string) => Promise<Result>,
  ): Promise<Result> {
    const table = `held_${++made}`;
    await connection.run(`create temp table ${table} as ${sql}`, [...values]);
    try {
      return await use(table);
    } finally {
      await connection.run(`drop table ${table}`);
    }
  }

  return {
    run: (sql) =>
      inTurn(async () => {
        await connection.run(sql);
      }),
    rows: <Row>(sql: string, values: readonly string[] = []) =>
      inTurn(async () => {
        const result = await connection.run(sql, [...values]);
        return (await result.getRowObjectsJS()).map(plainRow) as readonly Row[];
      }),
    async *chunks<Row>(sql: string) {
      const result = await connection.stream(sql);
      for await (const rows of result.yieldRowObjectJs()) yield rows.map(plainRow) as readonly Row[];
    },
    insertRows: (table, columns, rows) => inTurn(() => insert(connection, table, columns, rows)),
    copyToParquet: (sql, path, values = []) =>
      inTurn(() =>
        held(sql, values, async (table) => {
          const written = await digestOf(connection, table);
          await connection.run(`copy ${table} to ${sqlText(path)} (format parquet, compression zstd)`);
          return written;
        }),
      ),
    write: (sql, path, compression = 'snappy') =>
      inTurn(async () => {
        const result = await connection.run(
          `copy (${sql}) to ${sqlText(path)} (format parquet, compression ${compression})`,
        );
        return Number((await result.getRowsJS())[0]?.[0] ?? 0);
      }),
    contentDigest: (sql) => inTurn(() => held(sql, [], (table) => digestOf(connection, table))),
    digests: (sql, groupColumn) =>
      inTurn(() => held(sql, [], (table) => digestsOf(connection, table, groupColumn))),
    async close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text as an SQL literal. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
/** A column or table name as an SQL identifier. */
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** The rows of Parquet files whose columns agree, as the source of a `from`. */
export const parquetFiles = (paths: readonly string[]): string =>
  `read_parquet([${paths.map(sqlText).join(', ')}], union_by_name = true)`;

/** One connection does one thing at a time; callers may ask at once. */
function oneAtATime(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

async function digestOf(connection: DuckDBConnection, table: string): Promise<Written> {
  const [all] = await digestsOf(connection, table, null);
  return { rows: all?.rows ?? 0, digest: all?.digest ?? '' };
}

/** Row digests sorted and digested again: no order of the rows can change it, every changed cell does. */
async function digestsOf(
  connection: DuckDBConnection,
  table: string,
  groupColumn: string | null,
): Promise<readonly (Written & { readonly group: string })[]> {
  const described = await connection.run(`describe ${table}`);
  const names = (await described.getRowsJS())
    .map(([name]) => cellText(name))
    .filter((name) => name !== groupColumn);
  const cells = names.map((name) => `coalesce(cast(${sqlName(name)} as varchar), chr(30))`);
  const group = groupColumn === null ? `''` : sqlName(groupColumn);
  const [named, grouped] =
    groupColumn === null ? [`''`, ''] : ['row_group', 'group by row_group order by row_group'];
  const result = await connection.run(
    `select ${named}, count(*),
            sha256(${sqlText(`${names.join('\u001f')}\n`)} || coalesce(string_agg(row_digest, '' order by row_digest), ''))
     from (select ${group} as row_group, sha256(concat_ws(chr(31), ${cells.join(', ')})) as row_digest from ${table})
     ${grouped}`,
  );
  return (await result.getRowsJS()).map(([name, rows, digest]) => ({
    group: cellText(name),
    rows: Number(rows),
    digest: cellText(digest),
  }));
}

/** A text column's cell; the statement says it is one. */
const cellText = (cell: JS | undefined): string => (typeof cell === 'string' ? cell : '');

/** The caller knows the columns of its own statement: its type for them is believed. */
function plainRow(row: Record<string, JS>): unknown {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainCell(value)]));
}

function plainCell(value: JS): unknown {
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  if (typeof value === 'bigint') return Number(value);
  return value;
}

async function insert(
  connection: DuckDBConnection,
  table: string,
  columns: Readonly<Record<string, ColumnType>>,
  rows: Iterable<readonly Cell[]>,
): Promise<void> {
  const types = Object.values(columns);
  const declared = Object.entries(columns).map(([name, type]) => `${sqlName(name)} ${type}`);
  await connection.run(`create or replace table ${sqlName(table)} (${declared.join(', ')})`);
  const appender = await connection.createAppender(table);
  const append = types.map((type, place) => (cells: readonly Cell[]): void => {
    const cell = cells[place];
    if (cell === null || cell === undefined) appender.appendNull();
    else if (type === 'varchar') appender.appendVarchar(String(cell));
    else if (type === 'boolean') appender.appendBoolean(cell === true);
    else if (type === 'date') appender.appendDate(dateValue(String(cell)));
    else if (type === 'integer') appender.appendInteger(Number(cell));
    else if (type === 'bigint') appender.appendBigInt(BigInt(cell));
    else appender.appendDouble(Number(cell));
  });
  for (const cells of rows) {
    for (const one of append) one(cells);
    appender.endRow();
  }
  appender.flushSync();
  appender.closeSync();
}

const dateValue = (text: string): DuckDBDateValue =>
  new DuckDBDateValue(Math.round(Date.parse(`${text}T00:00:00Z`) / 86_400_000));
