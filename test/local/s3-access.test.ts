/** Who may do what in S3, judged by the templates' policies, and written to the trail. */
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal } from '../../local/service.ts';
import { refused, text } from './aws-suite/s3-expect.ts';
import { PLAIN_BUCKET, SECOND_BUCKET, SECRET_BUCKET, startS3StandIn } from './s3-stand-in.ts';
import type { S3StandIn } from './s3-stand-in.ts';

let standIn: S3StandIn;
beforeAll(async () => {
  standIn = await startS3StandIn();
});
afterAll(() => standIn.close());

const put = (role: string, Bucket: string, Key: string): Promise<unknown> =>
  standIn.client(role).send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
const get = (role: string, Bucket: string, Key: string): Promise<unknown> =>
  standIn.client(role).send(new GetObjectCommand({ Bucket, Key }));

test('a caller without a right on the key can neither put nor get, whatever its rights on the bucket', async () => {
  await put('all', SECRET_BUCKET, 'kms');
  const denied = await refused(put('no-key', SECRET_BUCKET, 'kms-2'), 403, 'AccessDenied');
  expect(denied.message).toContain('kms:GenerateDataKey');
  const unread = await refused(get('no-key', SECRET_BUCKET, 'kms'), 403, 'AccessDenied');
  expect(unread.message).toContain('kms:Decrypt');
  await refused(get('all', SECRET_BUCKET, 'kms-2'), 404, 'NoSuchKey');
});

test('a caller without a right on the key may still use a bucket that has none', async () => {
  await put('no-key', PLAIN_BUCKET, 'open');
  await get('no-key', PLAIN_BUCKET, 'open');
});

test('the encryption context names the object, so a key right for one object opens no other', async () => {
  await put('only-one-object', SECRET_BUCKET, 'the-one');
  await get('only-one-object', SECRET_BUCKET, 'the-one');
  await refused(put('only-one-object', SECRET_BUCKET, 'another'), 403, 'AccessDenied');
});

test('with a bucket key the encryption context names the bucket', async () => {
  await refused(put('only-one-object', SECOND_BUCKET, 'the-one'), 403, 'AccessDenied');
});

test('an object that is not there is AccessDenied to those who may not list', async () => {
  await refused(get('blind', SECRET_BUCKET, 'nothing-here'), 403, 'AccessDenied');
  await refused(
    standIn.client('blind').send(new HeadObjectCommand({ Bucket: SECRET_BUCKET, Key: 'nothing-here' })),
    403,
  );
  await refused(get('all', SECRET_BUCKET, 'nothing-here'), 404, 'NoSuchKey');
});

test('a right to list one prefix lists that prefix and nothing else', async () => {
  await put('prefixed', SECRET_BUCKET, 'mine/a');
  await put('all', SECRET_BUCKET, 'theirs/a');
  const list = (Prefix: string | undefined): Promise<unknown> =>
    standIn
      .client('prefixed')
      .send(new ListObjectsV2Command({ Bucket: SECRET_BUCKET, ...(Prefix === undefined ? {} : { Prefix }) }));
  await list('mine/');
  await refused(list('theirs/'), 403, 'AccessDenied');
  await refused(list(undefined), 403, 'AccessDenied');
  await refused(get('prefixed', SECRET_BUCKET, 'theirs/a'), 403, 'AccessDenied');
  await refused(put('prefixed', SECRET_BUCKET, 'theirs/b'), 403, 'AccessDenied');
});

test('deleting many at once is judged key by key', async () => {
  await put('all', SECRET_BUCKET, 'mine/d');
  await put('all', SECRET_BUCKET, 'theirs/d');
  const answer = await standIn.client('prefixed').send(
    new DeleteObjectsCommand({
      Bucket: SECRET_BUCKET,
      Delete: { Objects: [{ Key: 'mine/d' }, { Key: 'theirs/d' }] },
    }),
  );
  expect(answer.Deleted?.map(({ Key }) => Key)).toEqual(['mine/d']);
  expect(answer.Errors?.map(({ Key, Code }) => [Key, Code])).toEqual([['theirs/d', 'AccessDenied']]);
  await get('all', SECRET_BUCKET, 'theirs/d');
});

test('a right to delete objects is no right to delete versions', async () => {
  const { VersionId } = await standIn
    .client('all')
    .send(new PutObjectCommand({ Bucket: SECRET_BUCKET, Key: 'mine/v', Body: 'x' }));
  const place = { Bucket: SECRET_BUCKET, Key: 'mine/v' };
  await refused(
    standIn.client('prefixed').send(new DeleteObjectCommand({ ...place, VersionId })),
    403,
    'AccessDenied',
  );
  await standIn.client('prefixed').send(new DeleteObjectCommand(place));
});

