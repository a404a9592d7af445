/** Which version a request means, told to those only who may know that it is or is not there. */
import { existingTagKeys, objectArn } from './access.ts';
import type { Access, S3Action } from './access.ts';
import type { Bucket } from './buckets.ts';
import { HeadedRefusal, refusal } from './errors.ts';
import type { Storage } from './storage.ts';
import { hasContent } from './stored.ts';
import type { ObjectVersion, Version } from './stored.ts';

export interface Wanted {
  readonly bucket: Bucket;
  readonly key: string;
  /** Null for the current one. */
  readonly versionId: string | null;
}

/** Actions on an object are named apart for its current version and for a stated one. */
export interface ActionPair {
  readonly current: S3Action;
  readonly version: S3Action;
}
export const GET: ActionPair = { current: 's3:GetObject', version: 's3:GetObjectVersion' };

/** The version, its action allowed; a missing object is 404 for those who may list, 403 for the rest, as on AWS. */
export function findVersion(
  storage: Storage,
  access: Access,
  wanted: Wanted,
  actions: ActionPair,
): ObjectVersion {
  const { bucket, key, versionId } = wanted;
  const found = lookUp(storage, wanted);
  const conditions = {
    ...existingTagKeys(found),
    ...(versionId === null ? {} : { 's3:VersionId': versionId }),
  };
  access.require(versionId === null ? actions.current : actions.version, objectArn(bucket, key), conditions);
  if (hasContent(found)) return found;
  if (!mayKnow(access, wanted)) throw refusal('AccessDenied');
  if (found === undefined) {
    throw versionId === null
      ? refusal('NoSuchKey', undefined, { Key: key })
      : refusal('NoSuchVersion', undefined, { Key: key, VersionId: versionId });
  }
  const marker = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': found.versionId };
  if (versionId === null) throw new HeadedRefusal('NoSuchKey', marker, { Key: key });
  throw new HeadedRefusal(
    'MethodNotAllowed',
    { ...marker, allow: 'DELETE' },
    { ResourceType: 'DeleteMarker' },
  );
}

export function lookUp(storage: Storage, wanted: Wanted): Version | undefined {
  const catalogue = storage.catalogue(wanted.bucket);
  if (wanted.versionId === null) return catalogue.current(wanted.key);
  return catalogue.versions(wanted.key).find((version) => version.versionId === wanted.versionId);
}

/** A read has no s3:prefix, so a right to list that depends on one does not count here, and the answer stays 403. */
const mayKnow = (access: Access, wanted: Wanted): boolean =>
  access.allows(wanted.versionId === null ? 's3:ListBucket' : 's3:ListBucketVersions', wanted.bucket.arn);
