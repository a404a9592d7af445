/** Cases about single objects: bytes, metadata, ranges, checksums, tags, copies. */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import type { ChecksumAlgorithm } from '@aws-sdk/client-s3';
import { refused, text } from './s3-expect.ts';
import type { S3Case } from './s3-suite.ts';

export const objectCases: readonly S3Case[] = [
  {
    sentence: 'gives back the bytes, type and metadata that were put',
    async run({ s3, bucket, key }) {
      const Key = key('one');
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key,
          Body: 'hello',
          ContentType: 'text/plain',
          CacheControl: 'no-store',
          Metadata: { feed: 'made-up', rows: '12' },
        }),
      );

      const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));

      assert.equal(await text(got.Body), 'hello');
      for (const answer of [got, head]) {
        assert.equal(answer.ContentType, 'text/plain');
        assert.equal(answer.CacheControl, 'no-store');
        assert.equal(answer.ContentLength, 5);
        assert.deepEqual(answer.Metadata, { feed: 'made-up', rows: '12' });
      }
    },
  },
  {
    sentence: 'keeps an empty object',
    async run({ s3, bucket, key }) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key('none'), Body: new Uint8Array() }));
      const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key('none') }));
      assert.equal(await text(got.Body), '');
      assert.equal(got.ContentLength, 0);
    },
  },
  {
    sentence: 'takes keys with spaces, signs, letters of any language and repeated slashes',
    async run({ s3, bucket, key }) {
      for (const name of [
        'a b',
        'a+b',
        'a&b=c',
        "(it's)*!~",
        'ünï/çødé',
        'x//y',
        '100%',
        'a?b#c',
        '日本語',
      ]) {
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key(name), Body: name }));
        const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key(name) }));
        assert.equal(await text(got.Body), name);
      }
    },
  },
  {
    sentence: 'says NoSuchKey of an object that is not there, to those who may list',
    async run({ s3, bucket, key }) {
      await refused(s3.send(new GetObjectCommand({ Bucket: bucket, Key: key('no') })), 404, 'NoSuchKey');
      await refused(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key('no') })), 404, 'NotFound');
    },
  },
  {
    sentence: 'serves ranges, from either end, and refuses one beyond the end',
    async run({ s3, bucket, key }) {
      const Key = key('ranges');
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: '0123456789' }));
      const range = async (Range: string): Promise<readonly [string, string | undefined]> => {
        const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key, Range }));
        assert.equal(got.$metadata.httpStatusCode, 206);
        return [await text(got.Body), got.ContentRange];
      };
      assert.deepEqual(await range('bytes=0-3'), ['0123', 'bytes 0-3/10']);
      assert.deepEqual(await range('bytes=7-'), ['789', 'bytes 7-9/10']);
      assert.deepEqual(await range('bytes=-2'), ['89', 'bytes 8-9/10']);
      assert.deepEqual(await range('bytes=5-500'), ['56789', 'bytes 5-9/10']);
      await refused(
        s3.send(new GetObjectCommand({ Bucket: bucket, Key, Range: 'bytes=10-' })),
        416,
        'InvalidRange',
      );
    },
  },
  ...(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const).map(checksumCase),
  {
    sentence: 'refuses a body that is not what its Content-MD5 says, and keeps nothing of it',
    async run({ s3, bucket, key }) {
      const ContentMD5 = createHash('md5').update('other').digest('base64');
      const put = s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key('md5'), Body: 'this', ContentMD5 }),
      );
      await refused(put, 400, 'BadDigest');
      await refused(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key('md5') })), 404);
    },
  },
  {
    sentence: 'takes a stream of stated length',
    async run({ s3, bucket, key }) {
      const Body = Readable.from([Buffer.alloc(70_000, 'a'), Buffer.alloc(70_000, 'b')]);
      await s3.send(
        new PutObjectCommand({ Bucket: bucket, Key: key('stream'), Body, ContentLength: 140_000 }),
      );
      const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key('stream') }));
      assert.equal(await text(got.Body), 'a'.repeat(70_000) + 'b'.repeat(70_000));
    },
  },
  {
    sentence: 'keeps tags apart from the object, given with it or later',
    async run({ s3, bucket, key }) {
      const place = { Bucket: bucket, Key: key('tagged') };
      await s3.send(new PutObjectCommand({ ...place, Body: 'x', Tagging: 'colour=green&size=a%20b' }));
      const first = await s3.send(new GetObjectTaggingCommand(place));
      assert.deepEqual(first.TagSet, [
        { Key: 'colour', Value: 'green' },
        { Key: 'size', Value: 'a b' },
      ]);
      await s3.send(
        new PutObjectTaggingCommand({ ...place, Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } }),
      );
      assert.equal((await s3.send(new GetObjectCommand(place))).TagCount, 1);
      const many = Array.from({ length: 11 }, (_, index) => ({ Key: `k${String(index)}`, Value: 'v' }));
      await refused(s3.send(new PutObjectTaggingCommand({ ...place, Tagging: { TagSet: many } })), 400);
    },
  },
  {
    sentence: 'copies an object with its metadata and tags, or with new ones',
    async run({ s3, bucket, key }) {
      const CopySource = `${bucket}/${encodeURIComponent(key('from me'))}`;
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key('from me'),
          Body: 'copied',
          ContentType: 'text/x-one',
          Metadata: { a: '1' },
          Tagging: 't=1',
        }),
      );

      await s3.send(new CopyObjectCommand({ Bucket: bucket, Key: key('same'), CopySource }));
      await s3.send(
        new CopyObjectCommand({
          Bucket: bucket,
          Key: key('new'),
          CopySource,
          MetadataDirective: 'REPLACE',
          TaggingDirective: 'REPLACE',
          ContentType: 'text/x-two',
          Metadata: { b: '2' },
          Tagging: 'u=2',
        }),
      );

      const same = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key('same') }));
      assert.equal(await text(same.Body), 'copied');
      assert.deepEqual([same.ContentType, same.Metadata, same.TagCount], ['text/x-one', { a: '1' }, 1]);
      const fresh = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key('new') }));
      assert.deepEqual([fresh.ContentType, fresh.Metadata], ['text/x-two', { b: '2' }]);
      const tags = await s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key('new') }));
      assert.deepEqual(tags.TagSet, [{ Key: 'u', Value: '2' }]);
    },
  },
  {
    sentence: 'copies only what still is what the caller says it is',
    async run({ s3, bucket, key }) {
      const CopySource = `${bucket}/${key('from')}`;
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key('from'), Body: 'x' }));
      const copy = { Bucket: bucket, Key: key('to'), CopySource };
      await refused(
        s3.send(new CopyObjectCommand({ ...copy, CopySourceIfMatch: '"0"' })),
        412,
        'PreconditionFailed',
      );
      const missing = new CopyObjectCommand({ ...copy, CopySource: `${bucket}/${key('no')}` });
      await refused(s3.send(missing), 404, 'NoSuchKey');
    },
  },
  {
    sentence: 'copies nothing onto itself without a change',
    async run({ s3, bucket, key }) {
      const place = { Bucket: bucket, Key: key('same') };
      await s3.send(new PutObjectCommand({ ...place, Body: 'x' }));
      const copy = { ...place, CopySource: `${bucket}/${key('same')}` };
      await s3.send(new CopyObjectCommand({ ...copy, MetadataDirective: 'REPLACE' }));
      await refused(s3.send(new CopyObjectCommand(copy)), 400, 'InvalidRequest');
    },
  },
  {
    sentence: 'says where a bucket is',
    async run({ s3, bucket }) {
      await s3.send(new HeadBucketCommand({ Bucket: bucket }));
      const where = await s3.send(new GetBucketLocationCommand({ Bucket: bucket }));
      assert.equal(where.LocationConstraint, 'eu-west-2');
    },
  },
];

