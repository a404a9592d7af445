/** What S3 of the stand-in does not do it refuses: nothing is taken silently, and no sub-resource becomes an object. */
import {
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  RestoreObjectCommand,
  SelectObjectContentCommand,
} from '@aws-sdk/client-s3';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refused } from './aws-suite/s3-expect.ts';
import { PLAIN_BUCKET, SECRET_BUCKET, startS3StandIn } from './s3-stand-in.ts';
import type { S3StandIn } from './s3-stand-in.ts';

const RULES = [
  { Id: 'old', Status: 'Enabled', Prefix: 'old/', ExpirationInDays: 7 },
  {
    Id: 'tagged',
    Status: 'Disabled',
    Prefix: 'x/',
    TagFilters: [{ Key: 'a', Value: 'b' }],
    NoncurrentVersionExpiration: { NoncurrentDays: 3, NewerNoncurrentVersions: 2 },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
  },
];

let standIn: S3StandIn;
beforeAll(async () => {
  standIn = await startS3StandIn({ lifecycle: RULES });
});
afterAll(() => standIn.close());

const place = { Bucket: SECRET_BUCKET, Key: 'object' };

test.each([
  ['the ACL of a bucket', () => standIn.client('all').send(new GetBucketAclCommand(place))],
  ['its policy', () => standIn.client('all').send(new GetBucketPolicyCommand(place))],
  ['its CORS rules', () => standIn.client('all').send(new GetBucketCorsCommand(place))],
  ['the ACL of an object', () => standIn.client('all').send(new GetObjectAclCommand(place))],
  ['a new ACL', () => standIn.client('all').send(new PutObjectAclCommand({ ...place, ACL: 'private' }))],
  ['a new policy', () => standIn.client('all').send(new PutBucketPolicyCommand({ ...place, Policy: '{}' }))],
  [
    'new lifecycle rules',
    () =>
      standIn.client('all').send(
        new PutBucketLifecycleConfigurationCommand({
          ...place,
          LifecycleConfiguration: { Rules: [] },
        }),
      ),
  ],
  [
    'retention of an object',
    () =>
      standIn
        .client('all')
        .send(new PutObjectRetentionCommand({ ...place, Retention: { Mode: 'GOVERNANCE' } })),
  ],
  ['a restore', () => standIn.client('all').send(new RestoreObjectCommand(place))],
  [
    'a select',
    () =>
      standIn.client('all').send(
        new SelectObjectContentCommand({
          ...place,
          Expression: 'select 1',
          ExpressionType: 'SQL',
          InputSerialization: {},
          OutputSerialization: {},
        }),
      ),
  ],
])('answers 501 when asked for %s', async (_name, ask) => {
  await refused(ask(), 501, 'NotImplemented');
});

test('no sub-resource that was refused has become an object', async () => {
  const listed = await standIn.client('all').send(new ListObjectsV2Command({ Bucket: SECRET_BUCKET }));
  expect(listed.Contents ?? []).toEqual([]);
});

test.each<[string, number, string, Partial<PutObjectCommandInput>]>([
  ['an ACL where the owner owns everything', 400, 'AccessControlListNotSupported', { ACL: 'public-read' }],
  ['a storage class', 501, 'NotImplemented', { StorageClass: 'GLACIER' }],
  ['a legal hold', 501, 'NotImplemented', { ObjectLockLegalHoldStatus: 'ON' }],
  ['a redirect', 501, 'NotImplemented', { WebsiteRedirectLocation: '/x' }],
  [
    "a customer's own key",
    501,
    'NotImplemented',
    { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'A'.repeat(32) },
  ],
  ['another account', 403, 'AccessDenied', { ExpectedBucketOwner: '111111111111' }],
  ['an ETag to be absent', 501, 'NotImplemented', { IfNoneMatch: '"abc"' }],
  ['metadata beyond 2 KB', 400, 'MetadataTooLarge', { Metadata: { a: 'x'.repeat(2100) } }],
  ['a key beyond 1,024 bytes', 400, 'KeyTooLongError', { Key: 'k'.repeat(1025) }],
  ['a tag of the system', 400, 'InvalidTag', { Tagging: 'aws%3Ax=1' }],
])('refuses a write that asks for %s', async (_name, status, code, asked) => {
  const put = new PutObjectCommand({ ...place, Bucket: PLAIN_BUCKET, Body: 'x', ...asked });
  await refused(standIn.client('all').send(put), status, code);
});

test('refuses an upload that states no length', async () => {
  const s3 = standIn.client('all');
  const url = await getSignedUrl(s3, new PutObjectCommand({ ...place, Bucket: PLAIN_BUCKET }), {
    expiresIn: 60,
  });
  const unstated = await fetch(url, {
    method: 'PUT',
    duplex: 'half',
    body: new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('x'));
        controller.close();
      },
    }),
  });
  expect([unstated.status, await unstated.text()]).toEqual([
    411,
    expect.stringContaining('MissingContentLength'),
  ]);
});

test('shows the configuration of the templates', async () => {
  const s3 = standIn.client('all');
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket: SECRET_BUCKET }))).Status).toBe('Enabled');
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket: PLAIN_BUCKET }))).Status).toBeUndefined();
  const encryption = await s3.send(new GetBucketEncryptionCommand({ Bucket: SECRET_BUCKET }));
  const [rule] = encryption.ServerSideEncryptionConfiguration?.Rules ?? [];
  expect(rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm).toBe('aws:kms');
  const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: PLAIN_BUCKET }));
  expect(Rules).toEqual([
    { ID: 'old', Status: 'Enabled', Filter: { Prefix: 'old/' }, Expiration: { Days: 7 } },
    {
      ID: 'tagged',
      Status: 'Disabled',
      Filter: { And: { Prefix: 'x/', Tags: [{ Key: 'a', Value: 'b' }] } },
      NoncurrentVersionExpiration: { NoncurrentDays: 3, NewerNoncurrentVersions: 2 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    },
  ]);
});
