/** CopyObject: read as the caller, written as the caller, encrypted anew under the destination's key. */
import type { Reply } from '../service.ts';
import { objectArn } from './access.ts';
import { CHECKSUM_NAMES, isChecksumName } from './checksums.ts';
import type { ChecksumName } from './checksums.ts';
import { guardWrite, writeConditions } from './conditions.ts';
import { findSource, readSource, requireSourceTags } from './copy-source.ts';
import type { CopySource } from './copy-source.ts';
import { askedEncryption, keptHeaders, metadataOf, tagsOf } from './described.ts';
import { refusal } from './errors.ts';
import { quoted } from './object-headers.ts';
import { commitObject, requireWrite, writtenHeaders } from './put-object.ts';
import { receiveToDisk } from './receive.ts';
import type { S3Request } from './request.ts';
import { newEtag } from './storage.ts';
import type { Storage } from './storage.ts';
import type { Described, ObjectVersion } from './stored.ts';
import { element, root } from './xml.ts';

export async function copyObject(request: S3Request, storage: Storage): Promise<Reply> {
  const { bucket, key, headers } = request;
  const source = findSource(request, storage);
  const described = describedCopy(request, source);
  if (directive(request, 'x-amz-tagging-directive') === 'COPY' && Object.keys(described.tags).length > 0) {
    requireSourceTags(request, source);
  }
  const conditions = writeConditions(headers);
  requireWrite(request, described, conditions);
  refuseIdleCopy(request, source);
  const confirm = guardWrite(storage.catalogue(bucket), key, conditions);
  const version = await writeCopy(request, storage, source, described, confirm);
  return {
    status: 200,
    headers: {
      ...writtenHeaders(request, version),
      'content-type': 'application/xml',
      ...(source.version.versionId === 'null'
        ? {}
        : { 'x-amz-copy-source-version-id': source.version.versionId }),
    },
    body: root('CopyObjectResult', [
      element('LastModified', version.lastModified),
      element('ETag', quoted(version.content.etag)),
      element(`Checksum${version.content.checksum.name}`, version.content.checksum.value),
      element('ChecksumType', version.content.checksum.type),
    ]),
  };
}

async function writeCopy(
  request: S3Request,
  storage: Storage,
  source: CopySource,
  described: Described,
  confirm: () => void,
): Promise<ObjectVersion> {
  const { bucket, key, headers, access } = request;
  const { size } = source.version.content;
  const body = await readSource(request, storage, source, { start: 0, end: size });
  const asked = askedEncryption(headers, bucket);
  const { encryption, dataKey } = await storage.dataKeys.create(access.principal, bucket, key, asked);
  const received = await receiveToDisk(
    { ...request, headers: { 'content-length': String(size) }, body },
    storage.catalogue(bucket),
    { dataKey, boundTo: objectArn(bucket, key) },
    copiedChecksum(headers, source),
  );
  return commitObject(request, storage, confirm, {
    size,
    etag: newEtag(encryption.algorithm, received.md5),
    segments: [{ file: received.file, size }],
    described,
    encryption,
    checksum: received.checksum,
    uploadId: null,
  });
}

/** The one asked for, or the source's, computed anew for the whole. */
function copiedChecksum(headers: S3Request['headers'], source: CopySource): ChecksumName {
  const asked = headers['x-amz-checksum-algorithm']?.toUpperCase();
  if (asked === undefined) return source.version.content.checksum.name;
  if (!isChecksumName(asked)) {
    throw refusal(
      'InvalidRequest',
      `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${CHECKSUM_NAMES.join(', ')}]`,
    );
  }
  return asked;
}

function describedCopy(request: S3Request, source: CopySource): Described {
  const original = source.version.content.described;
  const fresh = directive(request, 'x-amz-metadata-directive') === 'REPLACE';
  const freshTags = directive(request, 'x-amz-tagging-directive') === 'REPLACE';
  return {
    headers: fresh ? keptHeaders(request.headers) : original.headers,
    metadata: fresh ? metadataOf(request.headers) : original.metadata,
    tags: freshTags ? tagsOf(request.headers['x-amz-tagging']) : original.tags,
  };
}

function directive(request: S3Request, name: string): 'COPY' | 'REPLACE' {
  const value = request.headers[name] ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value;
  throw refusal('InvalidArgument', 'Unknown directive.', { ArgumentName: name, ArgumentValue: value });
}

function refuseIdleCopy(request: S3Request, source: CopySource): void {
  const { wanted } = source;
  const itself = wanted.bucket.name === request.bucket.name && wanted.key === request.key;
  const changes =
    wanted.versionId !== null ||
    directive(request, 'x-amz-metadata-directive') === 'REPLACE' ||
    request.headers['x-amz-server-side-encryption'] !== undefined ||
    request.headers['x-amz-storage-class'] !== undefined;
  if (!itself || changes) return;
  throw refusal(
    'InvalidRequest',
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}
