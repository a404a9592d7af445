/** The one spelling of a JSON value (RFC 8785) and its SHA-256: what a partner signs is this and nothing else. */

import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

import { parseStrictJson, type StrictJsonResult } from './strict-json.ts';

/** SHA-256, 64 lower-case hexadecimal digits. */
export type Digest = string;

export const sha256 = (bytes: Uint8Array | string): Digest =>
  createHash('sha256').update(bytes).digest('hex');

/** Canonical bytes. Text is kept as given: normalising it (NFC) would sign something other than what was shown. */
export function canonicalBytes(value: unknown): Uint8Array {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('only a JSON value has a canonical form');
  return new TextEncoder().encode(text);
}

/** Stored bytes must already be the canonical spelling, so that one changed byte is always noticed. */
export function parseCanonicalJson(
  bytes: Uint8Array,
): StrictJsonResult | { readonly ok: false; readonly code: 'not-canonical'; readonly sentence: string } {
  const parsed = parseStrictJson(bytes);
  if (!parsed.ok) return parsed;
  return Buffer.from(canonicalBytes(parsed.value)).equals(bytes)
    ? parsed
    : { ok: false, code: 'not-canonical', sentence: 'The stored document is not in its canonical spelling.' };
}
