/** Declares the linked tables to Trino as the templates declare them to Athena: projected partitions, nothing registered. */
import type { SchemaDocument, SchemaTable } from '../../../pipeline/sql-lint/schema.ts';

/** Trino does not know date projection in months, which Athena has, so the months are listed. */
export function createTableStatements(schema: SchemaDocument, months: readonly string[]): readonly string[] {
  return [
    `create schema if not exists hive.${schema.database} with (location = 'local:///metastore-data/')`,
    ...schema.tables.map((table) => createTable(schema.database, table, months)),
  ];
}

function createTable(database: string, table: SchemaTable, months: readonly string[]): string {
  const partitions = table.partitions.map((name) => {
    const projection =
      name === 'snapshot'
        ? "partition_projection_type = 'INJECTED'"
        : `partition_projection_type = 'ENUM', partition_projection_values = array[${months.map((month) => `'${month}'`).join(', ')}]`;
    return `${name} varchar with (${projection})`;
  });
  const columns = [...table.columns.map(({ name, type }) => `${name} ${type}`), ...partitions];
  const folder = table.location.slice(0, table.location.lastIndexOf('/', table.location.indexOf('${')) + 1);
  return `create table hive.${database}.${table.name} (${columns.join(', ')}) with (
    format = 'PARQUET',
    external_location = 'local:///linked/${folder}',
    partitioned_by = array[${table.partitions.map((name) => `'${name}'`).join(', ')}],
    partition_projection_enabled = true,
    partition_projection_location_template = 'local:///linked/${table.location}')`;
}
