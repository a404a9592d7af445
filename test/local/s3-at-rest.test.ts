/** What lies on disk: ciphertext only, bound to its place, complete after any kill, and never held whole in memory. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { text } from './aws-suite/s3-expect.ts';
import { PLAIN_BUCKET, SECRET_BUCKET, startS3StandIn } from './s3-stand-in.ts';
import type { S3StandIn } from './s3-stand-in.ts';

let standIn: S3StandIn;
beforeEach(async () => {
  standIn = await startS3StandIn();
});
afterEach(() => standIn.close());

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
const bodies = (bucket: string): string[] => filesUnder(join(standIn.dataDir, 's3', bucket, 'bodies'));

test.each([SECRET_BUCKET, PLAIN_BUCKET])('no byte of a body is readable on disk in %s', async (Bucket) => {
  const secret = 'Visibly Fictitious, 1 Nowhere Street';
  await standIn
    .client('all')
    .send(new PutObjectCommand({ Bucket, Key: 'person', Body: secret.repeat(3000) }));
  for (const file of filesUnder(standIn.dataDir))
    expect(readFileSync(file).includes('Fictitious')).toBe(false);
  expect(bodies(Bucket).map((file) => (statSync(file).mode & 0o777).toString(8))).toEqual(['600']);
});

test('an altered, shortened or exchanged body is never served as if it were whole', async () => {
  const s3 = standIn.client('all');
  for (const Key of ['a', 'b']) {
    await s3.send(new PutObjectCommand({ Bucket: SECRET_BUCKET, Key, Body: Key.repeat(200_000) }));
  }
  const read = async (Key: string): Promise<string> =>
    text((await s3.send(new GetObjectCommand({ Bucket: SECRET_BUCKET, Key }))).Body);
  const [one, two] = bodies(SECRET_BUCKET);
  if (one === undefined || two === undefined) throw new Error('two bodies were put');
  const original = readFileSync(one);

  const flipped = Buffer.from(original);
  flipped[150_000] = (flipped[150_000] ?? 0) ^ 1;
  for (const broken of [flipped, original.subarray(0, -20), readFileSync(two)]) {
    writeFileSync(one, broken);
    const outcomes = await Promise.allSettled([read('a'), read('b')]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  }

  writeFileSync(one, original);
  expect([await read('a'), await read('b')]).toEqual(['a'.repeat(200_000), 'b'.repeat(200_000)]);
});

test('a stand-in started again holds every version, tag, delete marker and unfinished upload', async () => {
  const s3 = standIn.client('all');
  const place = { Bucket: SECRET_BUCKET, Key: 'kept' };
  await s3.send(new PutObjectCommand({ ...place, Body: 'one', Tagging: 'a=1' }));
  await s3.send(new PutObjectCommand({ ...place, Body: 'two', Metadata: { m: 'n' } }));
  const upload = await s3.send(new CreateMultipartUploadCommand({ Bucket: SECRET_BUCKET, Key: 'parts' }));
  const part = { Bucket: SECRET_BUCKET, Key: 'parts', UploadId: upload.UploadId };
  const sent = await s3.send(new UploadPartCommand({ ...part, PartNumber: 1, Body: 'part one' }));
  const before = await s3.send(new ListObjectVersionsCommand({ Bucket: SECRET_BUCKET }));

  standIn = await standIn.restart();

  const again = standIn.client('all');
  const after = await again.send(new ListObjectVersionsCommand({ Bucket: SECRET_BUCKET }));
  expect(after.Versions).toEqual(before.Versions);
  expect(await text((await again.send(new GetObjectCommand(place))).Body)).toBe('two');
  expect((await again.send(new HeadObjectCommand(place))).Metadata).toEqual({ m: 'n' });
  expect((await again.send(new ListPartsCommand(part))).Parts?.length).toBe(1);
  const Parts = [{ PartNumber: 1, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32 }];
  const complete = new CompleteMultipartUploadCommand({ ...part, MultipartUpload: { Parts } });
  const done = await again.send(complete);
  expect(
    await text((await again.send(new GetObjectCommand({ Bucket: SECRET_BUCKET, Key: 'parts' }))).Body),
  ).toBe('part one');
  // Whoever did not hear the answer asks again and hears the same.
  expect((await again.send(complete)).ETag).toBe(done.ETag);
});

test('what a killed stand-in was still receiving is gone when it starts again', async () => {
  await standIn.client('all').send(new PutObjectCommand({ Bucket: SECRET_BUCKET, Key: 'whole', Body: 'x' }));
  const [body] = bodies(SECRET_BUCKET);
  if (body === undefined) throw new Error('a body was put');
  const half = join(body, '..', `${body.slice(-32, -30)}${'0'.repeat(30)}`);
  writeFileSync(half, 'half a body');

  standIn = await standIn.restart();

  expect(bodies(SECRET_BUCKET)).toEqual([body]);
  const got = await standIn.client('all').send(new GetObjectCommand({ Bucket: SECRET_BUCKET, Key: 'whole' }));
  expect(await text(got.Body)).toBe('x');
});

test('a reader is not cut off when the object is replaced meanwhile', async () => {
  const s3 = standIn.client('all');
  const place = { Bucket: PLAIN_BUCKET, Key: 'read' };
  await s3.send(new PutObjectCommand({ ...place, Body: 'a'.repeat(8_000_000) }));
  const got = await s3.send(new GetObjectCommand(place));
  await s3.send(new PutObjectCommand({ ...place, Body: 'b' }));
  expect(await text(got.Body)).toBe('a'.repeat(8_000_000));
  // The old body goes once its last reader has let go of it.
  await vi.waitFor(
    () => {
      expect(bodies(PLAIN_BUCKET).length).toBe(1);
    },
    { timeout: 20_000 },
  );
});

test('a body of 200 MB is taken and given without being held in memory', async () => {
  const s3 = standIn.client('all');
  const [piece, pieces] = [Buffer.alloc(1_000_000, 'x'), 200];
  const place = { Bucket: SECRET_BUCKET, Key: 'large' };
  const held = (): number => process.memoryUsage().arrayBuffers;
  const start = held();
  let peak = 0;
  const watched = (): void => void (peak = Math.max(peak, held() - start));

  const url = await getSignedUrl(s3, new PutObjectCommand(place), { expiresIn: 600 });
  const source = Readable.from(
    (function* () {
      for (let at = 0; at < pieces; at += 1) {
        watched();
        yield piece;
      }
    })(),
  );
  const put = request(url, { method: 'PUT', headers: { 'content-length': piece.length * pieces } });
  const answered = new Promise<number | undefined>((resolve) => {
    put.on('response', (response) => resolve(response.resume().statusCode));
  });
  await pipeline(source, put);
  expect(await answered).toBe(200);

  const got = await s3.send(new GetObjectCommand(place));
  if (!(got.Body instanceof Readable)) throw new Error('a stream was expected');
  const digest = createHash('sha256');
  for await (const bytes of got.Body) {
    if (!(bytes instanceof Uint8Array)) throw new Error('bytes were expected');
    digest.update(bytes);
    watched();
  }
  const expected = createHash('sha256');
  for (let at = 0; at < pieces; at += 1) expected.update(piece);
  expect(digest.digest('hex')).toBe(expected.digest('hex'));
  // Client and stand-in share this process, and buffers that wait for the collector count too; held whole, the body alone
  // would be 200 MB on its way in and again on its way out.
  expect(peak).toBeLessThan(160 * 1024 * 1024);
});
