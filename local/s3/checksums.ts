/** Object checksums: which one a request states, the value computed while the body streams, and multipart forms. */
import { createHash } from 'node:crypto';
import { combineCrc, crcFromBase64, crcToBase64, startCrc } from './crc.ts';
import type { CrcName } from './crc.ts';

export const CHECKSUM_NAMES = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumName = (typeof CHECKSUM_NAMES)[number];
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';
export interface Checksum {
  readonly name: ChecksumName;
  /** Base64; a composite one ends in `-<parts>`. */
  readonly value: string;
  readonly type: ChecksumType;
}

/** Lengths of the base64 forms: anything else is not a checksum at all. */
const BYTES: Readonly<Record<ChecksumName, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

export const checksumHeader = (name: ChecksumName): string => `x-amz-checksum-${name.toLowerCase()}`;
export const isChecksumName = (name: string): name is ChecksumName =>
  CHECKSUM_NAMES.some((known) => known === name);
export const isCrc = (name: ChecksumName): name is CrcName => name.startsWith('CRC');

export function isWellFormed(name: ChecksumName, value: string): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === BYTES[name] && bytes.toString('base64') === value;
}

export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  base64(): string;
}

export function startChecksum(name: ChecksumName): RunningChecksum {
  if (isCrc(name)) {
    const crc = startCrc(name);
    return { update: (bytes) => crc.update(bytes), base64: () => crcToBase64(name, crc.value()) };
  }
  const hash = createHash(name === 'SHA1' ? 'sha1' : 'sha256');
  return { update: (bytes) => void hash.update(bytes), base64: () => hash.digest('base64') };
}

export interface PartChecksum {
  readonly value: string;
  readonly size: number;
}

/** Checksum of the checksums of the parts: what S3 calls composite. */
export function compositeChecksum(name: ChecksumName, parts: readonly PartChecksum[]): Checksum {
  const running = startChecksum(name);
  for (const part of parts) running.update(Buffer.from(part.value, 'base64'));
  return { name, value: `${running.base64()}-${String(parts.length)}`, type: 'COMPOSITE' };
}

/** Checksum of the whole object from those of its parts; only the CRCs can be joined so. */
export function wholeChecksum(name: CrcName, parts: readonly PartChecksum[]): Checksum {
  let whole = 0n;
  parts.forEach((part, index) => {
    const value = crcFromBase64(part.value);
    whole = index === 0 ? value : combineCrc(name, whole, value, part.size);
  });
  return { name, value: crcToBase64(name, whole), type: 'FULL_OBJECT' };
}
