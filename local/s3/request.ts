/** One S3 request, parsed: where it points, what it carries, and the refusal of headers the stand-in does not honour. */
import type { Call } from '../service.ts';
import type { Access } from './access.ts';
import type { Bucket } from './buckets.ts';
import { refusal } from './errors.ts';

export interface Address {
  /** Empty for the service itself. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
}

/** What an operation on a bucket or object is given. */
export interface S3Request {
  readonly bucket: Bucket;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** A header that may come after the body, in the trailer of a chunked upload. */
  trailing(name: string): string | undefined;
  readonly access: Access;
}

/** Longest key, in UTF-8 bytes (S3 user guide, "Naming Amazon S3 objects"). */
const KEY_BYTES = 1024;

/** Path-style only: `/bucket/key`. */
export function addressOf(path: string): Address {
  const slash = path.indexOf('/', 1);
  const address =
    slash === -1
      ? { bucket: path.slice(1), key: '' }
      : { bucket: path.slice(1, slash), key: path.slice(slash + 1) };
  if (Buffer.byteLength(address.key) > KEY_BYTES) {
    throw refusal('KeyTooLongError', undefined, { MaxSizeAllowed: String(KEY_BYTES) });
  }
  return address;
}

/**
 * Headers as S3 sees them. A presigned URL may carry x-amz-* values in its query; S3 takes them as headers, except
 * checksums, which it signs and then ignores: a checksum binds an upload only as a signed header.
 */
export function effectiveHeaders(call: Call): Readonly<Record<string, string>> {
  if (!call.presigned) return call.headers;
  const hoisted = [...call.query]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => isHoistedHeader(name));
  return { ...Object.fromEntries(hoisted), ...call.headers };
}

/** Query names of the signature itself, and those S3 ignores there. */
const NOT_HOISTED =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|checksum-.*|sdk-checksum-algorithm)$/;
const isHoistedHeader = (name: string): boolean => name.startsWith('x-amz-') && !NOT_HOISTED.test(name);

/** Headers that ask for what is not built. Taken silently, each would promise something that does not happen. */
const NOT_BUILT = [
  /^x-amz-server-side-encryption-customer-/,
  /^x-amz-copy-source-server-side-encryption-customer-/,
  /^x-amz-server-side-encryption-context$/,
  /^x-amz-website-redirect-location$/,
  /^x-amz-object-lock-/,
  /^x-amz-bypass-governance-retention$/,
  /^x-amz-mfa$/,
  /^x-amz-write-offset-bytes$/,
  /^x-amz-if-match-/,
  /^x-amz-rename-source/,
];

export function refuseUnbuiltHeaders(headers: Readonly<Record<string, string>>, bucket: Bucket): void {
  const unbuilt = Object.keys(headers).find((name) => NOT_BUILT.some((pattern) => pattern.test(name)));
  if (unbuilt !== undefined) throw refusal('NotImplemented', undefined, { Header: unbuilt });
  const storage = headers['x-amz-storage-class'];
  if (storage !== undefined && storage !== 'STANDARD') {
    throw refusal('NotImplemented', undefined, { Header: 'x-amz-storage-class' });
  }
  refuseAcl(headers, bucket);
  const owner = headers['x-amz-expected-bucket-owner'];
  if (owner !== undefined && owner !== bucket.account) throw refusal('AccessDenied');
}

function refuseAcl(headers: Readonly<Record<string, string>>, bucket: Bucket): void {
  const acl = headers['x-amz-acl'];
  const grants = Object.keys(headers).some((name) => name.startsWith('x-amz-grant-'));
  if ((acl === undefined || acl === 'bucket-owner-full-control') && !grants) return;
  if (bucket.ownerEnforced) throw refusal('AccessControlListNotSupported');
  throw refusal('NotImplemented', undefined, { Header: 'x-amz-acl' });
}

/** An integer parameter within bounds, or the refusal S3 gives. */
export function integerParameter(
  query: URLSearchParams,
  name: string,
  usual: number,
  bounds: { readonly least: number; readonly most: number },
): number {
  const text = query.get(name);
  if (text === null) return usual;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < bounds.least || value > bounds.most) {
    throw refusal(
      'InvalidArgument',
      `Argument ${name} must be an integer between ${String(bounds.least)} and ${String(bounds.most)}`,
      {
        ArgumentName: name,
        ArgumentValue: text,
      },
    );
  }
  return value;
}
