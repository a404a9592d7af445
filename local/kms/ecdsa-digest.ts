/**
 * ECDSA on P-256 over a digest made elsewhere (KMS's MessageType DIGEST), which Node's crypto cannot do: it always
 * hashes. Points are multiplied by OpenSSL; the arithmetic here is modulo the order and not constant-time, which a
 * stand-in on loopback can afford and a key service could not.
 */
import { createECDH } from 'node:crypto';
import type { Key } from './key-store.ts';

/** Order of the base point of P-256 (FIPS 186-5, SP 800-186). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export function signDigest(key: Key, digest: Uint8Array): Uint8Array {
  const [z, d] = [toInteger(digest), toInteger(key.material)];
  for (;;) {
    const once = createECDH('prime256v1');
    const point = once.generateKeys();
    const k = toInteger(once.getPrivateKey());
    const r = toInteger(point.subarray(1, 33)) % ORDER;
    const s = (inverse(k) * ((z + r * d) % ORDER)) % ORDER;
    if (r !== 0n && s !== 0n) return toDer(r, s);
  }
}

/** With the private scalar at hand, u1·G + u2·Q is one multiple of G. */
export function verifyDigest(key: Key, digest: Uint8Array, signature: Uint8Array): boolean {
  const parts = fromDer(signature);
  if (parts === undefined) return false;
  const { r, s } = parts;
  if (r <= 0n || r >= ORDER || s <= 0n || s >= ORDER) return false;
  const w = inverse(s);
  const multiple =
    (((toInteger(digest) * w) % ORDER) + ((((r * w) % ORDER) * toInteger(key.material)) % ORDER)) % ORDER;
  if (multiple === 0n) return false;
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(multiple.toString(16).padStart(64, '0'), 'hex');
  return toInteger(curve.getPublicKey().subarray(1, 33)) % ORDER === r;
}

const toInteger = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** By Fermat: the order is prime. */
function inverse(value: bigint): bigint {
  let [result, base, exponent] = [1n, value % ORDER, ORDER - 2n];
  for (; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

function toDer(r: bigint, s: bigint): Uint8Array {
  const body = Buffer.concat([derInteger(r), derInteger(s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const positive = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
}

function fromDer(signature: Uint8Array): { readonly r: bigint; readonly s: bigint } | undefined {
  const bytes = Buffer.from(signature);
  const rLength = bytes[3] ?? 0;
  const sLength = bytes[5 + rLength] ?? 0;
  const r = bytes.subarray(4, 4 + rLength);
  const s = bytes.subarray(6 + rLength);
  if (r.length === 0 || s.length !== sLength || s.length === 0) return undefined;
  const parts = { r: toInteger(r), s: toInteger(s) };
  // One spelling only: what does not encode back to itself is no signature.
  return Buffer.from(toDer(parts.r, parts.s)).equals(bytes) ? parts : undefined;
}
