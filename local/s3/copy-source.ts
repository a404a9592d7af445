/** The source of a copy: named in a header, authorised and decrypted as the caller, its conditions judged. */
import { objectArn, requestTagKeys } from './access.ts';
import { requireCopyable } from './conditions.ts';
import { refusal } from './errors.ts';
import { GET, findVersion } from './find-version.ts';
import type { Wanted } from './find-version.ts';
import type { PlainRange } from './frames.ts';
import { readBody } from './get-object.ts';
import { LARGEST_PUT } from './receive.ts';
import type { S3Request } from './request.ts';
import type { Storage } from './storage.ts';
import type { ObjectVersion } from './stored.ts';

export interface CopySource {
  readonly wanted: Wanted;
  readonly version: ObjectVersion;
}

/** Finds the source if this caller may read it. */
export function findSource(request: S3Request, storage: Storage): CopySource {
  const wanted = sourceOf(request.headers['x-amz-copy-source'] ?? '', storage);
  const version = findVersion(storage, request.access, wanted, GET);
  requireCopyable(request.headers, version);
  return { wanted, version };
}

/** Reading the source's tags is a permission of its own, needed where they are copied. */
export function requireSourceTags(request: S3Request, source: CopySource): void {
  const action = source.wanted.versionId === null ? 's3:GetObjectTagging' : 's3:GetObjectVersionTagging';
  request.access.require(
    action,
    objectArn(source.wanted.bucket, source.wanted.key),
    requestTagKeys(source.version.content.described.tags),
  );
}

export async function readSource(
  request: S3Request,
  storage: Storage,
  source: CopySource,
  range: PlainRange,
): Promise<AsyncIterable<Uint8Array>> {
  if (range.end - range.start > LARGEST_PUT) {
    throw refusal(
      'InvalidRequest',
      'The specified copy source is larger than the maximum allowable size for a copy source',
    );
  }
  const dataKey = await storage.dataKeys.open(request.access.principal, source.version.content.encryption);
  const catalogue = storage.catalogue(source.wanted.bucket);
  return readBody(catalogue, source.wanted.bucket, source.version, dataKey, range);
}

/** `/bucket/key?versionId=…`, URL-encoded, the first slash optional. */
function sourceOf(header: string, storage: Storage): Wanted {
  const [path = '', versionId] = header.split(/\?versionId=/);
  const decoded = decode(path).replace(/^\//, '');
  const slash = decoded.indexOf('/');
  if (slash < 1 || slash === decoded.length - 1) {
    throw refusal(
      'InvalidArgument',
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      {
        ArgumentName: 'x-amz-copy-source',
        ArgumentValue: header,
      },
    );
  }
  const bucket = storage.buckets.get(decoded.slice(0, slash));
  if (bucket === undefined) throw refusal('NoSuchBucket', undefined, { BucketName: decoded.slice(0, slash) });
  return { bucket, key: decoded.slice(slash + 1), versionId: versionId ?? null };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw refusal('InvalidArgument', 'Invalid copy source encoding.');
  }
}
