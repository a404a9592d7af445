/** The key each body is encrypted under: asked from KMS as the caller, or kept by the stand-in for SSE-S3. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kmsOf } from '../kms/service.ts';
import { ServiceError } from '../service.ts';
import type { Principal, StandIn } from '../service.ts';
import { objectArn } from './access.ts';
import type { Bucket } from './buckets.ts';
import { refusal } from './errors.ts';
import type { Encryption } from './stored.ts';

/** What a write asks for; the bucket's default where the request says nothing. */
export type AskedEncryption = Bucket['encryption'];

export interface DataKeys {
  create(
    as: Principal,
    bucket: Bucket,
    key: string,
    asked: AskedEncryption,
  ): Promise<{ readonly encryption: Encryption; readonly dataKey: Uint8Array }>;
  /** The data key of something stored, if this caller may have it. */
  open(as: Principal, encryption: Encryption): Promise<Uint8Array>;
}

export function dataKeys(standIn: StandIn): DataKeys {
  const own = ownKey(standIn.dataDir);
  return {
    async create(as, bucket, key, asked) {
      if (asked.algorithm === 'AES256') {
        const dataKey = randomBytes(32);
        return { dataKey, encryption: { algorithm: 'AES256', wrappedKey: seal(own, dataKey) } };
      }
      // With a bucket key the context names the bucket, as on AWS: policies written for one form fit only that form.
      const context = { 'aws:s3:arn': asked.bucketKey ? bucket.arn : objectArn(bucket, key) };
      const made = await inS3Words(() =>
        kmsOf(standIn.service('kms')).generateDataKey({
          as,
          keyId: asked.keyId,
          encryptionContext: context,
          viaService: 's3',
        }),
      );
      const wrappedKey = Buffer.from(made.ciphertext).toString('base64');
      return {
        dataKey: made.plaintext,
        encryption: {
          algorithm: 'aws:kms',
          keyArn: made.keyArn,
          wrappedKey,
          context,
          bucketKey: asked.bucketKey,
        },
      };
    },
    async open(as, encryption) {
      if (encryption.algorithm === 'AES256') return unseal(own, encryption.wrappedKey);
      const opened = await inS3Words(() =>
        kmsOf(standIn.service('kms')).decrypt({
          as,
          ciphertext: Buffer.from(encryption.wrappedKey, 'base64'),
          encryptionContext: encryption.context,
          viaService: 's3',
        }),
      );
      return opened.plaintext;
    },
  };
}

/** KMS's refusal as S3 hands it on: AccessDenied keeps KMS's words, all else is prefixed. */
async function inS3Words<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.code.startsWith('AccessDenied')) throw refusal('AccessDenied', error.message);
    throw new ServiceError(400, `KMS.${error.code}`, error.message);
  }
}

/** The key behind SSE-S3, which no policy governs: made once, readable by the stand-in's user only. */
function ownKey(dataDir: string): Uint8Array {
  const path = join(dataDir, 's3', 'own.key');
  mkdirSync(join(dataDir, 's3'), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, randomBytes(32), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(path);
}

function seal(own: Uint8Array, dataKey: Uint8Array): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', own, nonce);
  const sealed = Buffer.concat([cipher.update(dataKey), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64');
}

function unseal(own: Uint8Array, wrapped: string): Uint8Array {
  const bytes = Buffer.from(wrapped, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', own, bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
}
