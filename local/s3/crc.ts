/** The cyclic redundancy checks S3 accepts, computed as bytes stream by, and joined for multipart uploads. */
import { crc32 } from 'node:zlib';

export type CrcName = 'CRC32' | 'CRC32C' | 'CRC64NVME';

/** Reflected polynomials: IEEE 802.3, Castagnoli, and the one of the NVMe specification. */
const POLYNOMIALS: Readonly<Record<CrcName, { readonly polynomial: bigint; readonly bits: number }>> = {
  CRC32: { polynomial: 0xedb88320n, bits: 32 },
  CRC32C: { polynomial: 0x82f63b78n, bits: 32 },
  CRC64NVME: { polynomial: 0x9a6c9329ac4bc9b5n, bits: 64 },
};

export interface RunningCrc {
  update(bytes: Uint8Array): void;
  value(): bigint;
}

export function startCrc(name: CrcName): RunningCrc {
  if (name === 'CRC32') return startCrc32();
  return name === 'CRC32C' ? startCrc32c() : startCrc64();
}

function startCrc32(): RunningCrc {
  let crc = 0;
  return {
    update: (bytes) => {
      crc = crc32(bytes, crc);
    },
    value: () => BigInt(crc >>> 0),
  };
}

const CASTAGNOLI = Uint32Array.from({ length: 256 }, (_, byte) => Number(tableEntry('CRC32C', byte)));

function startCrc32c(): RunningCrc {
  let crc = 0xffffffff;
  return {
    update: (bytes) => {
      for (let at = 0; at < bytes.length; at += 1) {
        crc = (CASTAGNOLI[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
      }
    },
    value: () => BigInt((crc ^ 0xffffffff) >>> 0),
  };
}

const NVME = Array.from({ length: 256 }, (_, byte) => tableEntry('CRC64NVME', byte));
const NVME_HIGH = Uint32Array.from(NVME, (entry) => Number(entry >> 32n));
const NVME_LOW = Uint32Array.from(NVME, (entry) => Number(entry & 0xffffffffn));

/** Two 32-bit halves, because BigInt arithmetic per byte is some forty times slower. */
function startCrc64(): RunningCrc {
  let [high, low] = [0xffffffff, 0xffffffff];
  return {
    update: (bytes) => {
      for (let at = 0; at < bytes.length; at += 1) {
        const entry = (low ^ (bytes[at] ?? 0)) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ (NVME_LOW[entry] ?? 0);
        high = (high >>> 8) ^ (NVME_HIGH[entry] ?? 0);
      }
    },
    value: () => (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0),
  };
}

function tableEntry(name: CrcName, byte: number): bigint {
  const { polynomial } = POLYNOMIALS[name];
  let entry = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) entry = (entry & 1n) === 1n ? (entry >> 1n) ^ polynomial : entry >> 1n;
  return entry;
}

/**
 * The check of two byte strings put together, from their checks and the second one's length: shifting by zero bytes
 * is a linear map over GF(2), raised to the length by squaring (zlib's crc32_combine, for any width).
 */
export function combineCrc(name: CrcName, first: bigint, second: bigint, secondBytes: number): bigint {
  const { polynomial, bits } = POLYNOMIALS[name];
  let shift = Array.from({ length: bits }, (_, bit) => (bit === 0 ? polynomial : 1n << BigInt(bit - 1)));
  let crc = first;
  for (let remaining = BigInt(secondBytes) * 8n; remaining > 0n; remaining >>= 1n) {
    if ((remaining & 1n) === 1n) crc = applyMap(shift, crc);
    const map = shift;
    shift = map.map((column) => applyMap(map, column));
  }
  return crc ^ second;
}

function applyMap(columns: readonly bigint[], vector: bigint): bigint {
  let [result, rest] = [0n, vector];
  for (let bit = 0; rest > 0n; bit += 1, rest >>= 1n) {
    if ((rest & 1n) === 1n) result ^= columns[bit] ?? 0n;
  }
  return result;
}

/** Big-endian bytes in base64, as S3's headers spell it. */
export function crcToBase64(name: CrcName, value: bigint): string {
  const digits = POLYNOMIALS[name].bits / 4;
  return Buffer.from(value.toString(16).padStart(digits, '0'), 'hex').toString('base64');
}

export function crcFromBase64(text: string): bigint {
  const hex = Buffer.from(text, 'base64').toString('hex');
  return hex === '' ? 0n : BigInt(`0x${hex}`);
}
