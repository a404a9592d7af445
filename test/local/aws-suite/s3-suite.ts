/**
 * What S3 does, as sentences that can be tried on the stand-in, on MiniStack and on AWS alike: each case gets an
 * endpoint, keys and an empty prefix of a versioned bucket, and throws when the sentence is not true there.
 */
import { S3Client } from '@aws-sdk/client-s3';
import { conditionCases } from './s3-suite-conditions.ts';
import { listingCases } from './s3-suite-listing.ts';
import { multipartCases } from './s3-suite-multipart.ts';
import { objectCases } from './s3-suite-objects.ts';
import { presignedCases } from './s3-suite-presigned.ts';
import { versionCases } from './s3-suite-versions.ts';

export interface S3Target {
  /** Undefined for AWS itself. */
  readonly endpoint: string | undefined;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Versioned, without a default that the caller may not use. */
  readonly bucket: string;
  /** Begins every key, so that runs do not meet. */
  readonly prefix: string;
}

/** What a case is given. */
export interface S3Trial {
  readonly s3: S3Client;
  readonly bucket: string;
  /** A key of this case alone. */
  readonly key: (name: string) => string;
}
export interface S3Case {
  readonly sentence: string;
  readonly run: (trial: S3Trial) => Promise<void>;
}

export const S3_CASES: readonly S3Case[] = [
  ...objectCases,
  ...conditionCases,
  ...versionCases,
  ...listingCases,
  ...multipartCases,
  ...presignedCases,
];

/** Runs one case on a target, with keys of its own. */
export async function runS3Case(one: S3Case, target: S3Target): Promise<void> {
  const s3 = new S3Client({
    region: 'eu-west-2',
    credentials: target.credentials,
    maxAttempts: 1,
    ...(target.endpoint === undefined ? {} : { endpoint: target.endpoint, forcePathStyle: true }),
  });
  const folder = one.sentence
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60);
  try {
    await one.run({ s3, bucket: target.bucket, key: (name) => `${target.prefix}${folder}/${name}` });
  } finally {
    s3.destroy();
  }
}
