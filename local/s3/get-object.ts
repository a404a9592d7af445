/** GetObject and HeadObject: authorised, decrypted for the caller, whole or in a range, never held in memory. */
import type { Reply } from '../service.ts';
import { objectArn } from './access.ts';
import type { Bucket } from './buckets.ts';
import type { BucketCatalogue } from './catalogue.ts';
import { requireReadable } from './conditions.ts';
import { refusal } from './errors.ts';
import { GET, findVersion } from './find-version.ts';
import { readFrames } from './frames.ts';
import type { FrameKey, PlainRange } from './frames.ts';
import { checksumHeaders, describingHeaders } from './object-headers.ts';
import type { S3Request } from './request.ts';
import type { Storage } from './storage.ts';
import type { ObjectVersion } from './stored.ts';

/** Query parameters that replace a response header. */
const OVERRIDES: Readonly<Record<string, string>> = {
  'response-content-type': 'content-type',
  'response-content-language': 'content-language',
  'response-expires': 'expires',
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
};
export const OVERRIDE_PARAMETERS = Object.keys(OVERRIDES);

export async function getObject(request: S3Request, storage: Storage): Promise<Reply> {
  const version = readable(request, storage);
  const dataKey = await storage.dataKeys.open(request.access.principal, version.content.encryption);
  const range = askedRange(request.headers['range'], version.content.size);
  const answer = describeAnswer(request, version, range);
  const whole = { start: 0, end: version.content.size };
  return {
    ...answer,
    body: readBody(storage.catalogue(request.bucket), request.bucket, version, dataKey, range ?? whole),
  };
}

/** HEAD tells nothing of the content, so AWS asks for the key only where the checksum is wanted. */
export async function headObject(request: S3Request, storage: Storage): Promise<Reply> {
  const version = readable(request, storage);
  if (wantsChecksum(request))
    await storage.dataKeys.open(request.access.principal, version.content.encryption);
  return describeAnswer(request, version, askedRange(request.headers['range'], version.content.size));
}

function readable(request: S3Request, storage: Storage): ObjectVersion {
  const { bucket, key, query } = request;
  const version = findVersion(
    storage,
    request.access,
    { bucket, key, versionId: query.get('versionId') },
    GET,
  );
  requireReadable(request.headers, version);
  return version;
}

const wantsChecksum = (request: S3Request): boolean =>
  request.headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED';

function describeAnswer(request: S3Request, version: ObjectVersion, range: PlainRange | undefined): Reply {
  const { size } = version.content;
  const overrides = Object.entries(OVERRIDES).flatMap(([parameter, header]) => {
    const value = request.query.get(parameter);
    return value === null ? [] : [[header, value] as const];
  });
  const headers = {
    ...describingHeaders(request.bucket, version),
    ...Object.fromEntries(overrides),
    // A checksum of the whole says nothing of a part, and clients would compare it all the same.
    ...(wantsChecksum(request) && range === undefined ? checksumHeaders(version) : {}),
    'content-length': String(range === undefined ? size : range.end - range.start),
  };
  if (range === undefined) return { status: 200, headers };
  const contentRange = `bytes ${String(range.start)}-${String(range.end - 1)}/${String(size)}`;
  return { status: 206, headers: { ...headers, 'content-range': contentRange } };
}

/** One range, or the whole where the header is not one: S3 serves no multiple ranges and ignores what it cannot read. */
export function askedRange(header: string | undefined, size: number): PlainRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start >= size || (first === '' && Number(last) === 0)) {
    throw refusal('InvalidRange', undefined, {
      RangeRequested: header ?? '',
      ActualObjectSize: String(size),
    });
  }
  return { start, end };
}

/** The plain bytes of a range, part after part. The files stay on disk until the reader is done or has gone. */
export function readBody(
  catalogue: BucketCatalogue,
  bucket: Bucket,
  version: ObjectVersion,
  dataKey: Uint8Array,
  range: PlainRange,
): AsyncIterable<Uint8Array> {
  // Held from now, not from the first read: a delete may come before it.
  const release = catalogue.holdBodies(version.content.segments);
  return readSegments(
    catalogue,
    { dataKey, boundTo: objectArn(bucket, version.key) },
    version,
    range,
    release,
  );
}

async function* readSegments(
  catalogue: BucketCatalogue,
  key: FrameKey,
  version: ObjectVersion,
  range: PlainRange,
  release: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    let offset = 0;
    for (const segment of version.content.segments) {
      const inside = {
        start: Math.max(0, range.start - offset),
        end: Math.min(segment.size, range.end - offset),
      };
      offset += segment.size;
      if (inside.start < inside.end)
        yield* readFrames(catalogue.bodyPath(segment.file), key, segment.size, inside);
    }
  } finally {
    release();
  }
}
