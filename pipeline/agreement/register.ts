/** The register: which partners are in force, who may sign for each, and with which key. All of them must agree. */

import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

import { canonicalBytes, parseCanonicalJson, sha256, type Digest } from './canonical.ts';

const kebab = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
export const digestSchema = z.string().regex(/^[0-9a-f]{64}$/);
export const instantSchema = z.iso.datetime({ offset: false });

const partnerSchema = z.strictObject({
  partner: kebab,
  name: z.string().min(1).max(120),
  /** Staff who may sign, as the partner's own file names them. */
  approvers: z.array(kebab).min(1),
  approverRole: z.literal('approver'),
  /** Id or ARN of the KMS key; a hint that goes into the envelope, never what decides. */
  keyId: z.string().min(1).max(256),
  /** Public key (SubjectPublicKeyInfo, DER, base64) as KMS gave it: ECC_NIST_P256. */
  spki: z.base64(),
});

const registerSchema = z.strictObject({
  kind: z.literal('tvt-register/v1'),
  /** Counts up by one with each change, so that an older register is known for one. */
  version: z.int().positive(),
  previous: digestSchema.nullable(),
  issuedAt: instantSchema,
  environment: z.string().min(1).max(128),
  partners: z.array(partnerSchema).min(1),
});

export type RegisterDocument = z.infer<typeof registerSchema>;
export type RegisterPartner = z.infer<typeof partnerSchema>;

/** A register read from its bytes: the document, its digest, and the keys made ready. */
export interface Register {
  readonly document: RegisterDocument;
  readonly digest: Digest;
  readonly keys: ReadonlyMap<string, KeyObject>;
}

export type RegisterResult =
  { readonly ok: true; readonly register: Register } | { readonly ok: false; readonly sentence: string };

/** Canonical bytes of a register; partners are sorted, so that the order of their files changes nothing. */
export function registerBytes(document: RegisterDocument): {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
} {
  const partners = document.partners.toSorted((left, right) => (left.partner < right.partner ? -1 : 1));
  const bytes = canonicalBytes({ ...document, partners });
  return { bytes, digest: sha256(bytes) };
}

/** Reads stored register bytes; a doubled partner, approver or key makes the whole register unusable. */
export function readRegister(bytes: Uint8Array): RegisterResult {
  const json = parseCanonicalJson(bytes);
  if (!json.ok) return json;
  const parsed = registerSchema.safeParse(json.value);
  if (!parsed.success) return { ok: false, sentence: 'The register does not have the form it must have.' };
  const document = parsed.data;
  const once = [
    document.partners.map(({ partner }) => partner),
    document.partners.flatMap(({ approvers }) => approvers),
    document.partners.map(({ spki }) => spki),
  ];
  if (once.some((values) => new Set(values).size < values.length))
    return { ok: false, sentence: 'The register names a partner, an approver or a key twice.' };
  const keys = new Map<string, KeyObject>();
  for (const { partner, spki } of document.partners) {
    const key = p256Key(spki);
    if (key === null)
      return { ok: false, sentence: `The key the register gives ${partner} is not a P-256 key.` };
    keys.set(partner, key);
  }
  return { ok: true, register: { document, digest: sha256(bytes), keys } };
}

function p256Key(spki: string): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
    const curve = key.asymmetricKeyDetails?.namedCurve;
    return key.asymmetricKeyType === 'ec' && curve === 'prime256v1' ? key : null;
  } catch {
    return null;
  }
}
