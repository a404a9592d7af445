/**
 * Deep check: every agreed report, and every function the lint allows, answers on Trino (the engine of Athena) what it
 * answers on the stand-in's DuckDB, row by row over the same snapshot folder. Prints PASS, FAIL or NOT RUN with the
 * reason; ends with 0, 1 or 3.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'yaml';
import { z } from 'zod';

import type { Catalog, Table } from '../../local/athena/catalog.ts';
import { openParser, runStatement } from '../../local/athena/engine.ts';
import { projectPartitions } from '../../local/athena/projection.ts';
import { readReferences } from '../../local/athena/references.ts';
import { bindParameters } from '../../local/athena/statement.ts';
import type { ResultTable } from '../../local/athena/values.ts';
import { ALLOWED_FUNCTIONS } from '../../pipeline/sql-lint/functions.ts';
import { lintSql } from '../../pipeline/sql-lint/lint-sql.ts';
import { readSchema, type SchemaDocument } from '../../pipeline/sql-lint/schema.ts';
import { askTrino, TrinoError, type TrinoAnswer } from './trino/client.ts';
import { codeLists } from './trino/code-lists.ts';
import { dialectStatements, EXPRESSIONS } from './trino/dialect.ts';
import { installTrino, TRINO_VERSION } from './trino/install.ts';
import { startTrino } from './trino/server.ts';
import { MONTHS, SNAPSHOTS, writeSnapshotFolder } from './trino/snapshot-folder.ts';
import { createTableStatements } from './trino/tables.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const schema = readSchema(read('sql/schema/linked.yaml'));
const NOW = new Date('2026-11-24T00:00:00Z');
/** Period bounds: the agreed two years, a period without any event, one that begins within a quarter. */
const PERIODS = [
  ['2024-10-01', '2026-10-01'],
  ['2019-01-01', '2019-07-01'],
  ['2025-02-15', '2025-09-01'],
] as const;

interface Both {
  readonly trino: (sql: string, parameters: readonly string[]) => Promise<TrinoAnswer>;
  readonly duck: (sql: string, parameters: readonly string[]) => Promise<ResultTable>;
}

