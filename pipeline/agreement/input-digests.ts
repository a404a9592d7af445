/** Digests of what an agreed report rests on: they move when the meaning moves, not when a description is mended. */

import { z } from 'zod';

import { canonicalBytes, sha256, type Digest } from './canonical.ts';

const contractSchema = z.looseObject({
  id: z.string(),
  schema: z.array(
    z.looseObject({
      name: z.string(),
      properties: z.array(
        z.looseObject({
          name: z.string(),
          logicalType: z.string(),
          logicalTypeOptions: z.unknown().optional(),
          required: z.boolean().optional(),
          primaryKey: z.boolean().optional(),
          classification: z.string().optional(),
          customProperties: z.array(z.looseObject({ property: z.string(), value: z.unknown() })).optional(),
        }),
      ),
    }),
  ),
});

/** Custom properties that change what a value means; the rest (purpose in words, hints) is prose. */
const MEANINGFUL = new Set(['format', 'codes', 'codeList', 'dateFormat', 'gateway', 'lawfulBasis', 'maps', 'derives']);

/**
 * Name, type, codes, dates, classification and gateway of the columns the SQL depends on; `columns` null takes all
 * of them, which is the cautious answer while nothing says which source columns a linked column comes from.
 */
export function contractDigest(contract: unknown, columns: ReadonlySet<string> | null): Digest {
  const { id, schema } = contractSchema.parse(contract);
  const tables = schema.map((table) => ({
    name: table.name,
    columns: table.properties
      .filter(({ name }) => columns === null || columns.has(name))
      .map((column) => ({
        name: column.name,
        type: column.logicalType,
        options: column.logicalTypeOptions ?? null,
        required: column.required ?? false,
        key: column.primaryKey ?? false,
        classification: column.classification ?? null,
        custom: (column.customProperties ?? [])
          .filter(({ property }) => MEANINGFUL.has(property))
          .map(({ property, value }) => [property, value]),
      }))
      .toSorted(byName),
  }));
  return sha256(canonicalBytes({ id, tables: tables.toSorted(byName) }));
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
export function schemaDigests(schemaFile: unknown, tables: readonly string[]): Readonly<Record<string, Digest>> {
  const { database, tables: declared } = schemaFileSchema.parse(schemaFile);
  return Object.fromEntries(
    tables.toSorted().map((name) => {
      const table = declared.find((candidate) => candidate.name === name);
      if (table === undefined) throw new Error(`no table ${name} in ${database}`);
      const columns = table.columns.map(({ name: column, type, classification }) => ({ name: column, type, classification }));
      return [name, sha256(canonicalBytes({ database, name, columns: columns.toSorted(byName) }))];
    }),
  );
}

/** A code list or a definition of violence is agreed word for word. */
export const codeListDigest = (document: unknown): Digest => sha256(canonicalBytes(document));

const byName = (left: { readonly name: string }, right: { readonly name: string }): number =>
  left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
