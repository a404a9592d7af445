/** Multipart uploads: begun, filled part by part, listed, given up. Completing them is in complete-upload.ts. */
import type { Reply } from '../service.ts';
import { objectArn, writeConditionKeys } from './access.ts';
import type { OpenUpload } from './catalogue.ts';
import { checksumHeader, isChecksumName, isCrc } from './checksums.ts';
import type { ChecksumName, ChecksumType } from './checksums.ts';
import { findSource, readSource } from './copy-source.ts';
import { askedEncryption, describedBy } from './described.ts';
import { refusal } from './errors.ts';
import { askedRange } from './get-object.ts';
import { xmlReply } from './list-objects.ts';
import { encryptionHeaders, quoted } from './object-headers.ts';
import { requireWrite } from './put-object.ts';
import { receiveToDisk } from './receive.ts';
import { integerParameter } from './request.ts';
import type { S3Request } from './request.ts';
import { newEtag, newRecordId } from './storage.ts';
import type { Storage } from './storage.ts';
import type { Part } from './stored.ts';
import { element } from './xml.ts';

const PART_NUMBERS = { least: 1, most: 10_000 };

export async function createMultipartUpload(request: S3Request, storage: Storage): Promise<Reply> {
  const { bucket, key, headers, access } = request;
  const described = describedBy(headers);
  requireWrite(request, described, { onlyNew: false, replaces: undefined });
  const form = checksumForm(headers);
  const asked = askedEncryption(headers, bucket);
  const { encryption } = await storage.dataKeys.create(access.principal, bucket, key, asked);
  const upload = {
    uploadId: newRecordId(),
    key,
    initiated: storage.clock.now().toISOString(),
    initiator: access.principal.arn,
    described,
    encryption,
    ...form,
  };
  storage.catalogue(bucket).beginUpload(upload);
  const reply = xmlReply('InitiateMultipartUploadResult', [
    element('Bucket', bucket.name),
    element('Key', key),
    element('UploadId', upload.uploadId),
  ]);
  const algorithm: Record<string, string> = form.checksumAsked
    ? { 'x-amz-checksum-algorithm': form.checksumName, 'x-amz-checksum-type': form.checksumType }
    : {};
  return { ...reply, headers: { ...reply.headers, ...encryptionHeaders(encryption), ...algorithm } };
}

interface ChecksumForm {
  readonly checksumName: ChecksumName;
  readonly checksumType: ChecksumType;
  readonly checksumAsked: boolean;
}