async function main(): Promise<number> {
  const installed = installTrino();
  if (!installed.ok) return say(3, 'NOT RUN', installed.reason);
  const work = mkdtempSync(join(tmpdir(), 'tvt-trino-'));
  try {
    // `data` is all that either engine may read.
    await writeSnapshotFolder(join(work, 'data', 'linked'), schema, codeLists(read));
    const server = await startTrino(installed.at, join(work), join(work, 'data'));
    try {
      for (const statement of createTableStatements(schema, MONTHS)) await askTrino(server.url, statement);
      const failures = await compareAll({
        trino: (sql, parameters) => askTrino(server.url, sql, parameters),
        duck: (sql, parameters) => askDuck(work, sql, parameters),
      });
      for (const failure of failures) console.log(`  ${failure}`);
      return failures.length === 0
        ? say(0, 'PASS', `Trino ${TRINO_VERSION} and DuckDB agree`)
        : say(1, 'FAIL', `${failures.length} differences`);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function say(code: number, verdict: 'PASS' | 'FAIL' | 'NOT RUN', reason: string): number {
  console.log(`trino-reports: ${verdict} (${reason})`);
  return code;
}

async function compareAll(both: Both): Promise<readonly string[]> {
  const failures: string[] = [];
  let compared = 0;
  const compare = async (
    name: string,
    sql: string,
    parameters: readonly string[],
    mustHaveRows: boolean,
  ): Promise<void> => {
    const failure = await difference(both, sql, parameters, mustHaveRows);
    compared += 1;
    if (failure !== null) failures.push(`${name}: ${failure}`);
  };
  for (const id of readdirSync(new URL('sql/reports/', root))) {
    const sql = read(`sql/reports/${id}/query.sql`);
    const lint = lintSql(sql, schema);
    if (!lint.ok) failures.push(`${id}: the lint refuses it`);
    for (const [from, to] of PERIODS) {
      for (const snapshot of [...SNAPSHOTS, 'nobody']) {
        await compare(
          `${id} ${from} ${to} ${snapshot}`,
          sql,
          parametersOf(id, from, to, snapshot),
          snapshot !== 'nobody',
        );
      }
    }
  }
  const untried = [...ALLOWED_FUNCTIONS].filter((name) => EXPRESSIONS[name] === undefined);
  if (untried.length > 0) failures.push(`no statement tries ${untried.join(', ')}`);
  for (const statement of dialectStatements())
    await compare(statement.split(' from (')[0] ?? '', statement, [], true);
  failures.push(...(await refusesUnboundSnapshot(both)));
  console.log(`  compared ${compared} statements`);
  return failures;
}

/** Null when both engines answer the same columns and rows in the same order. */
async function difference(
  both: Both,
  sql: string,
  parameters: readonly string[],
  mustHaveRows: boolean,
): Promise<string | null> {
  const [trino, duck] = await Promise.all([
    both.trino(sql, parameters).catch((error: unknown) => String(error)),
    both.duck(sql, parameters).catch((error: unknown) => String(error)),
  ]);
  if (typeof trino === 'string' || typeof duck === 'string')
    return `Trino ${outcome(trino)}; DuckDB ${outcome(duck)}`;
  const names = duck.columns.map(({ name }) => name);
  if (names.join() !== trino.columns.join()) return `columns ${trino.columns.join()} and ${names.join()}`;
  if (trino.rows.length !== duck.rows.length) return `${trino.rows.length} and ${duck.rows.length} rows`;
  if (mustHaveRows && trino.rows.length === 0) return 'no rows in either, so nothing was compared';
  const at = trino.rows.findIndex((row, index) =>
    row.some(
      (cell, column) =>
        plain(cell, trino.types[column]) !== plain(duck.rows[index]?.[column] ?? null, trino.types[column]),
    ),
  );
  return at === -1
    ? null
    : `row ${at + 1}: Trino ${JSON.stringify(trino.rows[at])}, DuckDB ${JSON.stringify(duck.rows[at])}`;
}

const outcome = (answer: string | object): string =>
  typeof answer === 'string' ? `failed: ${answer.slice(0, 200)}` : 'answered';

/** JSON drops the `.0` of a double. */
const plain = (cell: string | null, type: string | undefined): string | null =>
  cell !== null && (type === 'double' || type === 'real') ? String(Number(cell)) : cell;

async function refusesUnboundSnapshot(both: Both): Promise<readonly string[]> {
  const open = 'select count(*) as found from area';
  const trino = await both.trino(open, []).then(
    () => 'answered',
    (error: unknown) => (error instanceof TrinoError ? error.errorName : String(error)),
  );
  const duck = await both.duck(open, []).then(
    () => 'answered',
    () => 'refused',
  );
  return [
    ...(trino === 'answered' ? ['Trino reads a table without a snapshot'] : []),
    ...(duck === 'answered' ? ['the stand-in reads a table without a snapshot'] : []),
  ];
}

const declaration = z.object({
  parameters: z.array(z.object({ type: z.enum(['date', 'varchar']), from: z.string() })),
  serious_violence_definition: z.string(),
});

function parametersOf(id: string, from: string, to: string, snapshot: string): readonly string[] {
  const report = declaration.parse(parse(read(`sql/reports/${id}/definition.yaml`)));
  const values: Readonly<Record<string, string>> = {
    period_start: from,
    period_end: to,
    retention_floor: '2020-01-01',
    snapshot,
    definition_version: report.serious_violence_definition,
  };
  return report.parameters.map(
    (parameter) => `${parameter.type === 'date' ? 'date ' : ''}'${values[parameter.from] ?? ''}'`,
  );
}

/** The stand-in's own engine, with the files where they lie instead of fetched for a caller. */
async function askDuck(work: string, sql: string, parameters: readonly string[]): Promise<ResultTable> {
  const bound = bindParameters(sql, parameters);
  const parser = await openParser();
  const references = await readReferences(parser, bound).finally(() => parser.closeSync());
  const wanted = new Map<string, { readonly table: Table; readonly files: Set<string> }>();
  for (const reference of references) {
    const table = tableOf(schema, reference.table);
    const entry = wanted.get(table.name) ?? { table, files: new Set<string>() };
    wanted.set(table.name, entry);
    for (const { location } of projectPartitions(table, reference.conditions, NOW)) {
      const folder = join(work, 'data', location.replace('s3://', ''));
      for (const file of filesIn(folder)) entry.files.add(join(folder, file));
    }
  }
  const catalog: Catalog = {
    workGroups: new Map(),
    databases: new Set([schema.database]),
    tables: new Map(),
  };
  const tables = [...wanted.values()].map(({ table, files }) => ({ table, files: [...files] }));
  return runStatement({
    sql: bound,
    catalog,
    tables,
    defaultDatabase: schema.database,
    folder: work,
    onStart: () => undefined,
  });
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function tableOf(document: SchemaDocument, name: string): Table {
  const table = document.tables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return {
    database: document.database,
    name,
    columns: table.columns,
    location: `s3://linked/${table.location}`,
    partitions: table.partitions.map((partition) => ({
      name: partition,
      type: 'varchar',
      projection: partition === 'snapshot' ? { type: 'injected' } : { type: 'enum', values: MONTHS },
    })),
  };
}

process.exitCode = await main();
