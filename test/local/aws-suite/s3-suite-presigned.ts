/** Cases about presigned URLs, used as a partner's curl uses them. */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { text } from './s3-expect.ts';
import type { S3Case, S3Trial } from './s3-suite.ts';

interface Bound {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A URL that binds key, size, digest, type and one metadata value, good for one upload. */
async function boundUpload({ s3, bucket }: S3Trial, Key: string, body: string): Promise<Bound> {
  const ChecksumSHA256 = createHash('sha256').update(body).digest('base64');
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key,
    ContentLength: Buffer.byteLength(body),
    ContentType: 'text/csv',
    ChecksumSHA256,
    IfNoneMatch: '*',
    Metadata: { kind: 'full' },
  });
  const url = await getSignedUrl(s3, command, {
    expiresIn: 300,
    signableHeaders: new Set(['host', 'content-length', 'content-type', 'if-none-match']),
    unhoistableHeaders: new Set(['x-amz-checksum-sha256', 'x-amz-meta-kind']),
  });
  return {
    url,
    headers: {
      'content-type': 'text/csv',
      'if-none-match': '*',
      'x-amz-checksum-sha256': ChecksumSHA256,
      'x-amz-meta-kind': 'full',
    },
  };
}

async function send(bound: Bound, body: string): Promise<readonly [status: number, code: string]> {
  const answer = await fetch(bound.url, { method: 'PUT', headers: bound.headers, body });
  const code = /<Code>(\w+)<\/Code>/.exec(await answer.text())?.[1] ?? '';
  return [answer.status, code];
}

export const presignedCases: readonly S3Case[] = [
  {
    sentence: 'takes one upload through a presigned URL, and no second',
    async run(trial) {
      const { s3, bucket, key } = trial;
      const bound = await boundUpload(trial, key('once'), 'a,b\n1,2\n');
      assert.deepEqual(await send(bound, 'a,b\n1,2\n'), [200, '']);
      assert.deepEqual(await send(bound, 'a,b\n1,2\n'), [412, 'PreconditionFailed']);
      const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key('once') }));
      assert.equal(await text(got.Body), 'a,b\n1,2\n');
      assert.deepEqual([got.ContentType, got.Metadata], ['text/csv', { kind: 'full' }]);
    },
  },
  {
    sentence: 'refuses other bytes, another size or another type than a presigned URL binds',
    async run(trial) {
      const bound = await boundUpload(trial, trial.key('bound'), 'abcd');
      assert.deepEqual(await send(bound, 'abcX'), [400, 'BadDigest']);
      assert.deepEqual(await send(bound, 'abcde'), [403, 'SignatureDoesNotMatch']);
      const typed = { ...bound, headers: { ...bound.headers, 'content-type': 'text/html' } };
      assert.deepEqual(await send(typed, 'abcd'), [403, 'SignatureDoesNotMatch']);
      const described = { ...bound, headers: { ...bound.headers, 'x-amz-meta-kind': 'changes' } };
      assert.deepEqual(await send(described, 'abcd'), [403, 'SignatureDoesNotMatch']);
      assert.deepEqual(await send(bound, 'abcd'), [200, '']);
    },
  },
  {
    sentence: 'takes no x-amz- header beside those a presigned URL has signed',
    async run(trial) {
      const bound = await boundUpload(trial, trial.key('added'), 'abcd');
      const added = { ...bound, headers: { ...bound.headers, 'x-amz-tagging': 'a=b' } };
      assert.deepEqual(await send(added, 'abcd'), [403, 'AccessDenied']);
    },
  },
  {
    sentence: 'serves a presigned read under the name it was signed with',
    async run({ s3, bucket, key }) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key('read'), Body: 'x' }));
      const url = await getSignedUrl(
        s3,
        new GetObjectCommand({
          Bucket: bucket,
          Key: key('read'),
          ResponseContentDisposition: 'attachment; filename="table.csv"',
          ResponseContentType: 'text/csv',
        }),
        { expiresIn: 60 },
      );
      const answer = await fetch(url);
      assert.equal(await answer.text(), 'x');
      assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="table.csv"');
      assert.equal(answer.headers.get('content-type'), 'text/csv');
      assert.equal((await fetch(`${url}&response-cache-control=none`)).status, 403);
    },
  },
];
