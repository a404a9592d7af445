/** KMS ciphertext: it names its key, and its encryption context is bound in; one altered bit and it does not open. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Key } from './key-store.ts';

export type EncryptionContext = Readonly<Record<string, string>>;

/** Format 1: version byte, key id (16 bytes), nonce (12), sealed text, tag (16). */
const VERSION = 1;
const HEADER_BYTES = 17;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function seal(key: Key, plaintext: Uint8Array, context: EncryptionContext): Buffer {
  const header = Buffer.concat([Buffer.from([VERSION]), Buffer.from(key.keyId.replaceAll('-', ''), 'hex')]);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.material, nonce).setAAD(boundText(header, context));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, nonce, sealed, cipher.getAuthTag()]);
}

/** The id of the key a ciphertext says it is under; undefined when it is no ciphertext of ours. */
export function keyIdIn(ciphertext: Uint8Array): string | undefined {
  if (ciphertext.length < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || ciphertext[0] !== VERSION)
    return undefined;
  const hex = Buffer.from(ciphertext.subarray(1, HEADER_BYTES)).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Undefined when it was altered, or sealed in another context or under another key. */
export function open(key: Key, ciphertext: Uint8Array, context: EncryptionContext): Uint8Array | undefined {
  const bytes = Buffer.from(ciphertext);
  const nonce = bytes.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key.material, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(boundText(bytes.subarray(0, HEADER_BYTES), context)).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([
      decipher.update(bytes.subarray(HEADER_BYTES + NONCE_BYTES, -TAG_BYTES)),
      decipher.final(),
    ]);
  } catch {
    return undefined;
  }
}

/** The context's pairs in order of their names, so that the order they were given in does not matter. */
function boundText(header: Uint8Array, context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([header, Buffer.from(JSON.stringify(pairs))]);
}
