/** Reading and writing objects: JSON with conditions, files to and from the function's own disk. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CopyObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { s3 } from './clients.ts';

export interface Found<T> {
  readonly value: T;
  readonly etag: string;
}

/** The parsed object, or null where there is none. The caller believes what its own zone holds. */
export async function getJson<T>(bucket: string, key: string): Promise<Found<T> | null> {
  const found = await getText(bucket, key);
  return found === null ? null : { value: JSON.parse(found.value) as T, etag: found.etag };
}

export async function getText(bucket: string, key: string): Promise<Found<string> | null> {
  try {
    const reply = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { value: (await reply.Body?.transformToString('utf8')) ?? '', etag: reply.ETag ?? '' };
  } catch (error) {
    if (error instanceof NoSuchKey) return null;
    throw error;
  }
}

export type WriteCondition = { readonly ifMatch: string } | { readonly ifNoneMatch: true } | 'always';

/** Writes one object; 'lost' when another writer was first (412, or 409 while two were racing). */
export async function putText(
  bucket: string,
  key: string,
  body: string,
  condition: WriteCondition,
  contentType = 'application/json',
): Promise<'written' | 'lost'> {
  try {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: contentType,
        ...(condition === 'always'
          ? {}
          : 'ifMatch' in condition
            ? { IfMatch: condition.ifMatch }
            : { IfNoneMatch: '*' }),
      }),
    );
    return 'written';
  } catch (error) {
    if (isLostRace(error)) return 'lost';
    throw error;
  }
}

export const putJson = (
  bucket: string,
  key: string,
  value: unknown,
  condition: WriteCondition,
): Promise<'written' | 'lost'> => putText(bucket, key, `${JSON.stringify(value)}\n`, condition);

/** Replaces a pointer read earlier (null: there was none). @throws Error to be retried when another writer won. */
export async function replacePointer(
  bucket: string,
  key: string,
  value: unknown,
  before: Found<unknown> | null,
): Promise<void> {
  const outcome = await putJson(
    bucket,
    key,
    value,
    before === null ? { ifNoneMatch: true } : { ifMatch: before.etag },
  );
  if (outcome === 'lost') throw new RetryableError('another writer replaced the pointer first');
}

/** Thrown for "try me again": the state machines retry it by name. */
export class RetryableError extends Error {
  override readonly name = 'Retryable';
}

const isLostRace = (error: unknown): boolean =>
  error instanceof S3ServiceException &&
  (error.$metadata.httpStatusCode === 412 || error.$metadata.httpStatusCode === 409);

/** Streams an object to a file of this function's own. */
export async function download(bucket: string, key: string, path: string, versionId?: string): Promise<void> {
  const reply = await s3.send(
    new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ...(versionId === undefined ? {} : { VersionId: versionId }),
    }),
  );
  if (!(reply.Body instanceof Readable)) throw new RetryableError('the object had no body to read');
  await mkdir(dirname(path), { recursive: true });
  await pipeline(reply.Body, createWriteStream(path, { mode: 0o600 }));
}

/** Streams a file to an object under a key that names its content, so that writing it twice changes nothing. */
export async function upload(
  path: string,
  bucket: string,
  key: string,
  contentType?: string,
): Promise<number> {
  const { size } = await stat(path);
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: createReadStream(path),
      ContentLength: size,
      ContentType: contentType ?? 'application/vnd.apache.parquet',
    }),
  );
  return size;
}

/** Copies on the server: no byte passes through the function. */
export async function copy(bucket: string, from: string, to: string): Promise<void> {
  await s3.send(
    new CopyObjectCommand({
      Bucket: bucket,
      CopySource: `${bucket}/${from.split('/').map(encodeURIComponent).join('/')}`,
      Key: to,
    }),
  );
}

export interface Listed {
  readonly key: string;
  readonly size: number;
}

export async function list(bucket: string, prefix: string): Promise<readonly Listed[]> {
  const found: Listed[] = [];
  let token: string | undefined;
  do {
    const reply = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    for (const entry of reply.Contents ?? []) found.push({ key: entry.Key ?? '', size: entry.Size ?? 0 });
    token = reply.NextContinuationToken;
  } while (token !== undefined);
  return found;
}

/** Runs `work` over every item, at most `limit` at a time, and answers in the items' order. */
export async function eachOf<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  limit = 8,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return results;
}

/** A folder of this invocation's own, gone when `use` ends however it ends. */
export async function withScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tvt-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');
