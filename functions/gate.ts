/** The gate's question, asked of stored bytes each time: may this report run, and may it leave? */
import { agreed, type Agreed } from '../pipeline/agreement/agreed.ts';
import type { CanonicalDefinition } from '../pipeline/agreement/definition.ts';
import type { GateInput, GateReason } from '../pipeline/report/gate.ts';
import { keys, type SnapshotManifest } from '../pipeline/zones.ts';
import { FAULT_SENTENCES, storedAgreement } from './agreement-store.ts';
import { bucket, setting } from './environment.ts';
import { definitionInputs } from './definition-inputs.ts';
import { getJson } from './objects.ts';

export type GateCase =
  | { readonly ok: false; readonly reasons: readonly GateReason[] }
  | {
      readonly ok: true;
      readonly definition: CanonicalDefinition;
      readonly agreement: Agreed;
      readonly manifest: SnapshotManifest | null;
      readonly input: Omit<GateInput, 'today'>;
    };

/** @param snapshot the snapshot a started release is bound to; the one in force when left out. */
export async function gateCase(report: string, now: Date, snapshot?: string): Promise<GateCase> {
  const stored = await storedAgreement(report);
  if (typeof stored === 'string')
    return { ok: false, reasons: [{ code: stored, sentence: FAULT_SENTENCES[stored] }] };
  const { definition, register, envelopes } = stored;
  const declared = definition.definition;
  const agreement = agreed({
    definitionBytes: definition.bytes,
    register,
    envelopes,
    now,
    environment: setting('TVT_ENVIRONMENT'),
  });
  const inputs = await definitionInputs(declared.report, declared.sql.text);
  const wanted =
    snapshot ??
    (await getJson<{ snapshot: string }>(bucket('linked'), keys.linked.current))?.value.snapshot ??
    null;
  const manifest =
    wanted === null
      ? null
      : ((await getJson<SnapshotManifest>(bucket('linked'), keys.linked.manifest(wanted)))?.value ?? null);
  return {
    ok: true,
    definition,
    agreement,
    manifest,
    input: {
      report: declared.report,
      sql: declared.sql,
      agreed: agreement.agreed
        ? { agreed: true, digest: agreement.digest }
        : { agreed: false, reasons: agreement.reasons },
      lint: {
        findings: inputs.findings.map(({ line, message }) => ({ sentence: `SQL line ${line}: ${message}` })),
        tables: inputs.ok ? inputs.inputs.tables : declared.sql.tables,
      },
      inputs: {
        agreed: named(declared.inputs),
        inForce: inputs.ok
          ? named({
              contracts: inputs.inputs.contractDigests,
              schema: inputs.inputs.schemaDigests,
              codeLists: inputs.inputs.codeListDigests,
            })
          : {},
      },
      snapshot: wanted === null ? null : { id: wanted, manifestFound: manifest !== null },
      partnersInForce: register.document.partners.map(({ partner }) => partner),
    },
  };
}

type Digests = Readonly<Record<string, string>>;

/** One flat list of what was signed: `contracts/<id>`, `schema/<table>`, `code-lists/<id>`. */
function named(inputs: {
  readonly contracts: Digests;
  readonly schema: Digests;
  readonly codeLists: Digests;
}): Digests {
  const flat = (group: string, digests: Digests): (readonly [string, string])[] =>
    Object.entries(digests).map(([id, digest]) => [`${group}/${id}`, digest]);
  return Object.fromEntries([
    ...flat('contracts', inputs.contracts),
    ...flat('schema', inputs.schema),
    ...flat('code-lists', inputs.codeLists),
  ]);
}
