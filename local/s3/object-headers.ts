/** The response headers that describe a stored version. */
import { checksumHeader } from './checksums.ts';
import type { Bucket } from './buckets.ts';
import type { Encryption, ObjectVersion, Version } from './stored.ts';

type Headers = Readonly<Record<string, string>>;

export const quoted = (etag: string): string => `"${etag}"`;

export function encryptionHeaders(encryption: Encryption): Headers {
  if (encryption.algorithm === 'AES256') return { 'x-amz-server-side-encryption': 'AES256' };
  return {
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': encryption.keyArn,
    ...(encryption.bucketKey ? { 'x-amz-server-side-encryption-bucket-key-enabled': 'true' } : {}),
  };
}

/** Buckets that never had versions do not speak of them. */
export function versionHeaders(bucket: Bucket, version: Version): Headers {
  return bucket.versioning === 'Off' ? {} : { 'x-amz-version-id': version.versionId };
}

export function checksumHeaders(version: ObjectVersion): Headers {
  const { checksum } = version.content;
  return { [checksumHeader(checksum.name)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** What GET and HEAD say of an object, before ranges and overrides. */
export function describingHeaders(bucket: Bucket, version: ObjectVersion): Headers {
  const { content } = version;
  const metadata = Object.entries(content.described.metadata).map(
    ([name, value]) => [`x-amz-meta-${name}`, value] as const,
  );
  const tagCount = Object.keys(content.described.tags).length;
  return {
    ...content.described.headers,
    ...Object.fromEntries(metadata),
    'accept-ranges': 'bytes',
    etag: quoted(content.etag),
    'last-modified': new Date(version.lastModified).toUTCString(),
    ...encryptionHeaders(content.encryption),
    ...versionHeaders(bucket, version),
    ...(tagCount === 0 ? {} : { 'x-amz-tagging-count': String(tagCount) }),
  };
}
