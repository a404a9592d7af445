/** Whether every partner in force has agreed to exactly this definition, now. Everything is derived from stored bytes. */

import { readDefinition, type CanonicalDefinition } from './definition.ts';
import type { Register, RegisterPartner } from './register.ts';
import { subjectName, verifyEnvelope, type Statement } from './statement.ts';

/** A clock may be this far ahead of ours before what it signed counts as signed in the future. */
export const CLOCK_SKEW_MS = 5 * 60_000;

export const REASONS = [
  'definition-unreadable',
  'definition-expired',
  'register-changed',
  'register-rolled-back',
  'wrong-environment',
  'not-signed',
  'signature-refused',
  'other-definition',
  'other-register',
  'other-environment',
  'signed-in-future',
  'signature-expired',
  'declined',
  'question-open',
  'revoked',
  'author-signed',
] as const;
export type ReasonCode = (typeof REASONS)[number];

interface Reason {
  readonly code: ReasonCode;
  readonly partner?: string;
  readonly sentence: string;
}
interface AgreedBy {
  readonly partner: string;
  readonly name: string;
  readonly signer: string;
  readonly signedAt: string;
  readonly expires: string;
}
export type Agreed =
  | { readonly agreed: true; readonly digest: string; readonly by: readonly AgreedBy[] }
  | { readonly agreed: false; readonly digest: string | null; readonly reasons: readonly Reason[] };

export interface AgreedInput {
  readonly definitionBytes: Uint8Array;
  /** The register in force. */
  readonly register: Register;
  /** Every stored envelope for this definition, as bytes; order and repetition do not matter. */
  readonly envelopes: readonly Uint8Array[];
  readonly now: Date;
  readonly environment: string;
}

export function agreed({ definitionBytes, register, envelopes, now, environment }: AgreedInput): Agreed {
  const definition = readDefinition(definitionBytes);
  if (!definition.ok)
    return {
      agreed: false,
      digest: null,
      reasons: [{ code: 'definition-unreadable', sentence: definition.sentence }],
    };
  const verified = envelopes.map((bytes) => verifyEnvelope(bytes, register));
  const statements = verified.flatMap((envelope) => (envelope.ok ? [envelope.statement] : []));
  const refused = new Map(
    verified.flatMap((envelope) => (envelope.ok ? [] : [[envelope.partner, envelope.sentence]])),
  );
  const reasons = wholeReasons(definition, register, statements, now, environment);
  const by: AgreedBy[] = [];
  for (const entry of register.document.partners) {
    const answer = partnerAnswer({ entry, definition, register, statements, now, environment }, refused);
    if ('code' in answer) reasons.push(answer);
    else by.push(answer);
  }
  return reasons.length === 0
    ? { agreed: true, digest: definition.digest, by }
    : { agreed: false, digest: definition.digest, reasons };
}

/** What stops the definition whoever has signed it. */
function wholeReasons(
  { definition }: CanonicalDefinition,
  register: Register,
  statements: readonly Statement[],
  now: Date,
  environment: string,
): Reason[] {
  const reasons: Reason[] = [];
  if (now.getTime() >= Date.parse(definition.expires))
    reasons.push({
      code: 'definition-expired',
      sentence: `The definition expired on ${day(definition.expires)}; it must be agreed again at the six-monthly review.`,
    });
  if (definition.registerDigest !== register.digest)
    reasons.push({
      code: 'register-changed',
      sentence:
        'A partner, an approver or a key has changed since the definition was proposed; all partners must agree again.',
    });
  if (register.document.environment !== environment)
    reasons.push({ code: 'wrong-environment', sentence: 'The register belongs to another installation.' });
  if (statements.some(({ predicate }) => predicate.registerVersion > register.document.version))
    reasons.push({
      code: 'register-rolled-back',
      sentence:
        'A partner has signed under a newer register than the one presented; an old register was put back.',
    });
  return reasons;
}

interface PartnerCase {
  readonly entry: RegisterPartner;
  readonly definition: CanonicalDefinition;
  readonly register: Register;
  readonly statements: readonly Statement[];
  readonly now: Date;
  readonly environment: string;
}

function partnerAnswer(
  given: PartnerCase,
  refused: ReadonlyMap<string | undefined, string>,
): AgreedBy | Reason {
  const { entry, definition } = given;
  const own = given.statements.filter(({ predicate }) => predicate.partner === entry.partner);
  const here = own.filter((statement) => statement.predicate.environment === given.environment);
  const onThis = here.filter((statement) => isAbout(statement, definition));
  const latest = onThis.toSorted(bySigning).at(-1);
  const reason = (code: ReasonCode, sentence: string): Reason => ({ code, partner: entry.partner, sentence });
  if (latest !== undefined) return judgeLatest(given, latest, reason);
  if (here.length > 0)
    return reason('other-definition', `${entry.name} has signed another version, not this one.`);
  if (own.length > 0)
    return reason('other-environment', `${entry.name} has signed for another installation, not this one.`);
  const why = refused.get(entry.partner);
  return why === undefined
    ? reason('not-signed', `${entry.name} has not signed this definition.`)
    : reason('signature-refused', why);
}

const isAbout = ({ subject: [subject] }: Statement, { definition, digest }: CanonicalDefinition): boolean =>
  subject.digest.sha256 === digest &&
  subject.name === subjectName(definition.report.id, definition.report.version);

/** In time order; of two statements of one instant the one that is not an agreement comes last, and so decides. */
const bySigning = (left: Statement, right: Statement): number => {
  const [before, after] = [left.predicate, right.predicate];
  const apart = Date.parse(before.signedAt) - Date.parse(after.signedAt);
  return apart === 0 ? Number(before.decision !== 'agree') - Number(after.decision !== 'agree') : apart;
};

function judgeLatest(
  { entry, definition, register, now }: PartnerCase,
  { predicate }: Statement,
  reason: (code: ReasonCode, sentence: string) => Reason,
): AgreedBy | Reason {
  const { signedAt, expires, signer } = predicate;
  if (predicate.decision === 'decline')
    return reason('declined', `${entry.name} declined on ${day(signedAt)}: ${predicate.reason ?? ''}`.trim());
  if (predicate.decision === 'question')
    return reason(
      'question-open',
      `${entry.name} asked a question on ${day(signedAt)} and has not agreed since.`,
    );
  if (predicate.decision === 'revoke')
    return reason('revoked', `${entry.name} withdrew its agreement on ${day(signedAt)}.`);
  if (Date.parse(signedAt) > now.getTime() + CLOCK_SKEW_MS)
    return reason('signed-in-future', `The signature of ${entry.name} bears a date that has not come.`);
  if (predicate.registerDigest !== register.digest)
    return reason('other-register', `${entry.name} signed under an earlier register and must agree again.`);
  if (Date.parse(expires) <= now.getTime())
    return reason('signature-expired', `The agreement of ${entry.name} expired on ${day(expires)}.`);
  if (signer === definition.definition.author.staff)
    return reason(
      'author-signed',
      `${signer} wrote this definition and cannot also approve it for ${entry.name}.`,
    );
  return { partner: entry.partner, name: entry.name, signer, signedAt, expires };
}

const day = (instant: string): string =>
  new Date(instant).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
