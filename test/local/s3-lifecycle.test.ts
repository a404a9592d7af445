/** Lifecycle rules of the templates, on the movable clock: what is due goes, at its midnight, with its bytes. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, expect, test } from 'vitest';
import { PLAIN_BUCKET, SECRET_BUCKET, startS3StandIn } from './s3-stand-in.ts';
import type { S3StandIn } from './s3-stand-in.ts';

let standIn: S3StandIn;
afterEach(() => standIn.close());

type Rule = Record<string, unknown>;
const start = async (...lifecycle: readonly Rule[]): Promise<void> => {
  standIn = await startS3StandIn({ lifecycle: lifecycle.map((rule) => ({ Status: 'Enabled', ...rule })) });
};

const DAY = 86_400_000;
/** So many midnights UTC from now; a minute after, so that what is due then has happened. */
const midnights = (count: number): Date =>
  new Date(Math.floor(standIn.running.standIn.clock.now().getTime() / DAY + count) * DAY + 60_000);
const moveTo = (date: Date): Promise<void> => standIn.running.standIn.clock.moveTo(date);

const put = async (
  Bucket: string,
  Key: string,
  more: { Tagging?: string; Body?: string } = {},
): Promise<void> => {
  await standIn.client('all').send(new PutObjectCommand({ Bucket, Key, Body: 'x', ...more }));
};

/** Keys with their versions, newest first: `o` an object, `m` a delete marker. */
async function held(Bucket: string): Promise<Record<string, string>> {
  const listed = await standIn.client('all').send(new ListObjectVersionsCommand({ Bucket }));
  const rows = [
    ...(listed.Versions ?? []).map((version) => ({ ...version, kind: 'o' })),
    ...(listed.DeleteMarkers ?? []).map((marker) => ({ ...marker, kind: 'm' })),
  ].toSorted((a, b) => (b.LastModified?.getTime() ?? 0) - (a.LastModified?.getTime() ?? 0));
  const keys: Record<string, string> = {};
  for (const { Key = '', kind } of rows) keys[Key] = (keys[Key] ?? '') + kind;
  return keys;
}

const bytesOf = (bucket: string): number =>
  readdirSync(join(standIn.dataDir, 's3', bucket, 'bodies'), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  ).length;

test('an object goes after its days, counted to the next midnight, and not a night sooner', async () => {
  await start({ Prefix: 'old/', ExpirationInDays: 2 });
  await put(PLAIN_BUCKET, 'old/a');
  await put(PLAIN_BUCKET, 'new/a');

  await moveTo(midnights(2));
  expect(await held(PLAIN_BUCKET)).toEqual({ 'old/a': 'o', 'new/a': 'o' });
  await moveTo(midnights(1));
  expect(await held(PLAIN_BUCKET)).toEqual({ 'new/a': 'o' });
  expect(bytesOf(PLAIN_BUCKET)).toBe(1);
});

test('a dated rule takes what is there at its date and what is written later', async () => {
  await start({ Prefix: '', ExpirationDate: '2020-01-01' });
  await put(PLAIN_BUCKET, 'a');
  expect(await held(PLAIN_BUCKET)).toEqual({ a: 'o' });
  await moveTo(midnights(1));
  expect(await held(PLAIN_BUCKET)).toEqual({});
});

test('where versions are kept, expiry puts a marker, then the bytes go, then the marker', async () => {
  await start(
    { ExpirationDate: '2020-01-01', NoncurrentVersionExpiration: { NoncurrentDays: 2 } },
    { ExpiredObjectDeleteMarker: true },
  );
  await put(SECRET_BUCKET, 'a');
  await moveTo(midnights(1));
  expect(await held(SECRET_BUCKET)).toEqual({ a: 'mo' });
  await moveTo(midnights(1));
  expect(await held(SECRET_BUCKET)).toEqual({ a: 'mo' });
  await moveTo(midnights(1));
  expect(await held(SECRET_BUCKET)).toEqual({});
  expect(bytesOf(SECRET_BUCKET)).toBe(0);
});

