/** The S3 suite on the stand-in: under a KMS key, under a bucket key, and without either. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { S3_CASES, runS3Case } from './aws-suite/s3-suite.ts';
import { SECOND_BUCKET, SECRET_BUCKET, startS3StandIn } from './s3-stand-in.ts';
import type { S3StandIn } from './s3-stand-in.ts';

let standIn: S3StandIn;
beforeAll(async () => {
  standIn = await startS3StandIn();
});
afterAll(() => standIn.close());

describe.each([
  ['a bucket under a KMS key', SECRET_BUCKET],
  ['a bucket with a bucket key', SECOND_BUCKET],
])('%s', (_name, bucket) => {
  test.each(S3_CASES.map((one) => [one.sentence, one] as const))('%s', (_sentence, one) =>
    runS3Case(one, {
      endpoint: standIn.running.endpoint,
      credentials: standIn.credentials('all'),
      bucket,
      prefix: 'suite/',
    }),
  );
});