test('a copy needs the right to read the source and to write the destination, and both keys', async () => {
  await put('all', SECRET_BUCKET, 'theirs/source');
  const copy = (role: string, from: string, to: string): Promise<unknown> =>
    standIn
      .client(role)
      .send(
        new CopyObjectCommand({ Bucket: SECRET_BUCKET, Key: to, CopySource: `${SECRET_BUCKET}/${from}` }),
      );
  await put('all', SECRET_BUCKET, 'mine/source');
  await copy('prefixed', 'mine/source', 'mine/copy');
  await refused(copy('prefixed', 'theirs/source', 'mine/stolen'), 403, 'AccessDenied');
  await refused(copy('prefixed', 'mine/source', 'theirs/planted'), 403, 'AccessDenied');
  await refused(copy('no-key', 'mine/source', 'mine/unkeyed'), 403, 'AccessDenied');
});

test('a copy is encrypted anew under the key of its destination', async () => {
  await put('all', PLAIN_BUCKET, 'plain');
  const s3 = standIn.client('all');
  const copied = await s3.send(
    new CopyObjectCommand({ Bucket: SECOND_BUCKET, Key: 'sealed', CopySource: `${PLAIN_BUCKET}/plain` }),
  );
  expect(copied.ServerSideEncryption).toBe('aws:kms');
  const got = await s3.send(new GetObjectCommand({ Bucket: SECOND_BUCKET, Key: 'sealed' }));
  expect(await text(got.Body)).toBe('x');
  await refused(get('no-key', SECOND_BUCKET, 'sealed'), 403, 'AccessDenied');
});

test('a bucket policy refuses the wrong encryption when it is asked for', async () => {
  const wrong = new PutObjectCommand({
    Bucket: SECRET_BUCKET,
    Key: 'sse',
    Body: 'x',
    ServerSideEncryption: 'AES256',
  });
  await refused(standIn.client('all').send(wrong), 403, 'AccessDenied');
});

test('buckets are listed to those only who may list them', async () => {
  const listed = await standIn.client('all').send(new ListBucketsCommand({}));
  expect(listed.Buckets?.map(({ Name }) => Name)).toEqual([PLAIN_BUCKET, SECOND_BUCKET, SECRET_BUCKET]);
  const first = await standIn
    .client('all')
    .send(new ListBucketsCommand({ MaxBuckets: 1, Prefix: 'tvt-test-s' }));
  expect(first.Buckets?.map(({ Name }) => Name)).toEqual([SECOND_BUCKET]);
  const { ContinuationToken } = first;
  const rest = await standIn
    .client('all')
    .send(new ListBucketsCommand({ ContinuationToken, Prefix: 'tvt-test-s' }));
  expect(rest.Buckets?.map(({ Name }) => Name)).toEqual([SECRET_BUCKET]);
  await refused(standIn.client('blind').send(new ListBucketsCommand({})), 403, 'AccessDenied');
});

test('a bucket that no template declares does not exist', async () => {
  await refused(get('all', 'tvt-nobody', 'x'), 404, 'NoSuchBucket');
});

test('every call is one line of the trail, a refused one with its code', async () => {
  const { trail } = standIn.running.standIn;
  const before = trail.events.length;
  await put('all', SECRET_BUCKET, 'trail');
  await refused(put('prefixed', SECRET_BUCKET, 'trail'), 403);
  const lines = trail.events.slice(before).filter(({ eventSource }) => eventSource === 's3.amazonaws.com');
  expect(lines.map(({ eventName, errorCode, readOnly }) => [eventName, errorCode, readOnly])).toEqual([
    ['PutObject', undefined, false],
    ['PutObject', 'AccessDenied', false],
  ]);
  expect(lines[0]?.resources).toEqual([
    `arn:aws:s3:::${SECRET_BUCKET}/trail`,
    `arn:aws:s3:::${SECRET_BUCKET}`,
  ]);
  expect(lines[1]?.userArn).toBe('arn:aws:sts::000000000000:assumed-role/prefixed/tester');
});

test('other services of the stand-in read, write and list under the same policies', async () => {
  const { objects } = standIn.running.standIn;
  const principalFor = (role: string, session: string): Principal =>
    standIn.running.standIn.principalFor(role, session);
  const [all, prefixed] = [principalFor('all', 'athena'), principalFor('prefixed', 'athena')];
  await objects.put(all, SECRET_BUCKET, 'theirs/result.csv', Buffer.from('a,b\n'), 'text/csv');
  expect(Buffer.from((await objects.get(all, SECRET_BUCKET, 'theirs/result.csv')).body).toString()).toBe(
    'a,b\n',
  );
  expect(await objects.list(all, SECRET_BUCKET, 'theirs/res')).toEqual([
    { key: 'theirs/result.csv', size: 4 },
  ]);
  await expect(objects.get(prefixed, SECRET_BUCKET, 'theirs/result.csv')).rejects.toMatchObject({
    code: 'AccessDenied',
  });
  await expect(objects.list(prefixed, SECRET_BUCKET, '')).rejects.toMatchObject({ code: 'AccessDenied' });
  await expect(objects.get(all, SECRET_BUCKET, 'no')).rejects.toMatchObject({ code: 'NoSuchKey' });
});
