/** Uploads that meet something on their way: a delete while the body is still coming, a refusal while it is sent. */
import { request } from 'node:http';
import type { ClientRequest } from 'node:http';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refused, text } from './aws-suite/s3-expect.ts';
import { SECRET_BUCKET, startS3StandIn } from './s3-stand-in.ts';
import type { S3StandIn } from './s3-stand-in.ts';

let standIn: S3StandIn;
beforeAll(async () => {
  standIn = await startS3StandIn();
});
afterAll(() => standIn.close());

interface SlowPut {
  readonly put: ClientRequest;
  readonly answer: Promise<readonly [status: number | undefined, body: string]>;
}

/** A PUT of two bytes of which the first is sent, and has arrived, when this resolves. */
async function beginPut(Key: string, headers: Readonly<Record<string, string>>): Promise<SlowPut> {
  const { ['if-match']: IfMatch, ['if-none-match']: IfNoneMatch } = headers;
  const command = new PutObjectCommand({ Bucket: SECRET_BUCKET, Key, IfMatch, IfNoneMatch });
  const url = await getSignedUrl(standIn.client('all'), command, { expiresIn: 60 });
  const put = request(url, {
    method: 'PUT',
    headers: { 'content-length': '2', expect: '100-continue', ...headers },
  });
  const answer = new Promise<readonly [number | undefined, string]>((resolve, reject) => {
    put.on('error', reject).on('response', (response) => {
      let body = '';
      response
        .on('data', (bytes: Buffer) => void (body += bytes.toString()))
        .on('end', () => resolve([response.statusCode, body]));
    });
  });
  // The stand-in asks for the body only once it has judged everything else.
  await new Promise<void>((resolve) => {
    put.on('continue', resolve).flushHeaders();
  });
  put.write('a');
  return { put, answer };
}

test('a conditional replacement conflicts when the object is deleted while its body is coming', async () => {
  const s3 = standIn.client('all');
  const place = { Bucket: SECRET_BUCKET, Key: 'replaced' };
  const { ETag = '' } = await s3.send(new PutObjectCommand({ ...place, Body: 'before' }));
  const slow = await beginPut(place.Key, { 'if-match': ETag });
  await s3.send(new DeleteObjectCommand(place));
  slow.put.end('b');
  expect(await slow.answer).toEqual([409, expect.stringContaining('ConditionalRequestConflict')]);
  await refused(s3.send(new GetObjectCommand(place)), 404, 'NoSuchKey');
});

test('of two uploads under way at once the one that ends first wins', async () => {
  const [first, second] = [
    await beginPut('raced', { 'if-none-match': '*' }),
    await beginPut('raced', { 'if-none-match': '*' }),
  ];
  second.put.end('2');
  expect((await second.answer)[0]).toBe(200);
  first.put.end('1');
  expect(await first.answer).toEqual([412, expect.stringContaining('PreconditionFailed')]);
  const got = await standIn.client('all').send(new GetObjectCommand({ Bucket: SECRET_BUCKET, Key: 'raced' }));
  expect(await text(got.Body)).toBe('a2');
});

test('a sender that is refused hears why, however much it was about to send', async () => {
  const put = new PutObjectCommand({ Bucket: SECRET_BUCKET, Key: 'big', Body: Buffer.alloc(20_000_000) });
  await refused(standIn.client('no-key').send(put), 403, 'AccessDenied');
});

test('an upload that breaks off leaves nothing', async () => {
  const slow = await beginPut('broken', {});
  slow.answer.catch(() => undefined);
  slow.put.destroy();
  await refused(
    standIn.client('all').send(new GetObjectCommand({ Bucket: SECRET_BUCKET, Key: 'broken' })),
    404,
    'NoSuchKey',
  );
});
