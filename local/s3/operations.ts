/** Which operation a request is. What no row of the table describes is 501: nothing falls through to an object. */
import type { Reply } from '../service.ts';
import {
  getBucketEncryption,
  getBucketLifecycle,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
} from './bucket-reads.ts';
import { completeMultipartUpload } from './complete-upload.ts';
import { copyObject } from './copy-object.ts';
import { deleteObject, deleteObjects } from './delete-objects.ts';
import { OVERRIDE_PARAMETERS, getObject, headObject } from './get-object.ts';
import { listObjects, listObjectsV2 } from './list-objects.ts';
import { listMultipartUploads, listParts } from './list-uploads.ts';
import { listObjectVersions } from './list-versions.ts';
import { abortMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from './multipart.ts';
import { putObject } from './put-object.ts';
import type { S3Request } from './request.ts';
import type { Storage } from './storage.ts';
import { getObjectTagging, putObjectTagging } from './tagging.ts';

export interface Operation {
  /** As CloudTrail spells it. */
  readonly eventName: string;
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** Query parameters that must be there; `name=value` fixes the value. */
  readonly needs: readonly string[];
  /** Others that may be. */
  readonly takes: readonly string[];
  /** Whether x-amz-copy-source must be, or must not be, among the headers. */
  readonly copies: boolean;
  readonly run: (request: S3Request, storage: Storage) => Reply | Promise<Reply>;
}

const row = (
  eventName: string,
  method: string,
  on: Operation['on'],
  run: Operation['run'],
  query: {
    readonly needs?: readonly string[];
    readonly takes?: readonly string[];
    readonly copies?: boolean;
  } = {},
): Operation => ({
  eventName,
  method,
  on,
  run,
  needs: query.needs ?? [],
  takes: query.takes ?? [],
  copies: query.copies ?? false,
});

const LISTING = ['prefix', 'delimiter', 'encoding-type'];

const OPERATIONS: readonly Operation[] = [
  row('HeadBucket', 'HEAD', 'bucket', headBucket),
  row('GetBucketLocation', 'GET', 'bucket', getBucketLocation, { needs: ['location'] }),
  row('GetBucketVersioning', 'GET', 'bucket', getBucketVersioning, { needs: ['versioning'] }),
  row('GetBucketEncryption', 'GET', 'bucket', getBucketEncryption, { needs: ['encryption'] }),
  row('GetBucketLifecycle', 'GET', 'bucket', getBucketLifecycle, { needs: ['lifecycle'] }),
  row('ListObjects', 'GET', 'bucket', listObjects, { takes: [...LISTING, 'marker', 'max-keys'] }),
  row('ListObjects', 'GET', 'bucket', listObjectsV2, {
    needs: ['list-type=2'],
    takes: [...LISTING, 'max-keys', 'continuation-token', 'start-after', 'fetch-owner'],
  }),
  row('ListObjectVersions', 'GET', 'bucket', listObjectVersions, {
    needs: ['versions'],
    takes: [...LISTING, 'max-keys', 'key-marker', 'version-id-marker'],
  }),
  row('ListMultipartUploads', 'GET', 'bucket', listMultipartUploads, {
    needs: ['uploads'],
    takes: [...LISTING, 'max-uploads', 'key-marker', 'upload-id-marker'],
  }),
  row('DeleteObjects', 'POST', 'bucket', deleteObjects, { needs: ['delete'] }),
  row('GetObject', 'GET', 'object', getObject, { takes: ['versionId', ...OVERRIDE_PARAMETERS] }),
  row('HeadObject', 'HEAD', 'object', headObject, { takes: ['versionId', ...OVERRIDE_PARAMETERS] }),
  row('PutObject', 'PUT', 'object', putObject),
  row('CopyObject', 'PUT', 'object', copyObject, { copies: true }),
  row('DeleteObject', 'DELETE', 'object', deleteObject, { takes: ['versionId'] }),
  row('GetObjectTagging', 'GET', 'object', getObjectTagging, { needs: ['tagging'], takes: ['versionId'] }),
  row('PutObjectTagging', 'PUT', 'object', putObjectTagging, { needs: ['tagging'], takes: ['versionId'] }),
  row('CreateMultipartUpload', 'POST', 'object', createMultipartUpload, { needs: ['uploads'] }),
  row('UploadPart', 'PUT', 'object', uploadPart, { needs: ['uploadId', 'partNumber'] }),
  row('UploadPartCopy', 'PUT', 'object', uploadPartCopy, { needs: ['uploadId', 'partNumber'], copies: true }),
  row('CompleteMultipartUpload', 'POST', 'object', completeMultipartUpload, { needs: ['uploadId'] }),
  row('AbortMultipartUpload', 'DELETE', 'object', abortMultipartUpload, { needs: ['uploadId'] }),
  row('ListParts', 'GET', 'object', listParts, {
    needs: ['uploadId'],
    takes: ['max-parts', 'part-number-marker'],
  }),
];

/** Parameters of the signature and of the SDKs themselves (`x-id` names the operation), and hoisted headers. */
export const isOfAnyRequest = (name: string): boolean => name === 'x-id' || /^x-amz-/i.test(name);

export function operationFor(
  method: string,
  on: Operation['on'],
  query: URLSearchParams,
  copies: boolean,
): Operation | undefined {
  const sent = [...query.keys()].filter((name) => !isOfAnyRequest(name));
  return OPERATIONS.filter(
    (operation) =>
      operation.method === method &&
      operation.on === on &&
      operation.copies === copies &&
      operation.needs.every((need) => isSent(query, need)) &&
      sent.every(
        (name) => operation.takes.includes(name) || operation.needs.some((need) => nameOf(need) === name),
      ),
  ).toSorted((a, b) => b.needs.length - a.needs.length)[0];
}

const nameOf = (need: string): string => need.split('=')[0] ?? '';

function isSent(query: URLSearchParams, need: string): boolean {
  const [name = '', value] = need.split('=');
  return value === undefined ? query.has(name) : query.get(name) === value;
}
