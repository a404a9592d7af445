/** The one secret of a data directory, and what is derived from it: keys for credentials, key material and ids. */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RootSecret {
  /** A key of 32 bytes for one purpose; knowing it tells nothing of the others. */
  readonly key: (purpose: string) => Uint8Array;
  /** Ids and key material: drawn from the seed where there is one, else random. */
  readonly randomBytes: (purpose: string, length: number) => Uint8Array;
}

const FILE = 'root-secret';

/**
 * Opens or makes the data directory (mode 0700) and its secret (mode 0600). With a seed, everything drawn repeats
 * from one fresh directory to the next: for tests and the demonstration, never for real data.
 */
export function openRootSecret(dataDir: string, seed: string | undefined): RootSecret {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  chmodSync(dataDir, 0o700);
  const secret = readSecret(join(dataDir, FILE), seed);
  // Starts are counted, so that a seeded stand-in started again does not give out the ids of its first life.
  const start = countStart(join(dataDir, 'starts'));
  const drawn = new Map<string, number>();
  return {
    key: (purpose) => derive(secret, purpose, 32),
    randomBytes(purpose, length) {
      if (seed === undefined) return new Uint8Array(randomBytes(length));
      const count = drawn.get(purpose) ?? 0;
      drawn.set(purpose, count + 1);
      return derive(secret, `draw/${purpose}/${String(start)}/${String(count)}`, length);
    },
  };
}

const derive = (secret: Uint8Array, purpose: string, length: number): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, 'tvt stand-in', purpose, length));

function readSecret(file: string, seed: string | undefined): Uint8Array {
  const seeded =
    seed === undefined ? undefined : createHmac('sha256', 'tvt stand-in seed').update(seed).digest();
  if (existsSync(file)) {
    const kept = readFileSync(file);
    if (kept.length !== 32) throw new Error(`${file} is damaged: it must hold 32 bytes.`);
    if (seeded !== undefined && !timingSafeEqual(kept, seeded)) {
      throw new Error(`${file} was made with another seed, or with none.`);
    }
    return kept;
  }
  const secret = seeded ?? randomBytes(32);
  writeFileSync(file, secret, { mode: 0o600, flag: 'wx' });
  return secret;
}

function countStart(file: string): number {
  const start = existsSync(file) ? Number(readFileSync(file, 'utf8')) + 1 : 0;
  writeFileSync(file, String(start), { mode: 0o600 });
  return start;
}
