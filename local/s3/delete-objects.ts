/** DeleteObject and DeleteObjects: a delete marker where versions are kept, the bytes where one is named. */
import { z } from 'zod';
import { ServiceError } from '../service.ts';
import type { Reply } from '../service.ts';
import { existingTagKeys, objectArn } from './access.ts';
import type { Bucket } from './buckets.ts';
import { refusal } from './errors.ts';
import { receiveDocument } from './receive.ts';
import type { S3Request } from './request.ts';
import { newRecordId, newVersionId } from './storage.ts';
import type { Storage } from './storage.ts';
import type { Version } from './stored.ts';
import { element, root, wrap } from './xml.ts';
import { parseXml } from './xml-body.ts';

export interface Deleted {
  /** The version that went, or the marker that came. */
  readonly versionId: string | null;
  readonly marker: boolean;
}

interface Doomed {
  readonly key: string;
  readonly versionId: string | null;
  /** If-Match: delete only what is still this. */
  readonly etag: string | undefined;
}

export function deleteObject(request: S3Request, storage: Storage): Reply {
  const etag = request.headers['if-match']?.replace(/^"(.*)"$/, '$1');
  const versionId = request.query.get('versionId');
  const deleted = deleteOne(request, storage, { key: request.key, versionId, etag });
  return {
    status: 204,
    headers: {
      ...(deleted.versionId === null ? {} : { 'x-amz-version-id': deleted.versionId }),
      ...(deleted.marker ? { 'x-amz-delete-marker': 'true' } : {}),
    },
  };
}

function deleteOne(request: S3Request, storage: Storage, doomed: Doomed): Deleted {
  const { bucket, access } = request;
  const catalogue = storage.catalogue(bucket);
  const arn = objectArn(bucket, doomed.key);
  const found =
    doomed.versionId === null
      ? catalogue.current(doomed.key)
      : catalogue.versions(doomed.key).find((version) => version.versionId === doomed.versionId);
  if (doomed.versionId === null) access.require('s3:DeleteObject', arn, existingTagKeys(found));
  else {
    access.require('s3:DeleteObjectVersion', arn, {
      ...existingTagKeys(found),
      's3:VersionId': doomed.versionId,
    });
  }
  if (doomed.etag !== undefined) requireEtag(found, doomed.etag);
  if (doomed.versionId !== null) {
    if (found !== undefined) catalogue.remove(found);
    return { versionId: doomed.versionId, marker: found?.content === null };
  }
  return deleteCurrent(storage, bucket, doomed.key);
}

/** What a delete without a version does; lifecycle expiry does the same. */
export function deleteCurrent(
  storage: Storage,
  bucket: Bucket,
  key: string,
  at: Date = storage.clock.now(),
): Deleted {
  const catalogue = storage.catalogue(bucket);
  const current = catalogue.current(key);
  if (bucket.versioning === 'Off') {
    if (current !== undefined) catalogue.remove(current);
    return { versionId: null, marker: false };
  }
  const marker = catalogue.add({
    id: newRecordId(),
    key,
    versionId: newVersionId(bucket),
    lastModified: at.toISOString(),
    content: null,
  });
  return { versionId: marker.versionId, marker: true };
}

function requireEtag(found: Version | undefined, etag: string): void {
  const content = found?.content ?? null;
  if (content === null) throw refusal('NoSuchKey');
  if (etag !== '*' && content.etag !== etag) {
    throw refusal('PreconditionFailed', undefined, { Condition: 'If-Match' });
  }
}

const one = z.tuple([z.string()]).transform(([text]) => text);
const deleteSchema = z.strictObject({
  Delete: z.tuple([
    z.strictObject({
      Object: z
        .array(z.strictObject({ Key: one, VersionId: one.optional(), ETag: one.optional() }))
        .min(1)
        .max(1000),
      Quiet: one.optional(),
    }),
  ]),
});

/** Every key is judged and answered for itself; nothing is deleted of a request that is not well-formed. */
export async function deleteObjects(request: S3Request, storage: Storage): Promise<Reply> {
  const { headers } = request;
  const verified = Object.keys(headers).some(
    (name) => name === 'content-md5' || name.startsWith('x-amz-checksum-'),
  );
  if (!verified && headers['x-amz-trailer'] === undefined) {
    throw refusal(
      'InvalidRequest',
      'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    );
  }
  const [document] = parseXml(await receiveDocument(request), deleteSchema).Delete;
  const quiet = document.Quiet === 'true';
  const answers = document.Object.map((entry) => {
    const named = [
      element('Key', entry.Key),
      ...(entry.VersionId === undefined ? [] : [element('VersionId', entry.VersionId)]),
    ];
    try {
      const deleted = deleteOne(request, storage, {
        key: entry.Key,
        versionId: entry.VersionId ?? null,
        etag: entry.ETag?.replace(/^"(.*)"$/, '$1'),
      });
      return quiet ? '' : wrap('Deleted', [...named, ...markerXml(deleted)]);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return wrap('Error', [...named, element('Code', error.code), element('Message', error.message)]);
    }
  });
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: root('DeleteResult', answers),
  };
}

function markerXml(deleted: Deleted): readonly string[] {
  if (!deleted.marker || deleted.versionId === null) return [];
  return [element('DeleteMarker', true), element('DeleteMarkerVersionId', deleted.versionId)];
}
