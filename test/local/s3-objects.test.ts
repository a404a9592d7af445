/** Objects over HTTP through the AWS SDK: what is put is what is got, by those who may. */
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SECRET_BUCKET, startS3StandIn } from './s3-stand-in.ts';
import type { S3StandIn } from './s3-stand-in.ts';

let standIn: S3StandIn;
beforeAll(async () => {
  standIn = await startS3StandIn();
});
afterAll(() => standIn.close());

test('gives back the bytes that were put', async () => {
  const s3 = standIn.client('all');
  const put = await s3.send(new PutObjectCommand({ Bucket: SECRET_BUCKET, Key: 'a b/ü+&', Body: 'hello' }));
  const got = await s3.send(new GetObjectCommand({ Bucket: SECRET_BUCKET, Key: 'a b/ü+&' }));
  console.log(put, got.$metadata);
  expect(await got.Body?.transformToString()).toBe('hello');
});
