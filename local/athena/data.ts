/** Fetches the objects a statement names, as its caller, into the query's own folder: what IAM and KMS refuse is never read. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ServiceError, type Principal, type StandIn } from '../service.ts';
import type { Catalog, Table } from './catalog.ts';
import { BytesCutoff, QueryFailure } from './failure.ts';
import { projectPartitions, type Condition, type Partition } from './projection.ts';
import type { TableReference } from './references.ts';

export interface FetchedTable {
  readonly table: Table;
  readonly files: readonly string[];
}
export interface FetchedData {
  readonly tables: readonly FetchedTable[];
  readonly bytes: number;
}

export interface FetchRequest {
  readonly standIn: StandIn;
  readonly catalog: Catalog;
  readonly principal: Principal;
  readonly references: readonly TableReference[];
  readonly defaultDatabase: string | null;
  readonly folder: string;
  readonly bytesCutoff: number | null;
  readonly cancelled: () => boolean;
}

export async function fetchData(request: FetchRequest): Promise<FetchedData> {
  const wanted = resolveTables(request);
  const tables: FetchedTable[] = [];
  let bytes = 0;
  for (const { table, uses } of wanted) {
    authoriseTable(request, table);
    const partitions = distinctPartitions(table, uses, request.standIn.clock.now());
    const files: string[] = [];
    for (const partition of partitions) {
      if (request.cancelled()) return { tables, bytes };
      const fetched = await fetchPartition(
        request,
        table,
        partition,
        request.bytesCutoff === null ? null : request.bytesCutoff - bytes,
      );
      files.push(...fetched.files);
      bytes += fetched.bytes;
    }
    tables.push({ table, files });
  }
  return { tables, bytes };
}

interface Wanted {
  readonly table: Table;
  /** Conditions of each place the statement reads the table. */
  readonly uses: readonly (readonly Condition[])[];
}

function resolveTables({ catalog, references, defaultDatabase }: FetchRequest): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const reference of references) {
    const database = reference.database ?? defaultDatabase ?? 'default';
    const name = `${database}.${reference.table}`;
    const table = catalog.tables.get(name);
    const known = reference.catalog === null || reference.catalog === 'awsdatacatalog';
    if (table === undefined || !known)
      throw new QueryFailure(`TABLE_NOT_FOUND: Table 'awsdatacatalog.${name}' does not exist`);
    wanted.set(name, { table, uses: [...(wanted.get(name)?.uses ?? []), reference.conditions] });
  }
  return [...wanted.values()];
}

/** Athena asks Glue on the caller's behalf; Glue judges the catalogue, the database and the table. */
function authoriseTable({ standIn, principal }: FetchRequest, table: Table): void {
  const arn = `arn:aws:glue:${standIn.templates.region}:${standIn.templates.account}`;
  const [catalog, database] = [`${arn}:catalog`, `${arn}:database/${table.database}`];
  const own = `${arn}:table/${table.database}/${table.name}`;
  const needed: readonly (readonly [string, readonly string[]])[] = [
    ['glue:GetDatabase', [catalog, database]],
    ['glue:GetTable', [catalog, database, own]],
    ['glue:GetPartitions', [catalog, database, own]],
  ];
  for (const [action, resources] of needed) {
    for (const resource of resources) {
      try {
        standIn.authoriser.require({ principal, action, resource });
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        throw new QueryFailure(`Insufficient permissions to execute the query. ${error.message}`);
      }
    }
  }
}

function distinctPartitions(table: Table, uses: Wanted['uses'], now: Date): readonly Partition[] {
  const all = uses.flatMap((conditions) => projectPartitions(table, conditions, now));
  return [...new Map(all.map((partition) => [partition.location, partition])).values()];
}

async function fetchPartition(
  { standIn, principal, folder, cancelled }: FetchRequest,
  table: Table,
  partition: Partition,
  bytesLeft: number | null,
): Promise<{ readonly files: readonly string[]; readonly bytes: number }> {
  const { bucket, key: prefix } = readLocation(partition.location);
  const files: string[] = [];
  let bytes = 0;
  try {
    // A value with a path in it names no partition we ever wrote; it must not name a folder here either.
    if (!Object.values(partition.values).every((value) => /^[A-Za-z0-9._:-]{1,128}$/.test(value)))
      return { files, bytes };
    const objects = await standIn.objects.list(principal, bucket, prefix);
    for (const { key, size } of objects.filter((object) => isData(object.key))) {
      if (cancelled()) break;
      bytes += size;
      if (bytesLeft !== null && bytes > bytesLeft) throw new BytesCutoff();
      const { body } = await standIn.objects.get(principal, bucket, key);
      const steps = Object.entries(partition.values).map(
        ([name, value]) => `${name}=${encodeURIComponent(value)}`,
      );
      const parent = join(folder, table.database, table.name, ...steps);
      await mkdir(parent, { recursive: true, mode: 0o700 });
      const file = join(parent, `${files.length}.parquet`);
      await writeFile(file, body, { mode: 0o600 });
      files.push(file);
    }
  } catch (error) {
    throw spelt(error, partition.location);
  }
  return { files, bytes };
}

/** Names that begin with a dot or an underscore are hidden, as in Hive. */
function isData(key: string): boolean {
  const name = key.split('/').at(-1) ?? '';
  return name !== '' && !name.startsWith('.') && !name.startsWith('_');
}

function spelt(error: unknown, location: string): unknown {
  if (!(error instanceof ServiceError)) return error;
  return error.status === 403
    ? new QueryFailure(`PERMISSION_DENIED: Permission denied on S3 path: ${location}`)
    : new QueryFailure(`HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split ${location}: ${error.code}`);
}

/** `s3://bucket/key` in its two parts. */
export function readLocation(location: string): { readonly bucket: string; readonly key: string } {
  const match = /^s3:\/\/([^/]+)\/(.*)$/s.exec(location);
  if (match === null) throw new QueryFailure(`${location} is not an S3 location`);
  return { bucket: match[1] ?? '', key: match[2] ?? '' };
}
