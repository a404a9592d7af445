/** PutObject: the body goes to disk encrypted as it arrives, and becomes an object in one step at its end. */
import type { Reply } from '../service.ts';
import { objectArn, writeConditionKeys } from './access.ts';
import { guardWrite, writeConditions } from './conditions.ts';
import type { WriteConditions } from './conditions.ts';
import { askedEncryption, describedBy } from './described.ts';
import { checksumHeaders, encryptionHeaders, quoted, versionHeaders } from './object-headers.ts';
import { receiveToDisk } from './receive.ts';
import type { S3Request } from './request.ts';
import { newEtag, newRecordId, newVersionId } from './storage.ts';
import type { Storage } from './storage.ts';
import type { Content, Described, ObjectVersion } from './stored.ts';

export async function putObject(request: S3Request, storage: Storage): Promise<Reply> {
  const { bucket, key, headers } = request;
  const described = describedBy(headers);
  const conditions = writeConditions(headers);
  requireWrite(request, described, conditions);
  const catalogue = storage.catalogue(bucket);
  const confirm = guardWrite(catalogue, key, conditions);
  const { encryption, dataKey } = await storage.dataKeys.create(
    request.access.principal,
    bucket,
    key,
    askedEncryption(headers, bucket),
  );
  const received = await receiveToDisk(request, catalogue, { dataKey, boundTo: objectArn(bucket, key) });
  const version = commitObject(request, storage, confirm, {
    size: received.size,
    etag: newEtag(encryption.algorithm, received.md5),
    segments: [{ file: received.file, size: received.size }],
    described,
    encryption,
    checksum: received.checksum,
    uploadId: null,
  });
  return { status: 200, headers: writtenHeaders(request, version) };
}

/**
 * Tags in the request need their own permission, and If-Match reads the object's ETag, so AWS asks for s3:GetObject
 * as well (S3 user guide, "Prevent object overwrites with conditional writes").
 */
export function requireWrite(request: S3Request, described: Described, conditions: WriteConditions): void {
  const { access, bucket, key, headers } = request;
  const arn = objectArn(bucket, key);
  const keys = { ...writeConditionKeys(headers, described.tags), 's3:ObjectCreationOperation': 'true' };
  access.require('s3:PutObject', arn, keys);
  if (Object.keys(described.tags).length > 0) access.require('s3:PutObjectTagging', arn, keys);
  if (conditions.replaces !== undefined) access.require('s3:GetObject', arn);
}

/** The last step of every write: nothing awaits between the condition and the record, so nobody slips in between. */
export function commitObject(
  request: S3Request,
  storage: Storage,
  confirm: () => void,
  content: Content,
): ObjectVersion {
  const catalogue = storage.catalogue(request.bucket);
  try {
    confirm();
    const version = catalogue.add({
      id: newRecordId(),
      key: request.key,
      versionId: newVersionId(request.bucket),
      lastModified: storage.clock.now().toISOString(),
      content,
    });
    return { ...version, content };
  } catch (error) {
    for (const segment of content.segments) catalogue.removeBody(segment.file);
    throw error;
  }
}

export function writtenHeaders(request: S3Request, version: ObjectVersion): Readonly<Record<string, string>> {
  return {
    etag: quoted(version.content.etag),
    ...checksumHeaders(version),
    ...encryptionHeaders(version.content.encryption),
    ...versionHeaders(request.bucket, version),
  };
}