test('one long move does what night after night would have done', async () => {
  await start(
    { ExpirationInDays: 3, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
    { ExpiredObjectDeleteMarker: true },
  );
  await put(SECRET_BUCKET, 'a');
  await put(SECRET_BUCKET, 'a');
  await moveTo(midnights(30));
  expect(await held(SECRET_BUCKET)).toEqual({});
  expect(bytesOf(SECRET_BUCKET)).toBe(0);
});

test('the newest noncurrent versions stay as long as the rule keeps so many', async () => {
  await start({ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 2 } });
  for (const Body of ['1', '2', '3', '4', '5']) await put(SECRET_BUCKET, 'a', { Body });
  await moveTo(midnights(3));
  expect(await held(SECRET_BUCKET)).toEqual({ a: 'ooo' });
});

test('a rule for tags or sizes touches only what has them, and a disabled rule nothing', async () => {
  await start(
    { Prefix: 't/', TagFilters: [{ Key: 'keep', Value: 'no' }], ExpirationInDays: 1 },
    { Prefix: 's/', ObjectSizeGreaterThan: 3, ObjectSizeLessThan: 6, ExpirationInDays: 1 },
    { Prefix: 'd/', ExpirationInDays: 1, Status: 'Disabled' },
  );
  await put(PLAIN_BUCKET, 't/no', { Tagging: 'keep=no' });
  await put(PLAIN_BUCKET, 't/yes', { Tagging: 'keep=yes' });
  await put(PLAIN_BUCKET, 't/none');
  await put(PLAIN_BUCKET, 's/3', { Body: 'xxx' });
  await put(PLAIN_BUCKET, 's/5', { Body: 'xxxxx' });
  await put(PLAIN_BUCKET, 's/6', { Body: 'xxxxxx' });
  await put(PLAIN_BUCKET, 'd/a');
  await moveTo(midnights(5));
  expect(Object.keys(await held(PLAIN_BUCKET)).toSorted()).toEqual(['d/a', 's/3', 's/6', 't/none', 't/yes']);
});

test('an unfinished upload is given up after its days', async () => {
  await start({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } });
  const s3 = standIn.client('all');
  const place = { Bucket: PLAIN_BUCKET, Key: 'half' };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(place));
  await s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: 'x' }));
  const uploads = async (): Promise<number> =>
    ((await s3.send(new ListMultipartUploadsCommand({ Bucket: PLAIN_BUCKET }))).Uploads ?? []).length;
  expect(await uploads()).toBe(1);
  await moveTo(midnights(2));
  expect(await uploads()).toBe(0);
  expect(bytesOf(PLAIN_BUCKET)).toBe(0);
});

test('a marker with a version behind it stays, and goes when it is alone', async () => {
  await start({ ExpiredObjectDeleteMarker: true });
  await put(SECRET_BUCKET, 'kept');
  await standIn.client('all').send(new DeleteObjectCommand({ Bucket: SECRET_BUCKET, Key: 'kept' }));
  await standIn.client('all').send(new DeleteObjectCommand({ Bucket: SECRET_BUCKET, Key: 'lone' }));
  await moveTo(midnights(2));
  expect(await held(SECRET_BUCKET)).toEqual({ kept: 'mo' });
});

test('what fell due while the stand-in was down goes when it starts', async () => {
  await start({ ExpirationInDays: 1 });
  await put(PLAIN_BUCKET, 'a');
  const { clock } = standIn.running.standIn;
  expect(clock.offsetMs()).toBe(0);
  writeFileSync(join(standIn.dataDir, 'clock.json'), JSON.stringify({ offsetMs: 5 * DAY }));
  standIn = await standIn.restart();
  expect(await held(PLAIN_BUCKET)).toEqual({});
});
