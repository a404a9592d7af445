/** Cases about multipart uploads. */
import { strict as assert } from 'node:assert';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart, CreateMultipartUploadCommandInput } from '@aws-sdk/client-s3';
import { refused, text } from './s3-expect.ts';
import type { S3Case, S3Trial } from './s3-suite.ts';

/** The smallest a part may be, but for the last. */
const PART = 5 * 1024 ** 2;

async function begin(
  { s3, bucket }: S3Trial,
  Key: string,
  more: Partial<CreateMultipartUploadCommandInput> = {},
): Promise<{ readonly Bucket: string; readonly Key: string; readonly UploadId: string }> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key, ...more }));
  assert.ok(UploadId);
  return { Bucket: bucket, Key, UploadId };
}

async function part(
  { s3 }: S3Trial,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string },
  PartNumber: number,
  Body: Uint8Array,
): Promise<CompletedPart> {
  const { ETag, ChecksumCRC32, ChecksumCRC64NVME } = await s3.send(
    new UploadPartCommand({ ...upload, PartNumber, Body }),
  );
  return {
    PartNumber,
    ...(ETag === undefined ? {} : { ETag }),
    ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }),
    ...(ChecksumCRC64NVME === undefined ? {} : { ChecksumCRC64NVME }),
  };
}

export const multipartCases: readonly S3Case[] = [
  {
    sentence: 'joins parts in the order of their numbers into one object',
    async run(trial) {
      const { s3, key } = trial;
      const upload = await begin(trial, key('joined'), { ContentType: 'text/x-parts', Metadata: { a: '1' } });
      const second = await part(trial, upload, 2, Buffer.from('the end'));
      const first = await part(trial, upload, 1, Buffer.alloc(PART, 'x'));
      const listed = await s3.send(new ListPartsCommand(upload));
      assert.deepEqual(
        listed.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
        [
          [1, PART],
          [2, 7],
        ],
      );

      const done = await s3.send(
        new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: [first, second] } }),
      );

      assert.match(done.ETag ?? '', /-2"$/);
      const place = { Bucket: upload.Bucket, Key: upload.Key };
      const got = await s3.send(
        new GetObjectCommand({ ...place, Range: `bytes=${String(PART - 2)}-${String(PART + 2)}` }),
      );
      assert.equal(await text(got.Body), 'xxthe');
      const head = await s3.send(new HeadObjectCommand(place));
      assert.deepEqual(
        [head.ContentType, head.ContentLength, head.Metadata],
        ['text/x-parts', PART + 7, { a: '1' }],
      );
      await refused(s3.send(new ListPartsCommand(upload)), 404, 'NoSuchUpload');
    },
  },
  {
    sentence: 'gives a whole-object checksum for parts when it is asked for',
    async run(trial) {
      const { s3, key } = trial;
      const upload = await begin(trial, key('whole'), {
        ChecksumAlgorithm: 'CRC32',
        ChecksumType: 'FULL_OBJECT',
      });
      const parts = [
        await part(trial, upload, 1, Buffer.alloc(PART, 'x')),
        await part(trial, upload, 2, Buffer.from('the end')),
      ];
      const done = await s3.send(
        new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }),
      );
      const { ChecksumCRC32 } = await s3.send(
        new PutObjectCommand({
          Bucket: upload.Bucket,
          Key: key('single'),
          Body: Buffer.concat([Buffer.alloc(PART, 'x'), Buffer.from('the end')]),
        }),
      );
      assert.equal(done.ChecksumCRC32, ChecksumCRC32);
      assert.equal(done.ChecksumType, 'FULL_OBJECT');
    },
  },
  {
    sentence: 'refuses parts that are unknown, or changed since',
    async run(trial) {
      const { s3, key } = trial;
      const upload = await begin(trial, key('unknown'));
      const sent = await part(trial, upload, 1, Buffer.from('x'));
      for (const wrong of [
        { ...sent, ETag: '"0"' },
        { ...sent, PartNumber: 2 },
      ]) {
        const complete = new CompleteMultipartUploadCommand({
          ...upload,
          MultipartUpload: { Parts: [wrong] },
        });
        await refused(s3.send(complete), 400, 'InvalidPart');
      }
      await s3.send(new AbortMultipartUploadCommand(upload));
    },
  },
  {
    sentence: 'refuses parts that are out of order',
    async run(trial) {
      const { s3, key } = trial;
      const upload = await begin(trial, key('order'));
      const first = await part(trial, upload, 1, Buffer.alloc(PART));
      const second = await part(trial, upload, 2, Buffer.from('x'));
      const complete = new CompleteMultipartUploadCommand({
        ...upload,
        MultipartUpload: { Parts: [second, first] },
      });
      await refused(s3.send(complete), 400, 'InvalidPartOrder');
      await s3.send(new AbortMultipartUploadCommand(upload));
    },
  },
  {
    sentence: 'refuses a part below 5 MB that is not the last',
    async run(trial) {
      const { s3, key } = trial;
      const upload = await begin(trial, key('small'));
      const Parts = [
        await part(trial, upload, 1, Buffer.from('small')),
        await part(trial, upload, 2, Buffer.from('small too')),
      ];
      const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
      await refused(s3.send(complete), 400, 'EntityTooSmall');
      await s3.send(new AbortMultipartUploadCommand(upload));
    },
  },
  {
    sentence: 'forgets an aborted upload, which was listed until then',
    async run(trial) {
      const { s3, bucket, key } = trial;
      const upload = await begin(trial, key('aborted'));
      await part(trial, upload, 1, Buffer.from('x'));
      const listing = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key('aborted') });
      assert.deepEqual(
        (await s3.send(listing)).Uploads?.map(({ UploadId }) => UploadId),
        [upload.UploadId],
      );
      await s3.send(new AbortMultipartUploadCommand(upload));
      assert.deepEqual((await s3.send(listing)).Uploads ?? [], []);
      await refused(part(trial, upload, 2, Buffer.from('x')), 404, 'NoSuchUpload');
    },
  },
  {
    sentence: 'completes with If-None-Match only where nothing is',
    async run(trial) {
      const { s3, key } = trial;
      const upload = await begin(trial, key('taken'));
      const only = await part(trial, upload, 1, Buffer.from('late'));
      await s3.send(new PutObjectCommand({ Bucket: upload.Bucket, Key: upload.Key, Body: 'early' }));
      const complete = new CompleteMultipartUploadCommand({
        ...upload,
        IfNoneMatch: '*',
        MultipartUpload: { Parts: [only] },
      });
      await refused(s3.send(complete), 412, 'PreconditionFailed');
      await s3.send(new AbortMultipartUploadCommand(upload));
    },
  },
  {
    sentence: 'makes a part of a range of another object',
    async run(trial) {
      const { s3, bucket, key } = trial;
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key('source'), Body: '0123456789' }));
      const upload = await begin(trial, key('ranged'));
      const { CopyPartResult } = await s3.send(
        new UploadPartCopyCommand({
          ...upload,
          PartNumber: 1,
          CopySource: `${bucket}/${key('source')}`,
          CopySourceRange: 'bytes=2-5',
        }),
      );
      const { ETag, ChecksumCRC32 } = CopyPartResult ?? {};
      await s3.send(
        new CompleteMultipartUploadCommand({
          ...upload,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] },
        }),
      );
      const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key('ranged') }));
      assert.equal(await text(got.Body), '2345');
    },
  },
];
