/** CompleteMultipartUpload: the parts become one object without being copied. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Reply } from '../service.ts';
import { objectArn, writeConditionKeys } from './access.ts';
import type { OpenUpload } from './catalogue.ts';
import {
  CHECKSUM_NAMES,
  checksumHeader,
  compositeChecksum,
  isCrc,
  startChecksum,
  wholeChecksum,
} from './checksums.ts';
import type { Checksum } from './checksums.ts';
import { guardWrite, writeConditions } from './conditions.ts';
import { refusal } from './errors.ts';
import { readFrames } from './frames.ts';
import { xmlReply } from './list-objects.ts';
import { encryptionHeaders, quoted, versionHeaders } from './object-headers.ts';
import { openUpload } from './multipart.ts';
import { commitObject } from './put-object.ts';
import { receiveDocument } from './receive.ts';
import type { S3Request } from './request.ts';
import type { Storage } from './storage.ts';
import type { ObjectVersion, Part } from './stored.ts';
import { element } from './xml.ts';
import { parseXml } from './xml-body.ts';

/** Every part but the last (S3 user guide, "Amazon S3 multipart upload limits"). */
const SMALLEST_PART = 5 * 1024 ** 2;

const one = z.tuple([z.string()]).transform(([text]) => text);
const completeSchema = z.strictObject({
  CompleteMultipartUpload: z.tuple([
    z.strictObject({
      Part: z
        .array(
          z.strictObject({
            PartNumber: one.transform(Number).pipe(z.int().min(1).max(10_000)),
            ETag: one,
            ...Object.fromEntries(CHECKSUM_NAMES.map((name) => [`Checksum${name}`, one.optional()])),
          }),
        )
        .min(1)
        .max(10_000),
    }),
  ]),
});

interface NamedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksums: Readonly<Record<string, unknown>>;
}

export async function completeMultipartUpload(request: S3Request, storage: Storage): Promise<Reply> {
  const { access, bucket, key, headers } = request;
  const conditions = writeConditions(headers);
  access.require('s3:PutObject', objectArn(bucket, key), {
    ...writeConditionKeys(headers, {}),
    's3:ObjectCreationOperation': 'true',
  });
  if (conditions.replaces !== undefined) access.require('s3:GetObject', objectArn(bucket, key));
  const [document] = parseXml(await receiveDocument(request), completeSchema).CompleteMultipartUpload;
  const named = document.Part.map(({ PartNumber, ETag, ...checksums }) => ({
    number: PartNumber,
    etag: ETag.replace(/^"(.*)"$/, '$1'),
    checksums,
  }));
  const before = alreadyCompleted(request, storage);
  if (before !== undefined) return completedReply(request, before);
  const open = openUpload(request, storage);
  const confirm = guardWrite(storage.catalogue(bucket), key, conditions);
  const parts = chosenParts(open, named);
  const dataKey = await storage.dataKeys.open(access.principal, open.upload.encryption);
  const checksum = await objectChecksum(request, storage, open, parts, dataKey);
  requireStatedObject(headers, checksum, parts);
  const version = takeParts(request, storage, open, parts, checksum, confirm);
  return completedReply(request, version);
}

/** A client that did not hear the first answer asks again and must hear the same. */
function alreadyCompleted(request: S3Request, storage: Storage): ObjectVersion | undefined {
  const uploadId = request.query.get('uploadId');
  return storage
    .catalogue(request.bucket)
    .versions(request.key)
    .flatMap((version) => (version.content === null ? [] : [{ ...version, content: version.content }]))
    .find((version) => version.content.uploadId !== null && version.content.uploadId === uploadId);
}

function chosenParts(open: OpenUpload, named: readonly NamedPart[]): readonly Part[] {
  if (named.some((part, at) => at > 0 && part.number <= (named[at - 1]?.number ?? 0)))
    throw refusal('InvalidPartOrder');
  return named.map((wanted, at) => {
    const part = open.parts.get(wanted.number);
    if (part?.etag !== wanted.etag) {
      throw refusal('InvalidPart', undefined, {
        UploadId: open.upload.uploadId,
        PartNumber: String(wanted.number),
        ETag: wanted.etag,
      });
    }
    requirePartChecksum(open, wanted, part);
    if (at < named.length - 1 && part.size < SMALLEST_PART) {
      throw refusal('EntityTooSmall', undefined, {
        ProposedSize: String(part.size),
        MinSizeAllowed: String(SMALLEST_PART),
        PartNumber: String(part.number),
      });
    }
    return part;
  });
}

