/** ListParts and ListMultipartUploads. */
import type { Reply } from '../service.ts';
import { objectArn } from './access.ts';
import { compareKeys } from './key-order.ts';
import { keySpelling, takePage } from './listing.ts';
import { listConditions, ownerXml, prefixesXml, xmlReply } from './list-objects.ts';
import { openUpload } from './multipart.ts';
import { quoted } from './object-headers.ts';
import { integerParameter } from './request.ts';
import type { S3Request } from './request.ts';
import type { Storage } from './storage.ts';
import type { Upload } from './stored.ts';
import { element, wrap } from './xml.ts';

const PAGE = { least: 0, most: 2 ** 31 - 1 };

export function listParts(request: S3Request, storage: Storage): Reply {
  const { bucket, key, query } = request;
  request.access.require('s3:ListMultipartUploadParts', objectArn(bucket, key));
  const open = openUpload(request, storage);
  const maxParts = Math.min(integerParameter(query, 'max-parts', 1000, PAGE), 1000);
  const marker = integerParameter(query, 'part-number-marker', 0, PAGE);
  const after = [...open.parts.values()]
    .filter((part) => part.number > marker)
    .toSorted((a, b) => a.number - b.number);
  const shown = after.slice(0, maxParts);
  const last = shown.at(-1);
  return xmlReply('ListPartsResult', [
    element('Bucket', bucket.name),
    element('Key', key),
    element('UploadId', open.upload.uploadId),
    initiatorXml(open.upload),
    ownerXml(request),
    element('StorageClass', 'STANDARD'),
    element('PartNumberMarker', marker),
    ...(last === undefined ? [] : [element('NextPartNumberMarker', last.number)]),
    element('MaxParts', maxParts),
    element('IsTruncated', after.length > shown.length && maxParts > 0),
    ...(open.upload.checksumAsked
      ? [
          element('ChecksumAlgorithm', open.upload.checksumName),
          element('ChecksumType', open.upload.checksumType),
        ]
      : []),
    ...shown.map((part) =>
      wrap('Part', [
        element('PartNumber', part.number),
        element('LastModified', part.lastModified),
        element('ETag', quoted(part.etag)),
        element('Size', part.size),
        element(`Checksum${part.checksum.name}`, part.checksum.value),
      ]),
    ),
  ]);
}

export function listMultipartUploads(request: S3Request, storage: Storage): Reply {
  const { bucket, query } = request;
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  request.access.require('s3:ListBucketMultipartUploads', bucket.arn, listConditions(query));
  const maxUploads = Math.min(integerParameter(query, 'max-uploads', 1000, PAGE), 1000);
  const [keyMarker, idMarker] = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''];
  const spell = keySpelling(query.get('encoding-type'));
  const uploads = storage
    .catalogue(bucket)
    .uploads()
    .map((open) => open.upload)
    .toSorted((a, b) => compareKeys(a.key, b.key) || compareKeys(a.uploadId, b.uploadId))
    .filter((upload) => isAfter(upload, keyMarker, idMarker));
  const page = takePage(uploads, { prefix, delimiter, maxKeys: maxUploads, afterPrefix: keyMarker });
  const last = page.rows.at(-1);
  return xmlReply('ListMultipartUploadsResult', [
    element('Bucket', bucket.name),
    element('KeyMarker', spell(keyMarker)),
    element('UploadIdMarker', idMarker),
    ...(page.truncated && last?.kind === 'entry'
      ? [element('NextKeyMarker', spell(last.entry.key)), element('NextUploadIdMarker', last.entry.uploadId)]
      : []),
    ...(page.truncated && last?.kind === 'prefix' ? [element('NextKeyMarker', spell(last.prefix))] : []),
    element('Prefix', spell(prefix)),
    ...(delimiter === '' ? [] : [element('Delimiter', spell(delimiter))]),
    ...(query.has('encoding-type') ? [element('EncodingType', 'url')] : []),
    element('MaxUploads', maxUploads),
    element('IsTruncated', page.truncated),
    ...page.rows.flatMap((row) => (row.kind === 'entry' ? [uploadXml(row.entry, spell, request)] : [])),
    ...prefixesXml(page, spell),
  ]);
}

function isAfter(upload: Upload, keyMarker: string, idMarker: string): boolean {
  const order = compareKeys(upload.key, keyMarker);
  return order > 0 || (order === 0 && idMarker !== '' && upload.uploadId > idMarker);
}

const uploadXml = (upload: Upload, spell: (key: string) => string, request: S3Request): string =>
  wrap('Upload', [
    element('Key', spell(upload.key)),
    element('UploadId', upload.uploadId),
    initiatorXml(upload),
    ownerXml(request),
    element('StorageClass', 'STANDARD'),
    element('Initiated', upload.initiated),
  ]);

const initiatorXml = (upload: Upload): string => wrap('Initiator', [element('ID', upload.initiator)]);
