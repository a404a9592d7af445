/** The opaque name of a row: first 26 characters of base32 of HMAC-SHA256(secret, partner | feed | row key). */
import type { FeedId, PartnerId } from '../zones.ts';
import { hmacSha256 } from './sha256.ts';

export const RECORD_REF_LENGTH = 26;
/** RFC 4648 base32, lower case. 26 characters are 130 bits: two rows never share a name. */
const ALPHABET = Buffer.from('abcdefghijklmnopqrstuvwxyz234567');

/** Writes the reference of the row key `key[start, end)` at `to[at]`. */
export type RefWriter = (key: Uint8Array, start: number, end: number, to: Uint8Array, at: number) => void;

export function refWriter(secret: Uint8Array, partner: PartnerId, feed: FeedId): RefWriter {
  const hmac = hmacSha256(secret, Buffer.from(`${partner}|${feed}|`));
  const digest = new Uint8Array(32);
  return (key, start, end, to, at) => {
    hmac(key, start, end, digest);
    writeBase32(digest, to, at);
  };
}

/** The same for one key, as text: parts of a composite key are joined by the unit separator. */
export function recordRef(secret: Uint8Array, partner: PartnerId, feed: FeedId, rowKey: string): string {
  const to = Buffer.alloc(RECORD_REF_LENGTH);
  const key = Buffer.from(rowKey);
  refWriter(secret, partner, feed)(key, 0, key.length, to, 0);
  return to.toString('latin1');
}

function writeBase32(digest: Uint8Array, to: Uint8Array, at: number): void {
  let bits = 0;
  let held = 0;
  let from = 0;
  for (let place = 0; place < RECORD_REF_LENGTH; place++) {
    if (bits < 5) {
      held = ((held << 8) | (digest[from++] ?? 0)) & 0xffff;
      bits += 8;
    }
    bits -= 5;
    to[at + place] = ALPHABET[(held >> bits) & 31] ?? 0;
  }
}
