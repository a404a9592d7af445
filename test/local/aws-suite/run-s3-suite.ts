/**
 * Runs the S3 suite against any endpoint, or AWS without one, and prints a line for each case:
 * `node test/local/aws-suite/run-s3-suite.ts --bucket B [--endpoint URL] [--create] [--differences ministack]`,
 * with keys in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Exits with 1 when a case is not as expected.
 */
import { parseArgs } from 'node:util';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { MINISTACK, STAND_IN } from './s3-differences.ts';
import { S3_CASES, runS3Case } from './s3-suite.ts';
import type { S3Target } from './s3-suite.ts';

function readTarget(): { readonly target: S3Target; readonly create: boolean; readonly ministack: boolean } {
  const { values } = parseArgs({
    options: {
      endpoint: { type: 'string' },
      bucket: { type: 'string' },
      create: { type: 'boolean', default: false },
      differences: { type: 'string' },
    },
  });
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (values.bucket === undefined || AWS_ACCESS_KEY_ID === undefined || AWS_SECRET_ACCESS_KEY === undefined) {
    throw new TypeError('A bucket and keys are needed.');
  }
  return {
    create: values.create,
    ministack: values.differences === 'ministack',
    target: {
      endpoint: values.endpoint,
      bucket: values.bucket,
      prefix: `suite-${String(Date.now())}/`,
      credentials: {
        accessKeyId: AWS_ACCESS_KEY_ID,
        secretAccessKey: AWS_SECRET_ACCESS_KEY,
        ...(AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN }),
      },
    },
  };
}

async function createBucket(target: S3Target): Promise<void> {
  const s3 = new S3Client({
    region: 'eu-west-2',
    credentials: target.credentials,
    ...(target.endpoint === undefined ? {} : { endpoint: target.endpoint, forcePathStyle: true }),
  });
  const Bucket = target.bucket;
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-2' } as const;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  s3.destroy();
}

async function main(): Promise<void> {
  const { target, create, ministack } = readTarget();
  if (create) await createBucket(target);
  const differences = ministack ? MINISTACK : STAND_IN;
  for (const one of S3_CASES) {
    const expected = differences[one.sentence];
    const failure = await runS3Case(one, target).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
    );
    const asExpected = (failure === undefined) === (expected === undefined);
    if (!asExpected) process.exitCode = 1;
    const word = failure === undefined ? 'holds' : expected === undefined ? 'FAILS' : 'differs';
    console.log(
      `${asExpected ? ' ' : '!'} ${word}  ${one.sentence}${failure === undefined ? '' : ` (${expected ?? failure})`}`,
    );
  }
}

await main();
