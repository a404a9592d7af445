/** What a report's definition rests on, read from the truth this function was deployed with: schemas, contracts, code lists. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Digest } from '../pipeline/agreement/canonical.ts';
import { codeListDigest, contractDigest, schemaDigests } from '../pipeline/agreement/input-digests.ts';
import type { Finding } from '../pipeline/sql-lint/findings.ts';
import { lintSql } from '../pipeline/sql-lint/lint-sql.ts';
import { readSchema, type SchemaDocument } from '../pipeline/sql-lint/schema.ts';
import { contractsFolder, sqlFolder } from './environment.ts';

export interface DefinitionInputs {
  readonly tables: readonly string[];
  readonly contractDigests: Readonly<Record<string, Digest>>;
  readonly schemaDigests: Readonly<Record<string, Digest>>;
  readonly codeListDigests: Readonly<Record<string, Digest>>;
  readonly seriousViolence: { readonly id: string; readonly digest: Digest };
}
export type InputsResult =
  | { readonly ok: true; readonly inputs: DefinitionInputs; readonly findings: readonly Finding[] }
  | { readonly ok: false; readonly sentence: string; readonly findings: readonly Finding[] };

const namesDefinitions = z.looseObject({
  serious_violence_definition: z.string(),
  risk_factor_definition: z.string().optional(),
});

export async function linkedSchema(): Promise<SchemaDocument> {
  return readSchema(await readFile(join(sqlFolder(), 'schema', 'linked.yaml'), 'utf8'));
}

/** Digests of everything a declaration and its SQL depend on; refuses SQL the lint does not pass. */
export async function definitionInputs(declaration: unknown, sql: string): Promise<InputsResult> {
  const schema = await linkedSchema();
  const lint = lintSql(sql, schema);
  if (!lint.ok)
    return { ok: false, sentence: 'The SQL does not keep to the agreed rules.', findings: lint.findings };
  const named = namesDefinitions.safeParse(declaration);
  if (!named.success)
    return { ok: false, sentence: 'The definition names no definition of serious violence.', findings: [] };
  const violence = named.data.serious_violence_definition;
  const lists = [
    violence,
    ...(named.data.risk_factor_definition === undefined ? [] : [named.data.risk_factor_definition]),
  ];
  const digests = await Promise.all(
    lists.map(async (id) => [id, codeListDigest(await yamlFile('definitions', `${id}.yaml`))] as const),
  );
  return {
    ok: true,
    findings: [],
    inputs: {
      tables: lint.tables,
      contractDigests: await allContractDigests(),
      schemaDigests: schemaDigests(schema, lint.tables),
      codeListDigests: Object.fromEntries(digests),
      seriousViolence: { id: violence, digest: digests[0]?.[1] ?? '' },
    },
  };
}

async function allContractDigests(): Promise<Readonly<Record<string, Digest>>> {
  const files = (await readdir(join(contractsFolder(), 'feeds'))).filter((name) =>
    name.endsWith('.odcs.yaml'),
  );
  const digests = await Promise.all(
    files
      .sort()
      .map(
        async (name) =>
          [name.slice(0, -'.odcs.yaml'.length), contractDigest(await yamlFile('feeds', name), null)] as const,
      ),
  );
  return Object.fromEntries(digests);
}

async function yamlFile(folder: string, name: string): Promise<unknown> {
  return parse(await readFile(join(contractsFolder(), folder, name), 'utf8'));
}