/** S3's own choice is CRC64NVME of the whole object, and CRC64NVME knows no other form; the SHAs cannot be joined. */
function checksumForm(headers: S3Request['headers']): ChecksumForm {
  const name = headers['x-amz-checksum-algorithm']?.toUpperCase();
  if (name === undefined)
    return { checksumName: 'CRC64NVME', checksumType: 'FULL_OBJECT', checksumAsked: false };
  if (!isChecksumName(name)) throw refusal('InvalidRequest', 'Checksum algorithm provided is unsupported.');
  const usual: ChecksumType = name === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
  const type = headers['x-amz-checksum-type']?.toUpperCase() ?? usual;
  const possible = type === 'FULL_OBJECT' ? isCrc(name) : type === 'COMPOSITE' && name !== 'CRC64NVME';
  if (!possible || (type !== 'FULL_OBJECT' && type !== 'COMPOSITE')) {
    throw refusal(
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${name.toLowerCase()} checksum algorithm.`,
    );
  }
  return { checksumName: name, checksumType: type, checksumAsked: true };
}

export async function uploadPart(request: S3Request, storage: Storage): Promise<Reply> {
  const { access, bucket, key } = request;
  access.require('s3:PutObject', objectArn(bucket, key), {
    ...writeConditionKeys(request.headers, {}),
    's3:ObjectCreationOperation': 'false',
  });
  const { part, open } = await receivePart(request, storage);
  return {
    status: 200,
    headers: {
      etag: quoted(part.etag),
      [checksumHeader(part.checksum.name)]: part.checksum.value,
      ...encryptionHeaders(open.upload.encryption),
    },
  };
}

export async function uploadPartCopy(request: S3Request, storage: Storage): Promise<Reply> {
  const { access, bucket, key, headers } = request;
  const source = findSource(request, storage);
  access.require('s3:PutObject', objectArn(bucket, key), {
    ...writeConditionKeys(headers, {}),
    's3:ObjectCreationOperation': 'false',
  });
  const { size } = source.version.content;
  const asked = headers['x-amz-copy-source-range'];
  const range = asked === undefined ? { start: 0, end: size } : askedRange(asked, size);
  if (range === undefined)
    throw refusal(
      'InvalidArgument',
      'The x-amz-copy-source-range value must be of the form bytes=first-last',
    );
  const body = await readSource(request, storage, source, range);
  const length = String(range.end - range.start);
  const { part, open } = await receivePart(
    { ...request, headers: { 'content-length': length }, body },
    storage,
  );
  const reply = xmlReply('CopyPartResult', [
    element('LastModified', part.lastModified),
    element('ETag', quoted(part.etag)),
    element(`Checksum${part.checksum.name}`, part.checksum.value),
  ]);
  return { ...reply, headers: { ...reply.headers, ...encryptionHeaders(open.upload.encryption) } };
}

async function receivePart(
  request: S3Request,
  storage: Storage,
): Promise<{ readonly part: Part; readonly open: OpenUpload }> {
  const { bucket, key, query, access } = request;
  const number = integerParameter(query, 'partNumber', 0, PART_NUMBERS);
  const open = openUpload(request, storage);
  const { upload } = open;
  const dataKey = await storage.dataKeys.open(access.principal, upload.encryption);
  const catalogue = storage.catalogue(bucket);
  const frameKey = { dataKey, boundTo: objectArn(bucket, key) };
  const received = await receiveToDisk(request, catalogue, frameKey, upload.checksumName);
  const part: Part = {
    number,
    etag: newEtag(upload.encryption.algorithm, received.md5),
    size: received.size,
    file: received.file,
    lastModified: storage.clock.now().toISOString(),
    checksum: received.checksum,
  };
  const problem =
    catalogue.upload(upload.uploadId) === undefined
      ? refusal('NoSuchUpload', undefined, { UploadId: upload.uploadId })
      : wrongChecksum(open, received.checksumStated, part);
  if (problem !== undefined) {
    catalogue.removeBody(received.file);
    throw problem;
  }
  catalogue.addPart(open, part);
  return { part, open };
}

/** A part's checksum must be of the kind the upload began with; where S3 chose the kind, any may verify the part. */
function wrongChecksum(open: OpenUpload, stated: boolean, part: Part): Error | undefined {
  const { checksumName, checksumAsked } = open.upload;
  if (!stated || !checksumAsked || part.checksum.name === checksumName) return undefined;
  return refusal(
    'InvalidRequest',
    `Checksum Type mismatch occurred, expected checksum Type: ${checksumName.toLowerCase()}, actual checksum Type: ${part.checksum.name.toLowerCase()}`,
  );
}

/** The upload a request names, which must be of that key. */
export function openUpload(request: S3Request, storage: Storage): OpenUpload {
  const uploadId = request.query.get('uploadId') ?? '';
  const open = storage.catalogue(request.bucket).upload(uploadId);
  if (open?.upload.key !== request.key) throw refusal('NoSuchUpload', undefined, { UploadId: uploadId });
  return open;
}

export function abortMultipartUpload(request: S3Request, storage: Storage): Reply {
  request.access.require('s3:AbortMultipartUpload', objectArn(request.bucket, request.key));
  storage.catalogue(request.bucket).endUpload(openUpload(request, storage), []);
  return { status: 204 };
}
