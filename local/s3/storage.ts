/** What S3's operations share: buckets, what they hold, their keys, and the clock. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../service.ts';
import type { Bucket } from './buckets.ts';
import type { BucketCatalogue } from './catalogue.ts';
import type { DataKeys } from './data-keys.ts';

export interface Storage {
  readonly account: string;
  readonly region: string;
  readonly buckets: ReadonlyMap<string, Bucket>;
  readonly dataKeys: DataKeys;
  readonly clock: Clock;
  /** When the stand-in started, which is when it made its buckets of the templates. */
  readonly openedAt: string;
  catalogue(bucket: Bucket): BucketCatalogue;
}

export const newRecordId = (): string => randomBytes(16).toString('hex');

/** Version ids look like S3's: 32 characters. A hyphen would read as an option at the start of a command's argument. */
export function newVersionId(bucket: Bucket): string {
  return bucket.versioning === 'Enabled'
    ? randomBytes(24).toString('base64url').replaceAll('-', '.')
    : 'null';
}

/**
 * Under a KMS key AWS's ETag is not the MD5 of the body and differs from one upload of the same bytes to the next.
 * It is random here too, so that nobody comes to rely on a digest that the deployed system does not give.
 */
export const newEtag = (algorithm: 'aws:kms' | 'AES256', md5: string): string =>
  algorithm === 'AES256' ? md5 : randomBytes(16).toString('hex');
