/** ListObjectsV2 and ListObjects: one walk, two ways of saying where the next page begins. */
import type { Reply } from '../service.ts';
import type { BucketCatalogue } from './catalogue.ts';
import { refusal } from './errors.ts';
import { compareKeys } from './key-order.ts';
import { keySpelling, takePage } from './listing.ts';
import type { Page } from './listing.ts';
import { quoted } from './object-headers.ts';
import { integerParameter } from './request.ts';
import type { S3Request } from './request.ts';
import type { Storage } from './storage.ts';
import { hasContent } from './stored.ts';
import type { ObjectVersion } from './stored.ts';
import { element, root, wrap } from './xml.ts';

const MOST_KEYS = 1000;

export function listObjectsV2(request: S3Request, storage: Storage): Reply {
  const { query } = request;
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : readToken(token);
  const { page, maxKeys, spell, common } = walk(request, storage, after);
  const last = lastKey(page);
  return xmlReply('ListBucketResult', [
    ...common,
    element('MaxKeys', maxKeys),
    element('KeyCount', page.rows.length),
    element('IsTruncated', page.truncated),
    ...(token === null ? [] : [element('ContinuationToken', token)]),
    ...(page.truncated && last !== undefined ? [element('NextContinuationToken', writeToken(last))] : []),
    ...(query.has('start-after') ? [element('StartAfter', spell(query.get('start-after') ?? ''))] : []),
    ...rowsXml(page, spell, query.get('fetch-owner') === 'true', request),
  ]);
}

export function listObjects(request: S3Request, storage: Storage): Reply {
  const { query } = request;
  const { page, maxKeys, spell, common } = walk(request, storage, query.get('marker') ?? '');
  const last = lastKey(page);
  return xmlReply('ListBucketResult', [
    ...common,
    element('Marker', spell(query.get('marker') ?? '')),
    element('MaxKeys', maxKeys),
    element('IsTruncated', page.truncated),
    // Without a delimiter S3 leaves it out, and clients go on from the last key.
    ...(page.truncated && last !== undefined && query.get('delimiter')
      ? [element('NextMarker', spell(last))]
      : []),
    ...rowsXml(page, spell, true, request),
  ]);
}

function walk(
  request: S3Request,
  storage: Storage,
  after: string,
): {
  readonly page: Page<ObjectVersion>;
  readonly maxKeys: number;
  readonly spell: (key: string) => string;
  readonly common: readonly string[];
} {
  const { query, bucket } = request;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const asked = integerParameter(query, 'max-keys', MOST_KEYS, { least: 0, most: 2 ** 31 - 1 });
  const maxKeys = Math.min(asked, MOST_KEYS);
  request.access.require('s3:ListBucket', bucket.arn, listConditions(query));
  const spell = keySpelling(query.get('encoding-type'));
  const page = takePage(currentObjects(storage.catalogue(bucket), prefix, after), {
    prefix,
    delimiter,
    maxKeys,
    afterPrefix: after,
  });
  const common = [
    element('Name', bucket.name),
    element('Prefix', spell(prefix)),
    ...(delimiter === '' ? [] : [element('Delimiter', spell(delimiter))]),
    ...(query.has('encoding-type') ? [element('EncodingType', 'url')] : []),
  ];
  return { page, maxKeys, spell, common };
}

/** Filled only where sent, as on AWS: a policy that wants a prefix refuses a listing of everything. */
export function listConditions(query: URLSearchParams): Readonly<Record<string, string>> {
  const sent = ['prefix', 'delimiter', 'max-keys'].flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[`s3:${name}`, value] as const];
  });
  return Object.fromEntries(sent);
}

/** Objects whose newest version is no delete marker, after a key (or after all keys of a common prefix). */
export function* currentObjects(
  catalogue: BucketCatalogue,
  prefix: string,
  after: string,
): Generator<ObjectVersion> {
  for (const key of catalogue.keysFrom(compareKeys(after, prefix) > 0 ? after : prefix)) {
    if (key === after && after !== '') continue;
    const current = catalogue.current(key);
    if (hasContent(current)) yield current;
  }
}

function lastKey(page: Page<ObjectVersion>): string | undefined {
  const last = page.rows.at(-1);
  if (last === undefined) return undefined;
  return last.kind === 'entry' ? last.entry.key : last.prefix;
}

function rowsXml(
  page: Page<ObjectVersion>,
  spell: (key: string) => string,
  owner: boolean,
  request: S3Request,
): readonly string[] {
  const contents = page.rows.flatMap((row) => {
    if (row.kind === 'prefix') return [];
    const { entry } = row;
    return [
      wrap('Contents', [
        element('Key', spell(entry.key)),
        element('LastModified', entry.lastModified),
        element('ETag', quoted(entry.content.etag)),
        element('ChecksumAlgorithm', entry.content.checksum.name),
        element('ChecksumType', entry.content.checksum.type),
        element('Size', entry.content.size),
        ...(owner ? [ownerXml(request)] : []),
        element('StorageClass', 'STANDARD'),
      ]),
    ];
  });
  return [...contents, ...prefixesXml(page, spell)];
}

export const ownerXml = (request: S3Request): string =>
  wrap('Owner', [element('ID', request.bucket.account)]);

export function prefixesXml<T>(page: Page<T>, spell: (key: string) => string): readonly string[] {
  return page.rows.flatMap((row) =>
    row.kind === 'prefix' ? [wrap('CommonPrefixes', [element('Prefix', spell(row.prefix))])] : [],
  );
}

export const xmlReply = (name: string, children: readonly string[]): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: root(name, children),
});

const writeToken = (key: string): string => Buffer.from(`1:${key}`).toString('base64url');
function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (!text.startsWith('1:')) {
    throw refusal('InvalidArgument', 'The continuation token provided is incorrect', {
      ArgumentName: 'continuation-token',
    });
  }
  return text.slice(2);
}