/** Of the nine digits `123456789`: the check values of the CRC catalogues, and of the SHAs by another program. */
const OF_123456789: Readonly<Record<string, string>> = {
  CRC32: 'y/Q5Jg==',
  CRC32C: '4waSgw==',
  CRC64NVME: 'rosUhgp5mIg=',
  SHA1: '98O8HYCOBHMq32eZZczDTKeuNEE=',
  SHA256: 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=',
};

function checksumCase(algorithm: ChecksumAlgorithm): S3Case {
  const member = `Checksum${algorithm}`;
  return {
    sentence: `verifies ${algorithm} checksums and gives them back`,
    async run({ s3, bucket, key }) {
      const place = { Bucket: bucket, Key: key('sum') };
      const right = { [member]: OF_123456789[algorithm] };
      await s3.send(new PutObjectCommand({ ...place, Body: '123456789', ...right }));
      const head = await s3.send(new HeadObjectCommand({ ...place, ChecksumMode: 'ENABLED' }));
      assert.deepEqual(
        Object.entries(head).find(([name]) => name === member),
        [member, OF_123456789[algorithm]],
      );
      const wrong = new PutObjectCommand({ ...place, Key: key('wrong'), Body: '123456780', ...right });
      await refused(s3.send(wrong), 400, 'BadDigest');
      await refused(s3.send(new HeadObjectCommand({ ...place, Key: key('wrong') })), 404);
    },
  };
}