function requirePartChecksum(open: OpenUpload, wanted: NamedPart, part: Part): void {
  const { checksumName, checksumType, checksumAsked } = open.upload;
  const stated = Object.entries(wanted.checksums).filter(([, value]) => value !== undefined);
  for (const [name, value] of stated) {
    if (name !== `Checksum${part.checksum.name}` || value !== part.checksum.value) {
      throw refusal('InvalidPart', undefined, { PartNumber: String(part.number) });
    }
  }
  if (checksumAsked && checksumType === 'COMPOSITE' && stated.length === 0) {
    const kind = checksumName.toLowerCase();
    throw refusal(
      'InvalidRequest',
      `The upload was created using a ${kind} checksum. The complete request must include the checksum for each part. It was missing for part ${String(part.number)} in the request.`,
    );
  }
}

/** Joined from the parts' checksums where they are of one kind; else the bytes are read once more. */
async function objectChecksum(
  request: S3Request,
  storage: Storage,
  open: OpenUpload,
  parts: readonly Part[],
  dataKey: Uint8Array,
): Promise<Checksum> {
  const { checksumName, checksumType } = open.upload;
  const sameKind = parts.every((part) => part.checksum.name === checksumName);
  const sums = parts.map((part) => ({ value: part.checksum.value, size: part.size }));
  if (sameKind && checksumType === 'COMPOSITE') return compositeChecksum(checksumName, sums);
  if (sameKind && isCrc(checksumName)) return wholeChecksum(checksumName, sums);
  const running = startChecksum(checksumName);
  const key = { dataKey, boundTo: objectArn(request.bucket, request.key) };
  for (const part of parts) {
    const path = storage.catalogue(request.bucket).bodyPath(part.file);
    for await (const bytes of readFrames(path, key, part.size, { start: 0, end: part.size }))
      running.update(bytes);
  }
  return { name: checksumName, value: running.base64(), type: 'FULL_OBJECT' };
}

/** What the request may state about the whole: its size and, for whole-object checksums, the checksum. */
function requireStatedObject(
  headers: S3Request['headers'],
  checksum: Checksum,
  parts: readonly Part[],
): void {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const statedSize = headers['x-amz-mp-object-size'];
  if (statedSize !== undefined && Number(statedSize) !== size) {
    throw refusal(
      'InvalidRequest',
      `The provided 'x-amz-mp-object-size' header value ${statedSize} does not match what was computed: ${String(size)}`,
    );
  }
  const type = headers['x-amz-checksum-type'];
  if (type !== undefined && type !== checksum.type) {
    throw refusal('InvalidRequest', 'The upload was created with another checksum type.');
  }
  if (checksum.type === 'COMPOSITE') return;
  const stated = headers[checksumHeader(checksum.name)];
  if (stated !== undefined && stated !== checksum.value) throw refusal('BadDigest');
}

function takeParts(
  request: S3Request,
  storage: Storage,
  open: OpenUpload,
  parts: readonly Part[],
  checksum: Checksum,
  confirm: () => void,
): ObjectVersion {
  const { upload } = open;
  const catalogue = storage.catalogue(request.bucket);
  const segments = parts.map((part) => ({ file: part.file, size: part.size }));
  const digest = createHash('md5');
  for (const part of parts) digest.update(Buffer.from(part.etag, 'hex'));
  const guarded = (): void => {
    confirm();
    // Aborted, or a part replaced, while this request waited: the bodies it names are no longer these.
    const intact = parts.every(
      (part) => catalogue.upload(upload.uploadId)?.parts.get(part.number)?.file === part.file,
    );
    if (!intact) throw refusal('NoSuchUpload', undefined, { UploadId: upload.uploadId });
  };
  guarded();
  const version = commitObject(request, storage, guarded, {
    size: parts.reduce((sum, part) => sum + part.size, 0),
    etag: `${digest.digest('hex')}-${String(parts.length)}`,
    segments,
    described: upload.described,
    encryption: upload.encryption,
    checksum,
    uploadId: upload.uploadId,
  });
  catalogue.endUpload(open, segments);
  return version;
}

function completedReply(request: S3Request, version: ObjectVersion): Reply {
  const { bucket, key } = request;
  const { content } = version;
  const reply = xmlReply('CompleteMultipartUploadResult', [
    element('Location', `/${bucket.name}/${key}`),
    element('Bucket', bucket.name),
    element('Key', key),
    element('ETag', quoted(content.etag)),
    element(`Checksum${content.checksum.name}`, content.checksum.value),
    element('ChecksumType', content.checksum.type),
  ]);
  return {
    ...reply,
    headers: {
      ...reply.headers,
      ...encryptionHeaders(content.encryption),
      ...versionHeaders(bucket, version),
    },
  };
}
