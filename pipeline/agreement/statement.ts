/** What an approver signs: an in-toto statement on one definition's digest, in a DSSE envelope. */

import { verify } from 'node:crypto';
import { z } from 'zod';

import { canonicalBytes, sha256, type Digest } from './canonical.ts';
import { digestSchema, instantSchema, type Register } from './register.ts';
import { hidesSomething, parseStrictJson } from './strict-json.ts';

/** The only payload type accepted; an envelope of any other kind is not looked into. */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'urn:tvt:agreement:v1';

const DECISIONS = ['agree', 'decline', 'question', 'revoke'] as const;
export type Decision = (typeof DECISIONS)[number];

const kebab = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const predicateSchema = z.strictObject({
  decision: z.enum(DECISIONS),
  /** In the approver's words; required to decline or ask, and never about a person. */
  reason: z
    .string()
    .min(1)
    .max(2000)
    .refine((text) => !hidesSomething(text))
    .nullable(),
  signer: kebab,
  role: z.literal('approver'),
  partner: kebab,
  registerDigest: digestSchema,
  registerVersion: z.int().positive(),
  signedAt: instantSchema,
  expires: instantSchema,
  nonce: z.string().regex(/^[0-9a-f]{32,64}$/),
  /** The one installation the statement is meant for: it means nothing in another. */
  environment: z.string().min(1).max(128),
});

const statementSchema = z
  .strictObject({
    _type: z.literal(STATEMENT_TYPE),
    subject: z.tuple([
      z.strictObject({ name: z.string().max(200), digest: z.strictObject({ sha256: digestSchema }) }),
    ]),
    predicateType: z.literal(PREDICATE_TYPE),
    predicate: predicateSchema,
  })
  .refine(
    ({ predicate }) => predicate.reason !== null || !['decline', 'question'].includes(predicate.decision),
  );

/** One spelling only: base64 with stray bits in its last character would decode alike. */
const base64 = z.base64().refine((text) => Buffer.from(text, 'base64').toString('base64') === text);

const envelopeSchema = z.strictObject({
  payloadType: z.string(),
  payload: base64,
  signatures: z.array(z.strictObject({ keyid: z.string().optional(), sig: base64 })),
});

export type Statement = z.infer<typeof statementSchema>;
type Envelope = z.infer<typeof envelopeSchema>;

export interface StatementInput {
  readonly subject: { readonly report: string; readonly version: number; readonly digest: Digest };
  readonly decision: Decision;
  readonly reason: string | null;
  readonly signer: string;
  readonly partner: string;
  readonly register: { readonly digest: Digest; readonly document: { readonly version: number } };
  readonly signedAt: string;
  readonly expires: string;
  readonly nonce: string;
  readonly environment: string;
}

/** DSSE v1 pre-authentication encoding: exactly these bytes are signed. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType, 'utf8');
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
}

/** The payload to put in the envelope, the bytes to sign, and their SHA-256 for KMS `MessageType: DIGEST`. */
export function makeStatement(input: StatementInput): {
  readonly statement: Statement;
  readonly payload: Uint8Array;
  readonly toSign: Uint8Array;
  readonly digestToSign: Digest;
} {
  const statement = statementSchema.parse({
    _type: STATEMENT_TYPE,
    subject: [
      {
        name: subjectName(input.subject.report, input.subject.version),
        digest: { sha256: input.subject.digest },
      },
    ],
    predicateType: PREDICATE_TYPE,
    predicate: {
      decision: input.decision,
      reason: input.reason,
      signer: input.signer,
      role: 'approver',
      partner: input.partner,
      registerDigest: input.register.digest,
      registerVersion: input.register.document.version,
      signedAt: input.signedAt,
      expires: input.expires,
      nonce: input.nonce,
      environment: input.environment,
    },
  });
  const payload = canonicalBytes(statement);
  const toSign = preAuthEncoding(PAYLOAD_TYPE, payload);
  return { statement, payload, toSign, digestToSign: sha256(toSign) };
}

export const subjectName = (report: string, version: number): string => `report/${report}/v${version}`;

/** `signature` is DER, as KMS Sign answers for ECDSA_SHA_256. */
export function makeEnvelope(payload: Uint8Array, keyid: string, signature: Uint8Array): Uint8Array {
  const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return canonicalBytes({
    payloadType: PAYLOAD_TYPE,
    payload: encoded(payload),
    signatures: [{ keyid, sig: encoded(signature) }],
  } satisfies Envelope);
}

type EnvelopeFault =
  | 'envelope-unreadable'
  | 'payload-type-unknown'
  | 'statement-unreadable'
  | 'partner-unknown'
  | 'signer-not-approver'
  | 'signature-not-valid';

export type VerifiedEnvelope =
  | { readonly ok: true; readonly statement: Statement; readonly envelopeDigest: Digest }
  /** `partner` is what the statement claimed, unproved. */
  | {
      readonly ok: false;
      readonly code: EnvelopeFault;
      readonly partner?: string;
      readonly sentence: string;
    };

/**
 * Checks one envelope against the register: the key is the one the register gives the partner the statement
 * names. The key id in the envelope is never consulted, and the bytes parsed are the bytes verified.
 */
export function verifyEnvelope(bytes: Uint8Array, register: Register): VerifiedEnvelope {
  const envelope = readAs(envelopeSchema, bytes);
  if (envelope === null || envelope.signatures.length !== 1)
    return fault('envelope-unreadable', 'A stored signature is not an envelope with one signature.');
  if (envelope.payloadType !== PAYLOAD_TYPE)
    return fault('payload-type-unknown', 'A stored signature is on another kind of document.');
  const payload = Buffer.from(envelope.payload, 'base64');
  const statement = readAs(statementSchema, payload);
  if (statement === null)
    return fault('statement-unreadable', 'A signed statement does not have the agreed form.');
  const { partner, signer } = statement.predicate;
  const entry = register.document.partners.find((candidate) => candidate.partner === partner);
  const key = register.keys.get(partner);
  if (entry === undefined || key === undefined)
    return fault('partner-unknown', `${partner} is not a partner in force.`, partner);
  if (!entry.approvers.includes(signer))
    return fault('signer-not-approver', `${signer} is not an approver of ${entry.name}.`, partner);
  const signature = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64');
  const genuine = verify('sha256', preAuthEncoding(envelope.payloadType, payload), key, signature);
  return genuine
    ? { ok: true, statement, envelopeDigest: sha256(bytes) }
    : fault(
        'signature-not-valid',
        `A signature in the name of ${entry.name} was not made with its key.`,
        partner,
      );
}

function readAs<T>(schema: z.ZodType<T>, bytes: Uint8Array): T | null {
  const json = parseStrictJson(bytes);
  if (!json.ok) return null;
  const parsed = schema.safeParse(json.value);
  return parsed.success ? parsed.data : null;
}

const fault = (code: EnvelopeFault, sentence: string, partner?: string): VerifiedEnvelope => ({
  ok: false,
  code,
  sentence,
  ...(partner === undefined ? {} : { partner }),
});
