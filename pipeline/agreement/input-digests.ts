/** Digests of what an agreed report rests on: they move when the meaning moves, not when a description is mended. */

import { z } from 'zod';

import { canonicalBytes, sha256, type Digest } from './canonical.ts';

const customProperties = z.array(z.looseObject({ property: z.string(), value: z.unknown() })).optional();

const contractSchema = z.looseObject({
  id: z.string(),
  customProperties,
  schema: z.array(
    z.looseObject({
      name: z.string(),
      customProperties,
      properties: z.array(
        z.looseObject({
          name: z.string(),
          logicalType: z.string(),
          logicalTypeOptions: z.unknown().optional(),
          required: z.boolean().optional(),
          primaryKey: z.boolean().optional(),
          classification: z.string().optional(),
          customProperties,
        }),
      ),
    }),
  ),
});

/** Custom properties that change what a value means; the rest (purpose in words, reject ratios, encodings) does not. */
const MEANINGFUL: ReadonlySet<string> = new Set([
  'category',
  'codes',
  'codesBeyondGateway',
  'collectionDate',
  'dateFormat',
  'format',
  'gateway',
  'listSeparator',
  'records',
]);

const meaningful = (custom: z.infer<typeof customProperties>): readonly (readonly [string, unknown])[] =>
  (custom ?? [])
    .filter(({ property }) => MEANINGFUL.has(property))
    .map(({ property, value }) => [property, value] as const)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));

/**
 * Name, type, codes, dates, classification and gateway of the columns the SQL depends on; `columns` null takes all
 * of them, which is the cautious answer while nothing says which source columns a linked column comes from.
 */
export function contractDigest(contract: unknown, columns: ReadonlySet<string> | null): Digest {
  const { id, schema, customProperties: custom } = contractSchema.parse(contract);
  const tables = schema.map((table) => ({
    name: table.name,
    custom: meaningful(table.customProperties),
    columns: table.properties
      .filter(({ name }) => columns === null || columns.has(name))
      .map((column) => ({
        name: column.name,
        type: column.logicalType,
        options: column.logicalTypeOptions ?? null,
        required: column.required ?? false,
        key: column.primaryKey ?? false,
        classification: column.classification ?? null,
        custom: meaningful(column.customProperties),
      }))
      .toSorted(byName),
  }));
  return sha256(canonicalBytes({ id, custom: meaningful(custom), tables: tables.toSorted(byName) }));
}

const schemaFileSchema = z.looseObject({
  database: z.string(),
  tables: z.array(
    z.looseObject({
      name: z.string(),
      columns: z.array(z.looseObject({ name: z.string(), type: z.string(), classification: z.string() })),
    }),
  ),
});

/** One digest a table of those the SQL reads: its columns with type and classification. */
export function schemaDigests(
  schemaFile: unknown,
  tables: readonly string[],
): Readonly<Record<string, Digest>> {
  const { database, tables: declared } = schemaFileSchema.parse(schemaFile);
  return Object.fromEntries(
    tables.toSorted().map((name) => {
      const table = declared.find((candidate) => candidate.name === name);
      if (table === undefined) throw new Error(`no table ${name} in ${database}`);
      const columns = table.columns.map(({ name: column, type, classification }) => ({
        name: column,
        type,
        classification,
      }));
      return [name, sha256(canonicalBytes({ database, name, columns: columns.toSorted(byName) }))];
    }),
  );
}

/** A code list or a definition of violence is agreed word for word. */
export const codeListDigest = (document: unknown): Digest => sha256(canonicalBytes(document));

const byName = (left: { readonly name: string }, right: { readonly name: string }): number =>
  left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
