/** Turns the canonical rows of one accepted delivery into record tables, as Parquet files ready to be merged. */
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { FeedContract } from '../contract/model.ts';
import { CELL_END, type RowSink } from '../contract/rows.ts';
import { type Duck, sqlName, sqlText } from '../parquet.ts';
import { type PartnerId, RECORD_TABLES } from '../zones.ts';
import { RECORD_REF_LENGTH, refWriter } from './record-ref.ts';
import { tableSql } from './tables.ts';

/** What a delivery is once staged: its record tables, and for each row what it asks for. */
export const STAGED_TABLES = ['change', ...RECORD_TABLES] as const;
export type StagedTable = (typeof STAGED_TABLES)[number];
export interface StagedFile {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}
export type StagedDelivery = Readonly<Record<StagedTable, StagedFile>>;

export interface StagingOptions {
  readonly contract: FeedContract;
  readonly partner: PartnerId;
  /** Key of the record references (KMS GenerateMac over `record-ref/v1`). */
  readonly secret: Uint8Array;
  /** A folder of the caller's own, for the canonical rows and the files made of them. */
  readonly folder: string;
}

export interface Staging {
  /** Given to landing, which writes rows while it checks them. */
  readonly sink: RowSink;
  /** Makes the files, once the delivery was accepted. `postcodes` is the path of contracts/reference/postcodes.csv. */
  finish(duck: Duck, postcodes: string): Promise<StagedDelivery>;
  /** Leaves nothing behind; safe to call after finish. */
  discard(): void;
}

export function openStaging({ contract, partner, secret, folder }: StagingOptions): Staging {
  const path = join(folder, 'canonical.rows');
  const file = openSync(path, 'w', 0o600);
  const writeRef = refWriter(secret, partner, contract.id);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    sink: {
      prefixBytes: RECORD_REF_LENGTH + 1,
      row(bytes, at, key, keyStart, keyEnd) {
        writeRef(key, keyStart, keyEnd, bytes, at);
        bytes[at + RECORD_REF_LENGTH] = CELL_END;
      },
      write(rows) {
        for (let from = 0; from < rows.length;) from += writeSync(file, rows, from);
      },
    },
    async finish(duck, postcodes) {
      close();
      const staged = await makeTables({ duck, contract, partner, folder, path, postcodes });
      rmSync(path, { force: true });
      return staged;
    },
    discard() {
      close();
      rmSync(path, { force: true });
    },
  };
}

interface Making {
  readonly duck: Duck;
  readonly contract: FeedContract;
  readonly partner: PartnerId;
  readonly folder: string;
  readonly path: string;
  readonly postcodes: string;
}

async function makeTables(making: Making): Promise<StagedDelivery> {
  const { duck, contract, partner, folder, path, postcodes } = making;
  await duck.run(`create or replace temp table canonical as select * from ${canonicalRows(contract, path)}`);
  await duck.run(
    `create or replace temp table postcode_area as
     select postcode, lsoa21cd, lad24cd from read_csv(${sqlText(postcodes)}, header = true, all_varchar = true)`,
  );
  const statements: Record<StagedTable, string | null> = {
    change: `select record_ref, case change when 'd' then 'delete' else 'upsert' end as change,
                    ${sqlName(contract.collectionDate ?? '')} as collection_date from canonical`,
    person: tableSql('person', contract, partner),
    event: tableSql('event', contract, partner),
    place: tableSql('place', contract, partner),
    relation: tableSql('relation', contract, partner),
  };
  const files: Partial<Record<StagedTable, StagedFile>> = {};
  for (const table of STAGED_TABLES)
    files[table] = await writeTable(duck, table, statements[table], join(folder, `${table}.parquet`));
  await duck.run('drop table canonical');
  const { change, person, event, place, relation } = files;
  if (!change || !person || !event || !place || !relation) throw new Error('A staged table is missing.');
  return { change, person, event, place, relation };
}

/** The rows as landing wrote them: no quoting, an empty cell is missing, dates in ISO. */
function canonicalRows(contract: FeedContract, path: string): string {
  const columns = [
    ['record_ref', 'varchar'],
    ['change', 'varchar'],
    ...contract.columns.map((column) => [column.name, column.type === 'date' ? 'date' : 'varchar']),
  ].map(([name, type]) => `${sqlText(name ?? '')}: ${sqlText(type ?? '')}`);
  return `read_csv(${sqlText(path)}, columns = {${columns.join(', ')}}, delim = ${sqlText(String.fromCharCode(CELL_END))},
    quote = '', escape = '', nullstr = '', header = false, auto_detect = false, dateformat = '%Y-%m-%d',
    new_line = '\\n', max_line_size = 4194304)`;
}

async function writeTable(
  duck: Duck,
  table: StagedTable,
  sql: string | null,
  path: string,
): Promise<StagedFile> {
  const rows = await duck.write(sql ?? emptyTable(table), path);
  return { path, rows, bytes: statSync(path).size };
}

/** A feed that says nothing of a kind leaves a file without rows, so that every delivery has the same files. */
const emptyTable = (table: StagedTable): string =>
  `select 'x' as record_ref where false and ${sqlText(table)} is null`;
