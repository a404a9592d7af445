/** Which columns a select can see: tables of the schema, common table expressions and derived tables, with their types. */
import type { ColumnType, SchemaDocument } from './schema.ts';

export type KnownType = ColumnType | 'decimal' | 'interval' | 'unknown';

/** Columns of a relation by name. */
export type Columns = ReadonlyMap<string, KnownType>;

export interface VisibleSource {
  readonly alias: string;
  readonly columns: Columns;
  /** Name of the schema's table, or null for a relation the statement itself defines. */
  readonly table: string | null;
}

export interface Scope {
  readonly sources: readonly VisibleSource[];
  /** Output columns that order by may name. */
  readonly outputs: Columns;
}

export type Found =
  | { readonly kind: 'found'; readonly source: VisibleSource | null; readonly type: KnownType }
  | { readonly kind: 'missing' | 'ambiguous' };

export function lookUp(scope: Scope, table: string | null, name: string): Found {
  if (table === null && scope.outputs.has(name)) {
    return { kind: 'found', source: null, type: scope.outputs.get(name) ?? 'unknown' };
  }
  const holders = scope.sources.filter(
    (source) => (table === null || source.alias === table) && source.columns.has(name),
  );
  const [first] = holders;
  if (first === undefined) return { kind: 'missing' };
  if (holders.length > 1) return { kind: 'ambiguous' };
  return { kind: 'found', source: first, type: first.columns.get(name) ?? 'unknown' };
}

/** A schema's table as a relation: its own columns and those of its partitions. */
export function tableColumns(schema: SchemaDocument, name: string): Columns | null {
  const table = schema.tables.find((candidate) => candidate.name === name);
  if (table === undefined) return null;
  return new Map<string, KnownType>([
    ...table.columns.map((column) => [column.name, column.type] as const),
    ...table.partitions.map((partition) => [partition, 'varchar'] as const),
  ]);
}

type Family = 'text' | 'number' | 'date' | 'boolean';
const FAMILIES: Readonly<Partial<Record<KnownType, Family>>> = {
  varchar: 'text',
  integer: 'number',
  bigint: 'number',
  double: 'number',
  decimal: 'number',
  date: 'date',
  boolean: 'boolean',
};

/** False only where both types are known and no engine compares them without a cast. */
export function comparable(left: KnownType, right: KnownType): boolean {
  const [one, other] = [FAMILIES[left], FAMILIES[right]];
  return one === undefined || other === undefined || one === other;
}
