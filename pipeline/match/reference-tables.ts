/** The public tables published with every snapshot: areas, and the code lists reports are defined by. They hold nobody's data. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Duck } from '../parquet.ts';
import type { ReferenceTable } from '../zones.ts';

const violence = z.looseObject({
  id: z.string(),
  kinds: z.array(
    z.looseObject({
      kind: z.string(),
      offences: z.array(z.looseObject({ code: z.string(), needs: z.string() })),
    }),
  ),
});
const riskFactors = z.looseObject({
  factors: z.array(
    z.looseObject({
      factor: z.string(),
      label: z.string(),
      event_type: z.string(),
      codes: z.array(z.string()),
    }),
  ),
});

export interface ReferenceFile {
  readonly table: ReferenceTable;
  readonly path: string;
  readonly rows: number;
  readonly digest: string;
}

/** @param contracts folder of the declared truth; @param out folder the Parquet files are written to. */
export async function referenceTables(
  duck: Duck,
  contracts: string,
  out: string,
): Promise<readonly ReferenceFile[]> {
  await duck.insertRows(
    'violence_kinds',
    { definition_version: 'varchar', code: 'varchar', needs: 'varchar', kind: 'varchar' },
    await violenceRows(contracts),
  );
  await duck.insertRows(
    'risk_factors',
    { code: 'varchar', event_type: 'varchar', factor: 'varchar', label: 'varchar' },
    await riskFactorRows(contracts),
  );
  const statements: Readonly<Record<ReferenceTable, string>> = {
    area: areaSql(join(contracts, 'reference')),
    serious_violence_kind: 'select * from violence_kinds order by definition_version, code, needs',
    risk_factor: 'select * from risk_factors order by event_type, code',
  };
  const files: ReferenceFile[] = [];
  for (const table of ['area', 'serious_violence_kind', 'risk_factor'] as const) {
    const path = join(out, `${table}.parquet`);
    files.push({ table, path, ...(await duck.copyToParquet(statements[table], path)) });
  }
  return files;
}

/**
 * A district that lies in one partnership takes it; Buckinghamshire has four, whose areas the district file cannot
 * tell apart, so its community safety partnership stays empty here.
 */
function areaSql(folder: string): string {
  const csv = (name: string): string =>
    `read_csv('${join(folder, name)}', header = true, all_varchar = true)`;
  return `
    with district as (
      select lad24cd, any_value(fra24cd) as fra24cd, any_value(fra24nm) as fra24nm,
             case when count(*) = 1 then any_value(csp24cd) end as csp24cd,
             case when count(*) = 1 then any_value(csp24nm) end as csp24nm
      from ${csv('districts.csv')} group by lad24cd
    )
    select lsoa.lsoa21cd, lsoa.lsoa21nm, lsoa.lad24cd, lsoa.lad24nm, district.csp24cd, district.csp24nm,
           district.fra24cd, district.fra24nm, cast(lsoa.imd25_decile as integer) as imd25_decile,
           cast(lsoa.residents as integer) as residents
    from ${csv('lsoa21.csv')} lsoa left join district on district.lad24cd = lsoa.lad24cd
    order by lsoa.lsoa21cd`;
}

async function violenceRows(contracts: string): Promise<readonly (readonly string[])[]> {
  const documents = await definitions(contracts, 'serious-violence', violence);
  return documents.flatMap(({ id, kinds }) =>
    kinds.flatMap(({ kind, offences }) => offences.map(({ code, needs }) => [id, code, needs, kind])),
  );
}

async function riskFactorRows(contracts: string): Promise<readonly (readonly string[])[]> {
  const documents = await definitions(contracts, 'risk-factors', riskFactors);
  const newest = documents.at(-1);
  return (newest?.factors ?? []).flatMap(({ factor, label, event_type, codes }) =>
    codes.map((code) => [code, event_type, factor, label]),
  );
}

/** Every version of a definition, oldest first. */
async function definitions<T>(contracts: string, stem: string, schema: z.ZodType<T>): Promise<readonly T[]> {
  const folder = join(contracts, 'definitions');
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${stem}.v`)).sort();
  return Promise.all(
    names.map(async (name) => schema.parse(parse(await readFile(join(folder, name), 'utf8')))),
  );
}
