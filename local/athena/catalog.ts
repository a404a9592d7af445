/** What Athena knows: work groups, databases and tables, exactly as the synthesised templates declare them. */
import { z } from 'zod';

import type { Templates } from '../service.ts';

export interface WorkGroup {
  readonly name: string;
  readonly description: string | null;
  readonly enabled: boolean;
  /** When true, what a caller says about results is ignored. */
  readonly enforced: boolean;
  /** `s3://bucket/prefix/`, closed by a slash. */
  readonly outputLocation: string | null;
  readonly encryption: Readonly<Record<string, unknown>> | null;
  readonly bytesCutoff: number | null;
}

interface Column {
  readonly name: string;
  /** Athena's DML name: varchar, integer, bigint, double, boolean, date, timestamp, decimal(p,s). */
  readonly type: string;
}

export type Projection =
  | { readonly type: 'injected' }
  | { readonly type: 'enum'; readonly values: readonly string[] }
  | {
      readonly type: 'date';
      readonly format: 'yyyy' | 'yyyy-MM' | 'yyyy-MM-dd';
      readonly range: readonly [from: string, to: string];
      readonly interval: number;
      readonly unit: 'YEARS' | 'MONTHS' | 'DAYS';
    };

interface PartitionKey extends Column {
  readonly projection: Projection;
}

export interface Table {
  readonly database: string;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly partitions: readonly PartitionKey[];
  /** `s3://bucket/…/` with `${partition}` where a value goes. */
  readonly location: string;
}

export interface Catalog {
  readonly workGroups: ReadonlyMap<string, WorkGroup>;
  readonly databases: ReadonlySet<string>;
  /** By `database.table`. */
  readonly tables: ReadonlyMap<string, Table>;
}

export function readCatalog(templates: Templates): Catalog {
  const workGroups = templates
    .byType('AWS::Athena::WorkGroup')
    .map(({ properties }) => readWorkGroup(properties));
  const databases = templates
    .byType('AWS::Glue::Database')
    .map(({ properties }) => databaseSchema.parse(properties).DatabaseInput.Name);
  const tables = templates.byType('AWS::Glue::Table').map(({ properties }) => readTable(properties));
  return {
    workGroups: new Map(workGroups.map((group) => [group.name, group])),
    databases: new Set(databases),
    tables: new Map(tables.map((table) => [`${table.database}.${table.name}`, table])),
  };
}

// CloudFormation spells numbers and booleans either way; fields the stand-in does not use are left aside here.
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);
const workGroupSchema = z.object({
  Name: z.string(),
  Description: z.string().optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  WorkGroupConfiguration: z
    .object({
      EnforceWorkGroupConfiguration: flag.default(true),
      BytesScannedCutoffPerQuery: z.coerce.number().optional(),
      ResultConfiguration: z
        .object({
          OutputLocation: z.string().optional(),
          EncryptionConfiguration: z.record(z.string(), z.unknown()).optional(),
        })
        .optional(),
    })
    .default({ EnforceWorkGroupConfiguration: true }),
});

function readWorkGroup(properties: unknown): WorkGroup {
  const {
    Name,
    Description,
    State,
    WorkGroupConfiguration: configuration,
  } = workGroupSchema.parse(properties);
  const location = configuration.ResultConfiguration?.OutputLocation;
  return {
    name: Name,
    description: Description ?? null,
    enabled: State === 'ENABLED',
    enforced: configuration.EnforceWorkGroupConfiguration,
    outputLocation: location === undefined ? null : withSlash(location),
    encryption: configuration.ResultConfiguration?.EncryptionConfiguration ?? null,
    bytesCutoff: configuration.BytesScannedCutoffPerQuery ?? null,
  };
}

const databaseSchema = z.object({ DatabaseInput: z.object({ Name: z.string() }) });
const glueColumn = z.object({ Name: z.string(), Type: z.string().default('string') });
const tableSchema = z.object({
  DatabaseName: z.string(),
  TableInput: z.object({
    Name: z.string(),
    Parameters: z.record(z.string(), z.coerce.string()).default({}),
    PartitionKeys: z.array(glueColumn).default([]),
    StorageDescriptor: z.object({
      Columns: z.array(glueColumn),
      Location: z.string(),
      SerdeInfo: z.object({ SerializationLibrary: z.string() }),
    }),
  }),
});
const PARQUET_SERDE = 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe';

function readTable(properties: unknown): Table {
  const { DatabaseName, TableInput: input } = tableSchema.parse(properties);
  const { StorageDescriptor: storage, Parameters: parameters, PartitionKeys: keys } = input;
  const serde = storage.SerdeInfo.SerializationLibrary;
  if (serde !== PARQUET_SERDE)
    throw new Error(`table ${input.Name}: the stand-in reads Parquet only, not ${serde}`);
  if (keys.length > 0 && parameters['projection.enabled'] !== 'true') {
    throw new Error(`table ${input.Name}: the stand-in knows partitions by projection only`);
  }
  return {
    database: DatabaseName,
    name: input.Name,
    columns: storage.Columns.map(readColumn),
    partitions: keys.map((key) => ({ ...readColumn(key), projection: readProjection(key.Name, parameters) })),
    location: withSlash(parameters['storage.location.template'] ?? storage.Location),
  };
}

const GLUE_TYPES: Readonly<Record<string, string>> = { string: 'varchar', int: 'integer', float: 'real' };
const KNOWN_TYPES =
  /^(varchar|integer|bigint|smallint|tinyint|double|real|boolean|date|timestamp|decimal\(\d+,\s*\d+\))$/;

function readColumn({ Name, Type }: z.infer<typeof glueColumn>): Column {
  const type = GLUE_TYPES[Type.toLowerCase()] ?? Type.toLowerCase();
  if (!KNOWN_TYPES.test(type)) throw new Error(`column ${Name}: the stand-in does not know the type ${Type}`);
  return { name: Name, type };
}

const dateProjection = z.object({
  format: z.enum(['yyyy', 'yyyy-MM', 'yyyy-MM-dd']),
  range: z.string().regex(/^[^,]+,[^,]+$/),
  interval: z.coerce.number().int().positive().default(1),
  unit: z.enum(['YEARS', 'MONTHS', 'DAYS']).optional(),
});
const DEFAULT_UNITS = { yyyy: 'YEARS', 'yyyy-MM': 'MONTHS', 'yyyy-MM-dd': 'DAYS' } as const;

function readProjection(key: string, parameters: Readonly<Record<string, string>>): Projection {
  const of = (name: string): string | undefined => parameters[`projection.${key}.${name}`];
  switch (of('type')) {
    case 'injected':
      return { type: 'injected' };
    case 'enum':
      return { type: 'enum', values: (of('values') ?? '').split(',').map((value) => value.trim()) };
    case 'date': {
      const { format, range, interval, unit } = dateProjection.parse({
        format: of('format'),
        range: of('range'),
        interval: of('interval'),
        unit: of('interval.unit'),
      });
      const [from = '', to = ''] = range.split(',').map((bound) => bound.trim());
      return { type: 'date', format, range: [from, to], interval, unit: unit ?? DEFAULT_UNITS[format] };
    }
    default:
      throw new Error(`partition ${key}: the stand-in knows injected, enum and date projection`);
  }
}

const withSlash = (location: string): string => (location.endsWith('/') ? location : `${location}/`);
