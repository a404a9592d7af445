/** The AWS clients of every function, made once per container; the endpoint comes from the environment. */
import { AthenaClient } from '@aws-sdk/client-athena';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';

/** Everything stays in this region (DESIGN: what may never happen, 1). */
const region = 'eu-west-2';
const shared = { region, maxAttempts: 5 };

// Path-style addresses work on AWS and on an endpoint without wildcard DNS alike.
export const s3 = new S3Client({ ...shared, forcePathStyle: true });
/** Presigns for callers: a checksum baked into the query would bind nothing, so none is computed unasked. */
export const presigningS3 = new S3Client({
  ...shared,
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
});
export const kms = new KMSClient(shared);
export const athena = new AthenaClient(shared);
export const sfn = new SFNClient(shared);
