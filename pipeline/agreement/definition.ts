/** A report's definition: the one document all partners sign, built from the author's folder and what is in force. */

import { parse } from 'yaml';
import { z } from 'zod';

import { canonicalBytes, parseCanonicalJson, sha256, type Digest } from './canonical.ts';
import { digestSchema, instantSchema } from './register.ts';
import { reportSchema } from './report-declaration.ts';

const digests = z.record(z.string().regex(/^[a-z0-9._-]+$/), digestSchema);

/** Rates need this many in the released denominator unless the author asks for more (a tenth of a point each). */
const DEFAULT_MINIMUM_DENOMINATOR = 30;

/** Plain ASCII, so that what a partner reads is what the engine runs: no look-alike and no hidden character. */
const sqlSchema = z.strictObject({
  text: z.string().regex(/^[\n\t\x20-\x7e]+$/, 'SQL is plain ASCII text'),
  tables: z.array(z.string().regex(/^[a-z_]+$/)),
});

const definitionSchema = z
  .strictObject({
    kind: z.literal('tvt-definition/v1'),
    report: reportSchema,
    sql: sqlSchema,
    /** What the SQL's meaning rests on, by digest: a change in any of them is another definition. */
    inputs: z.strictObject({
      contracts: digests,
      schema: digests,
      codeLists: digests,
      seriousViolence: z.strictObject({ id: z.string(), digest: digestSchema }),
    }),
    renderer: digestSchema.nullable(),
    author: z.strictObject({ staff: z.string(), partner: z.string() }),
    registerDigest: digestSchema,
    previous: digestSchema.nullable(),
    proposedAt: instantSchema,
    expires: instantSchema,
  })
  .refine(({ report, inputs }) => report.serious_violence_definition === inputs.seriousViolence.id)
  .refine(
    ({ report, proposedAt, expires }) =>
      Date.parse(expires) > Date.parse(proposedAt) &&
      Date.parse(expires) <= Date.parse(latestExpiry(proposedAt, report.expires.months)),
    'the definition must expire by the next six-monthly review',
  );
export type Definition = z.infer<typeof definitionSchema>;

export interface DefinitionInput {
  readonly reportFolder: { readonly definitionYaml: string; readonly sql: string };
  /** Linked and reference tables the SQL reads, as its lint found them. */
  readonly tables: readonly string[];
  readonly contractDigests: Readonly<Record<string, Digest>>;
  readonly schemaDigests: Readonly<Record<string, Digest>>;
  readonly codeListDigests: Readonly<Record<string, Digest>>;
  readonly seriousViolence: { readonly id: string; readonly digest: Digest };
  readonly rendererDigest: Digest | null;
  readonly author: { readonly staff: string; readonly partner: string };
  readonly registerDigest: Digest;
  readonly previous: Digest | null;
  readonly proposedAt: string;
  /** Defaults to the latest the author's expiry rule allows. */
  readonly expires?: string;
}

export interface CanonicalDefinition {
  readonly definition: Definition;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

export type DefinitionResult =
  ({ readonly ok: true } & CanonicalDefinition) | { readonly ok: false; readonly sentence: string };

/** Fills what the author leaves to the rules, so that it too is signed, and gives the canonical bytes. */
export function buildDefinition(input: DefinitionInput): DefinitionResult {
  const declared = reportSchema.safeParse(yaml(input.reportFolder.definitionYaml));
  if (!declared.success) return refused('definition.yaml', declared.error);
  const { disclosure } = declared.data;
  const report = {
    ...declared.data,
    disclosure: {
      ...disclosure,
      ...(disclosure.rates === undefined
        ? {}
        : { minimum_denominator: disclosure.minimum_denominator ?? DEFAULT_MINIMUM_DENOMINATOR }),
    },
  };
  return canonicalDefinition({
    kind: 'tvt-definition/v1',
    report,
    sql: { text: input.reportFolder.sql, tables: [...new Set(input.tables)].toSorted() },
    inputs: {
      contracts: input.contractDigests,
      schema: input.schemaDigests,
      codeLists: input.codeListDigests,
      seriousViolence: input.seriousViolence,
    },
    renderer: input.rendererDigest,
    author: input.author,
    registerDigest: input.registerDigest,
    previous: input.previous,
    proposedAt: input.proposedAt,
    expires: input.expires ?? latestExpiry(input.proposedAt, report.expires.months),
  });
}

/** The canonical bytes and digest of a definition in any spelling. */
export function canonicalDefinition(input: unknown): DefinitionResult {
  const parsed = definitionSchema.safeParse(input);
  if (!parsed.success) return refused('definition', parsed.error);
  const bytes = canonicalBytes(parsed.data);
  // Read back, so that nothing is offered for signing that a reader of the stored bytes would refuse.
  const again = readDefinition(bytes);
  return again.ok ? { ok: true, definition: parsed.data, bytes, digest: sha256(bytes) } : again;
}

/** Reads stored definition bytes; anything but the canonical spelling of a whole definition is refused. */
export function readDefinition(bytes: Uint8Array): DefinitionResult {
  const json = parseCanonicalJson(bytes);
  if (!json.ok) return json;
  const parsed = definitionSchema.safeParse(json.value);
  return parsed.success
    ? { ok: true, definition: parsed.data, bytes, digest: sha256(bytes) }
    : refused('definition', parsed.error);
}

/** The same hour `months` later; the last day of the month where it has no such day. */
function latestExpiry(from: string, months: number): string {
  const start = new Date(from);
  const end = new Date(start);
  end.setUTCMonth(start.getUTCMonth() + months);
  if (end.getUTCDate() !== start.getUTCDate()) end.setUTCDate(0);
  return end.toISOString();
}

const yaml = (text: string): unknown => parse(text, { uniqueKeys: true, schema: 'core', maxAliasCount: 0 });

function refused(document: string, error: z.ZodError): DefinitionResult {
  const issue = error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  return {
    ok: false,
    sentence: `The ${document} does not have the agreed form${where}: ${issue?.message ?? ''}.`,
  };
}
