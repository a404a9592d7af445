/** Cases about versions and deletion. */
import { strict as assert } from 'node:assert';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { refused, text } from './s3-expect.ts';
import type { S3Case, S3Trial } from './s3-suite.ts';

const put = async ({ s3, bucket }: S3Trial, Key: string, Body: string): Promise<string> => {
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  assert.ok(VersionId);
  return VersionId;
};

export const versionCases: readonly S3Case[] = [
  {
    sentence: 'keeps every version, newest first',
    async run(trial) {
      const { s3, bucket, key } = trial;
      const Key = key('v');
      const [first, second] = [await put(trial, Key, 'one'), await put(trial, Key, 'two')];
      const old = await s3.send(new GetObjectCommand({ Bucket: bucket, Key, VersionId: first }));
      assert.equal(await text(old.Body), 'one');
      const listed = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: Key }));
      assert.deepEqual(
        listed.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
        [
          [second, true],
          [first, false],
        ],
      );
    },
  },
  {
    sentence: 'hides a deleted object behind a marker, and shows it again when the marker goes',
    async run(trial) {
      const { s3, bucket, key } = trial;
      const place = { Bucket: bucket, Key: key('hidden') };
      const version = await put(trial, place.Key, 'here');
      const gone = await s3.send(new DeleteObjectCommand(place));
      assert.equal(gone.DeleteMarker, true);
      await refused(s3.send(new GetObjectCommand(place)), 404, 'NoSuchKey');
      const marker = { ...place, VersionId: gone.VersionId };
      await refused(s3.send(new GetObjectCommand(marker)), 405, 'MethodNotAllowed');
      const still = await s3.send(new GetObjectCommand({ ...place, VersionId: version }));
      assert.equal(await text(still.Body), 'here');
      await s3.send(new DeleteObjectCommand(marker));
      assert.equal(await text((await s3.send(new GetObjectCommand(place))).Body), 'here');
    },
  },
  {
    sentence: 'deletes a named version for good, and says 204 of one that is not there',
    async run(trial) {
      const { s3, bucket, key } = trial;
      const place = { Bucket: bucket, Key: key('good') };
      const VersionId = await put(trial, place.Key, 'x');
      await s3.send(new DeleteObjectCommand({ ...place, VersionId }));
      await refused(s3.send(new GetObjectCommand(place)), 404, 'NoSuchKey');
      const again = await s3.send(new DeleteObjectCommand({ ...place, VersionId }));
      assert.equal(again.$metadata.httpStatusCode, 204);
      const listed = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: place.Key }));
      assert.equal((listed.Versions ?? []).length + (listed.DeleteMarkers ?? []).length, 0);
    },
  },
  {
    sentence: 'deletes many at once, and answers for each',
    async run(trial) {
      const { s3, bucket, key } = trial;
      const VersionId = await put(trial, key('a<&>b'), 'x');
      await put(trial, key('c'), 'x');
      const Objects = [{ Key: key('a<&>b'), VersionId }, { Key: key('c') }, { Key: key('never') }];
      const answer = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
      assert.deepEqual(
        answer.Deleted?.map((deleted) => [deleted.Key, deleted.DeleteMarker ?? false]).toSorted(),
        [
          [key('a<&>b'), false],
          [key('c'), true],
          [key('never'), true],
        ].toSorted(),
      );
      await refused(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key('c') })), 404);
    },
  },
  {
    sentence: 'pages through versions without losing or repeating one',
    async run(trial) {
      const { s3, bucket, key } = trial;
      for (const name of ['a', 'b', 'c'])
        for (const body of ['1', '2', '3']) await put(trial, key(name), body);
      const seen: string[] = [];
      let marker: { KeyMarker?: string; VersionIdMarker?: string } = {};
      for (let page = 0; page < 10; page += 1) {
        const listed = await s3.send(
          new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key(''), MaxKeys: 2, ...marker }),
        );
        seen.push(...(listed.Versions ?? []).map(({ Key, VersionId }) => `${Key ?? ''}@${VersionId ?? ''}`));
        if (listed.IsTruncated !== true) break;
        marker = {
          ...(listed.NextKeyMarker === undefined ? {} : { KeyMarker: listed.NextKeyMarker }),
          ...(listed.NextVersionIdMarker === undefined
            ? {}
            : { VersionIdMarker: listed.NextVersionIdMarker }),
        };
      }
      assert.equal(seen.length, 9);
      assert.equal(new Set(seen).size, 9);
    },
  },
];
