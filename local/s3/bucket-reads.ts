/** What a bucket says of itself, and which buckets there are. */
import type { Reply } from '../service.ts';
import type { Access } from './access.ts';
import { refusal } from './errors.ts';
import { ruleXml } from './lifecycle-rules.ts';
import { xmlReply } from './list-objects.ts';
import { integerParameter } from './request.ts';
import type { S3Request } from './request.ts';
import type { Storage } from './storage.ts';
import { element, root, wrap } from './xml.ts';

export const LIST_BUCKETS_PARAMETERS = ['prefix', 'max-buckets', 'continuation-token', 'bucket-region'];

/** The caller may list all buckets or none: AWS knows no finer right. */
export function listBuckets(access: Access, storage: Storage, query: URLSearchParams): Reply {
  access.require('s3:ListAllMyBuckets', '*');
  const most = integerParameter(query, 'max-buckets', 10_000, { least: 1, most: 10_000 });
  const after = query.get('continuation-token') ?? '';
  const here = (query.get('bucket-region') ?? storage.region) === storage.region;
  const names = [...storage.buckets.keys()]
    .filter((name) => here && name.startsWith(query.get('prefix') ?? '') && name > after)
    .toSorted();
  const page = names.slice(0, most);
  return xmlReply('ListAllMyBucketsResult', [
    wrap('Owner', [element('ID', storage.account)]),
    wrap(
      'Buckets',
      page.map((name) =>
        wrap('Bucket', [
          element('Name', name),
          element('CreationDate', storage.openedAt),
          element('BucketRegion', storage.region),
        ]),
      ),
    ),
    ...(page.length < names.length ? [element('ContinuationToken', page.at(-1) ?? '')] : []),
  ]);
}

export function headBucket(request: S3Request, storage: Storage): Reply {
  request.access.require('s3:ListBucket', request.bucket.arn);
  return { status: 200, headers: { 'x-amz-bucket-region': storage.region } };
}

export function getBucketLocation(request: S3Request, storage: Storage): Reply {
  request.access.require('s3:GetBucketLocation', request.bucket.arn);
  const body = root('LocationConstraint', [storage.region]);
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
}

export function getBucketVersioning(request: S3Request): Reply {
  request.access.require('s3:GetBucketVersioning', request.bucket.arn);
  const { versioning } = request.bucket;
  return xmlReply('VersioningConfiguration', versioning === 'Off' ? [] : [element('Status', versioning)]);
}

export function getBucketEncryption(request: S3Request): Reply {
  request.access.require('s3:GetEncryptionConfiguration', request.bucket.arn);
  const { encryption } = request.bucket;
  return xmlReply('ServerSideEncryptionConfiguration', [
    wrap('Rule', [
      wrap('ApplyServerSideEncryptionByDefault', [
        element('SSEAlgorithm', encryption.algorithm),
        ...(encryption.algorithm === 'aws:kms' ? [element('KMSMasterKeyID', encryption.keyId)] : []),
      ]),
      element('BucketKeyEnabled', encryption.algorithm === 'aws:kms' && encryption.bucketKey),
    ]),
  ]);
}

export function getBucketLifecycle(request: S3Request): Reply {
  request.access.require('s3:GetLifecycleConfiguration', request.bucket.arn);
  const rules = request.bucket.lifecycle;
  if (rules.length === 0)
    throw refusal('NoSuchLifecycleConfiguration', undefined, { BucketName: request.bucket.name });
  return xmlReply('LifecycleConfiguration', rules.map(ruleXml));
}
