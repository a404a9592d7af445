/** What a writer says about an object: its headers, its metadata, its tags and the encryption it asks for. */
import type { AskedEncryption } from './data-keys.ts';
import type { Bucket } from './buckets.ts';
import { refusal } from './errors.ts';
import type { Described } from './stored.ts';

type Headers = Readonly<Record<string, string>>;

const KEPT_HEADERS = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
];
/** Names and values of x-amz-meta-* together (S3 user guide, "Working with object metadata"). */
const METADATA_BYTES = 2048;
/** S3 user guide, "Categorizing your objects using tags". */
const TAG_LIMITS = { count: 10, name: 128, value: 256 };

export function describedBy(headers: Headers): Described {
  return {
    headers: keptHeaders(headers),
    metadata: metadataOf(headers),
    tags: tagsOf(headers['x-amz-tagging']),
  };
}

export function keptHeaders(headers: Headers): Headers {
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = headers[name];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return { 'content-type': 'binary/octet-stream', ...Object.fromEntries(kept) };
}

export function metadataOf(headers: Headers): Headers {
  const prefix = 'x-amz-meta-';
  const metadata = Object.entries(headers)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [name.slice(prefix.length), value] as const);
  const bytes = metadata.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (bytes > METADATA_BYTES) {
    throw refusal('MetadataTooLarge', undefined, {
      Size: String(bytes),
      MaxSizeAllowed: String(METADATA_BYTES),
    });
  }
  return Object.fromEntries(metadata);
}

/** Tags as the header spells them: a query string. */
export function tagsOf(header: string | undefined): Headers {
  return checkedTags([...new URLSearchParams(header ?? '')]);
}

export function checkedTags(pairs: readonly (readonly [name: string, value: string])[]): Headers {
  if (pairs.length > TAG_LIMITS.count) throw refusal('InvalidTag', 'Object tags cannot be greater than 10');
  if (new Set(pairs.map(([name]) => name)).size !== pairs.length) {
    throw refusal('InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  for (const [name, value] of pairs) {
    const wellFormed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(name + value);
    const fits = name.length >= 1 && name.length <= TAG_LIMITS.name && value.length <= TAG_LIMITS.value;
    if (!wellFormed || !fits) throw refusal('InvalidTag');
    if (name.toLowerCase().startsWith('aws:')) {
      throw refusal('InvalidTag', 'System tags cannot be added/updated by requester');
    }
  }
  return Object.fromEntries(pairs);
}

/** The encryption a request asks for, or the bucket's own. */
export function askedEncryption(headers: Headers, bucket: Bucket): AskedEncryption {
  const algorithm = headers['x-amz-server-side-encryption'];
  const keyId = headers['x-amz-server-side-encryption-aws-kms-key-id'];
  const bucketKey = headers['x-amz-server-side-encryption-bucket-key-enabled'];
  if (algorithm === 'aws:kms') {
    // On AWS this means the managed key aws/s3, whose policy nobody wrote: not stood in for.
    if (keyId === undefined)
      throw refusal('NotImplemented', 'The AWS managed key aws/s3 is not stood in for');
    const usual = bucket.encryption.algorithm === 'aws:kms' && bucket.encryption.bucketKey;
    return { algorithm, keyId, bucketKey: bucketKey === undefined ? usual : bucketKey === 'true' };
  }
  if (keyId !== undefined) {
    throw refusal(
      'InvalidArgument',
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    );
  }
  if (algorithm === 'AES256') return { algorithm };
  if (algorithm === 'aws:kms:dsse') throw refusal('NotImplemented');
  if (algorithm !== undefined) {
    throw refusal('InvalidArgument', 'The encryption method specified is not supported', {
      ArgumentName: 'x-amz-server-side-encryption',
      ArgumentValue: algorithm,
    });
  }
  if (bucketKey === undefined || bucket.encryption.algorithm === 'AES256') return bucket.encryption;
  return { ...bucket.encryption, bucketKey: bucketKey === 'true' };
}
