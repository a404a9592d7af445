/** ListObjectVersions: every version and delete marker, newest first within a key. */
import type { Reply } from '../service.ts';
import type { BucketCatalogue } from './catalogue.ts';
import { compareKeys } from './key-order.ts';
import { keySpelling, takePage } from './listing.ts';
import { listConditions, ownerXml, prefixesXml, xmlReply } from './list-objects.ts';
import { quoted } from './object-headers.ts';
import { integerParameter } from './request.ts';
import type { S3Request } from './request.ts';
import type { Storage } from './storage.ts';
import type { Version } from './stored.ts';
import { element, wrap } from './xml.ts';

interface Listed {
  readonly key: string;
  readonly version: Version;
  readonly latest: boolean;
}

export function listObjectVersions(request: S3Request, storage: Storage): Reply {
  const { query, bucket } = request;
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const maxKeys = Math.min(integerParameter(query, 'max-keys', 1000, { least: 0, most: 2 ** 31 - 1 }), 1000);
  const [keyMarker, versionMarker] = [query.get('key-marker') ?? '', query.get('version-id-marker') ?? ''];
  request.access.require('s3:ListBucketVersions', bucket.arn, listConditions(query));
  const spell = keySpelling(query.get('encoding-type'));
  const entries = versionsAfter(storage.catalogue(bucket), prefix, keyMarker, versionMarker);
  const page = takePage(entries, { prefix, delimiter, maxKeys, afterPrefix: keyMarker });
  const last = page.rows.at(-1);
  return xmlReply('ListVersionsResult', [
    element('Name', bucket.name),
    element('Prefix', spell(prefix)),
    element('KeyMarker', spell(keyMarker)),
    element('VersionIdMarker', versionMarker),
    ...(delimiter === '' ? [] : [element('Delimiter', spell(delimiter))]),
    ...(query.has('encoding-type') ? [element('EncodingType', 'url')] : []),
    element('MaxKeys', maxKeys),
    element('IsTruncated', page.truncated),
    ...(page.truncated && last !== undefined ? nextMarkers(last, spell) : []),
    ...page.rows.flatMap((row) => (row.kind === 'entry' ? [listedXml(row.entry, spell, request)] : [])),
    ...prefixesXml(page, spell),
  ]);
}

function nextMarkers(
  last:
    { readonly kind: 'entry'; readonly entry: Listed } | { readonly kind: 'prefix'; readonly prefix: string },
  spell: (key: string) => string,
): readonly string[] {
  if (last.kind === 'prefix') return [element('NextKeyMarker', spell(last.prefix))];
  return [
    element('NextKeyMarker', spell(last.entry.key)),
    element('NextVersionIdMarker', last.entry.version.versionId),
  ];
}

/** A key marker alone begins after all its versions; with a version marker, after that version. */
function* versionsAfter(
  catalogue: BucketCatalogue,
  prefix: string,
  keyMarker: string,
  versionMarker: string,
): Generator<Listed> {
  for (const key of catalogue.keysFrom(compareKeys(keyMarker, prefix) > 0 ? keyMarker : prefix)) {
    const versions = catalogue.versions(key);
    const marked = versions.findIndex((version) => version.versionId === versionMarker);
    const from = key !== keyMarker || keyMarker === '' ? 0 : marked === -1 ? versions.length : marked + 1;
    for (const [at, version] of versions.entries()) {
      if (at >= from) yield { key, version, latest: at === 0 };
    }
  }
}

function listedXml(listed: Listed, spell: (key: string) => string, request: S3Request): string {
  const { version } = listed;
  const common = [
    element('Key', spell(version.key)),
    element('VersionId', version.versionId),
    element('IsLatest', listed.latest),
    element('LastModified', version.lastModified),
    ownerXml(request),
  ];
  if (version.content === null) return wrap('DeleteMarker', common);
  return wrap('Version', [
    ...common,
    element('ETag', quoted(version.content.etag)),
    element('ChecksumAlgorithm', version.content.checksum.name),
    element('ChecksumType', version.content.checksum.type),
    element('Size', version.content.size),
    element('StorageClass', 'STANDARD'),
  ]);
}
