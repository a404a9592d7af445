/** The agreements as stored bytes: register, definitions, proposals and signatures in the ledger zone. */
import { readDefinition, type CanonicalDefinition } from '../pipeline/agreement/definition.ts';
import { readRegister, type Register } from '../pipeline/agreement/register.ts';
import { keys } from '../pipeline/zones.ts';
import { bucket } from './environment.ts';
import { eachOf, getJson, getText, list } from './objects.ts';

export interface Proposal {
  readonly report: string;
  readonly digest: string;
}

/** What the partners' agreement on one report rests on, read afresh each time. */
export interface StoredAgreement {
  readonly definition: CanonicalDefinition;
  readonly register: Register;
  readonly envelopes: readonly Uint8Array[];
}

export async function registerInForce(): Promise<Register | null> {
  const current = await getJson<{ digest: string }>(bucket('ledger'), keys.ledger.registerCurrent);
  if (current === null) return null;
  const stored = await getText(bucket('ledger'), keys.ledger.register(current.value.digest));
  const read = stored === null ? null : readRegister(Buffer.from(stored.value, 'utf8'));
  if (read === null || !read.ok || read.register.digest !== current.value.digest)
    throw new Error('the register in force is missing or altered');
  return read.register;
}

export type AgreementFault = 'no-register' | 'not-proposed' | 'definition-altered';

export async function storedAgreement(report: string): Promise<StoredAgreement | AgreementFault> {
  const ledger = bucket('ledger');
  const register = await registerInForce();
  if (register === null) return 'no-register';
  const proposal = await getJson<Proposal>(ledger, keys.ledger.proposal(report));
  if (proposal === null) return 'not-proposed';
  const { digest } = proposal.value;
  const stored = await getText(ledger, keys.ledger.definition(digest));
  const definition = stored === null ? null : readDefinition(Buffer.from(stored.value, 'utf8'));
  // The digest is recomputed from the bytes: what the pointer calls them decides nothing.
  if (
    definition === null ||
    !definition.ok ||
    definition.digest !== digest ||
    definition.definition.report.id !== report
  )
    return 'definition-altered';
  const signatures = await list(ledger, keys.ledger.signatures(digest));
  const envelopes = await eachOf(signatures, async ({ key }) =>
    Buffer.from((await getText(ledger, key))?.value ?? '', 'utf8'),
  );
  return { definition, register, envelopes };
}

export const FAULT_SENTENCES: Readonly<Record<AgreementFault, string>> = {
  'no-register': 'No register of partners has been published yet.',
  'not-proposed': 'The report has not been proposed, so nobody can have agreed to it.',
  'definition-altered': 'The stored definition is not the one its digest names; nothing is released from it.',
};
