/** Cases about conditional requests, the ground every atomic step of the platform stands on. */
import { strict as assert } from 'node:assert';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { refused, text } from './s3-expect.ts';
import type { S3Case } from './s3-suite.ts';

export const conditionCases: readonly S3Case[] = [
  {
    sentence: 'writes with If-None-Match only where nothing is',
    async run({ s3, bucket, key }) {
      const place = { Bucket: bucket, Key: key('once'), IfNoneMatch: '*' };
      await s3.send(new PutObjectCommand({ ...place, Body: 'first' }));
      await refused(s3.send(new PutObjectCommand({ ...place, Body: 'second' })), 412, 'PreconditionFailed');
      const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key('once') }));
      assert.equal(await text(got.Body), 'first');
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key('once') }));
      await s3.send(new PutObjectCommand({ ...place, Body: 'after the delete' }));
    },
  },
  {
    sentence: 'lets exactly one of twelve racing writers create an object',
    async run({ s3, bucket, key }) {
      const place = { Bucket: bucket, Key: key('race'), IfNoneMatch: '*' };
      const codes = await Promise.all(
        Array.from({ length: 12 }, (_, writer) =>
          s3.send(new PutObjectCommand({ ...place, Body: `writer ${String(writer)}` })).then(
            () => 200,
            (error: unknown) =>
              error instanceof S3ServiceException ? error.$metadata.httpStatusCode : error,
          ),
        ),
      );
      assert.equal(codes.filter((code) => code === 200).length, 1);
      assert.ok(codes.every((code) => code === 200 || code === 412 || code === 409));
    },
  },
  {
    sentence: 'lets exactly one of twelve racing writers replace an object',
    async run({ s3, bucket, key }) {
      const place = { Bucket: bucket, Key: key('replace') };
      const { ETag } = await s3.send(new PutObjectCommand({ ...place, Body: 'before' }));
      const codes = await Promise.all(
        Array.from({ length: 12 }, (_, writer) =>
          s3.send(new PutObjectCommand({ ...place, Body: `writer ${String(writer)}`, IfMatch: ETag })).then(
            () => 200,
            (error: unknown) =>
              error instanceof S3ServiceException ? error.$metadata.httpStatusCode : error,
          ),
        ),
      );
      assert.equal(codes.filter((code) => code === 200).length, 1);
      assert.ok(codes.every((code) => code === 200 || code === 412 || code === 409));
    },
  },
  {
    sentence: 'writes with If-Match only over what the caller has seen',
    async run({ s3, bucket, key }) {
      const place = { Bucket: bucket, Key: key('seen') };
      await refused(s3.send(new PutObjectCommand({ ...place, Body: 'x', IfMatch: '"0"' })), 404, 'NoSuchKey');
      const first = await s3.send(new PutObjectCommand({ ...place, Body: 'one' }));
      await s3.send(new PutObjectCommand({ ...place, Body: 'two', IfMatch: first.ETag }));
      const stale = new PutObjectCommand({ ...place, Body: 'three', IfMatch: first.ETag });
      await refused(s3.send(stale), 412, 'PreconditionFailed');
      assert.equal(await text((await s3.send(new GetObjectCommand(place))).Body), 'two');
    },
  },
  {
    sentence: 'reads only what has, or has not, changed',
    async run({ s3, bucket, key }) {
      const place = { Bucket: bucket, Key: key('read') };
      const { ETag } = await s3.send(new PutObjectCommand({ ...place, Body: 'x' }));
      const earlier = new Date(Date.now() - 86_400_000);
      await s3.send(new GetObjectCommand({ ...place, IfMatch: ETag, IfUnmodifiedSince: earlier }));
      await s3.send(new GetObjectCommand({ ...place, IfModifiedSince: earlier }));
      await refused(s3.send(new GetObjectCommand({ ...place, IfMatch: '"0"' })), 412, 'PreconditionFailed');
      await refused(s3.send(new GetObjectCommand({ ...place, IfUnmodifiedSince: earlier })), 412);
      await refused(s3.send(new GetObjectCommand({ ...place, IfNoneMatch: ETag })), 304);
    },
  },
];
