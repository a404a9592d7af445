/** Reads sql/schema/*.yaml: the tables agreed SQL may name, with the type and classification of each column. */
import { parse } from 'yaml';
import { z } from 'zod';

const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);
const columnType = z.enum(['varchar', 'integer', 'bigint', 'double', 'boolean', 'date']);
const classification = z.enum([
  'public',
  'pseudonym',
  'personal',
  'special-category',
  'criminal-offence',
  'partition',
]);
const description = z.string().min(1);

const projection = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('injected') }),
  z.strictObject({ type: z.literal('enum'), values: z.array(z.string()).min(1) }),
  z.strictObject({
    type: z.literal('date'),
    format: z.string(),
    range: z.string(),
    interval: z.int().positive(),
    unit: z.enum(['DAYS', 'MONTHS', 'YEARS']),
  }),
]);

const tableSchema = z.strictObject({
  name: identifier,
  kind: z.enum(['linked', 'reference', 'released']),
  description,
  grain: description,
  key: z.array(identifier).min(1),
  partitions: z.array(identifier),
  location: z.string(),
  columns: z
    .array(z.strictObject({ name: identifier, type: columnType, classification, description }))
    .min(1),
});

const schemaDocument = z.strictObject({
  database: identifier,
  zone: z.string(),
  partitions: z.record(
    identifier,
    z.strictObject({ type: z.literal('varchar'), classification, description, projection }),
  ),
  tables: z.array(tableSchema).min(1),
});

export type SchemaDocument = z.infer<typeof schemaDocument>;
export type SchemaTable = SchemaDocument['tables'][number];
export type ColumnType = z.infer<typeof columnType>;

/** Throws where the file does not have the declared form: the schema is part of the code, not of what a user sends. */
export function readSchema(yamlText: string): SchemaDocument {
  const schema = schemaDocument.parse(parse(yamlText));
  for (const table of schema.tables) {
    const missing = table.partitions.find((partition) => schema.partitions[partition] === undefined);
    if (missing !== undefined) throw new Error(`${table.name}: partition ${missing} is not declared`);
  }
  return schema;
}
