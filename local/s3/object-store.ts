/** Objects as other services of the stand-in use them: as somebody, authorised and decrypted like any request. */
import type { ObjectStore, Principal } from '../service.ts';
import type { Access } from './access.ts';
import { refusal } from './errors.ts';
import { getObject } from './get-object.ts';
import { currentObjects } from './list-objects.ts';
import { putObject } from './put-object.ts';
import type { Recorded } from './recorder.ts';
import type { S3Request } from './request.ts';
import type { Storage } from './storage.ts';

export function objectStore(
  storage: Storage,
  accessOf: (principal: Principal) => Access,
  recorded: Recorded,
): ObjectStore {
  const requestFor = (as: Principal, bucketName: string, key: string, body?: Uint8Array): S3Request => {
    const bucket = storage.buckets.get(bucketName);
    if (bucket === undefined) throw refusal('NoSuchBucket', undefined, { BucketName: bucketName });
    return {
      bucket,
      key,
      query: new URLSearchParams(),
      headers: body === undefined ? {} : { 'content-length': String(body.length) },
      body: once(body ?? new Uint8Array()),
      trailing: () => undefined,
      access: accessOf(as),
    };
  };
  return {
    get(as, bucket, key) {
      return recorded({
        as,
        eventName: 'GetObject',
        resources: [`arn:aws:s3:::${bucket}/${key}`, `arn:aws:s3:::${bucket}`],
        async run() {
          const reply = await getObject(requestFor(as, bucket, key), storage);
          return { body: await whole(reply.body), etag: bare(reply.headers?.['etag']) };
        },
      });
    },
    put(as, bucket, key, body, contentType) {
      return recorded({
        as,
        eventName: 'PutObject',
        resources: [`arn:aws:s3:::${bucket}/${key}`, `arn:aws:s3:::${bucket}`],
        async run() {
          const request = requestFor(as, bucket, key, body);
          const typed: Record<string, string> =
            contentType === undefined ? {} : { 'content-type': contentType };
          const reply = await putObject({ ...request, headers: { ...request.headers, ...typed } }, storage);
          return { etag: bare(reply.headers?.['etag']) };
        },
      });
    },
    list(as, bucket, prefix) {
      return recorded({
        as,
        eventName: 'ListObjects',
        resources: [`arn:aws:s3:::${bucket}`],
        run() {
          const request = requestFor(as, bucket, '');
          request.access.require('s3:ListBucket', request.bucket.arn, { 's3:prefix': prefix });
          const found: { key: string; size: number }[] = [];
          for (const version of currentObjects(storage.catalogue(request.bucket), prefix, '')) {
            if (!version.key.startsWith(prefix)) break;
            found.push({ key: version.key, size: version.content.size });
          }
          return found;
        },
      });
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

async function whole(body: Uint8Array | string | AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array> {
  if (body === undefined || typeof body === 'string') return Buffer.from(body ?? '');
  if (body instanceof Uint8Array) return body;
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

const bare = (etag: string | undefined): string => (etag ?? '').replaceAll('"', '');
