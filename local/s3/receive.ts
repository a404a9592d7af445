/**
 * Taking a body in: counted, hashed and compared with what its sender stated, a piece at a time. The digest of the
 * signature (x-amz-content-sha256) and chunk signatures are the front door's: its stream fails at the end.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { BucketCatalogue } from './catalogue.ts';
import { CHECKSUM_NAMES, checksumHeader, isChecksumName, isWellFormed, startChecksum } from './checksums.ts';
import type { Checksum, ChecksumName } from './checksums.ts';
import { refusal } from './errors.ts';
import { writeFrames } from './frames.ts';
import type { FrameKey } from './frames.ts';
import type { S3Request } from './request.ts';

/** Largest single upload (S3 user guide, "Uploading objects"). */
export const LARGEST_PUT = 5 * 1024 ** 3;
/** Largest XML body: a thousand deletions or ten thousand parts fit. */
const LARGEST_DOCUMENT = 8 * 1024 ** 2;

/** What the sender said about the body, to be held against what arrives. */
interface Stated {
  readonly length: number;
  readonly md5: string | undefined;
  readonly checksumName: ChecksumName | undefined;
}

export interface Received {
  readonly file: string;
  readonly size: number;
  /** Hex, only where the object's ETag needs it. */
  readonly md5: string;
  readonly checksum: Checksum;
  /** Whether the sender stated that checksum, or S3's own was taken. */
  readonly checksumStated: boolean;
}

/** Streams the body into an encrypted file. On any refusal nothing is left behind. */
export async function receiveToDisk(
  request: S3Request,
  catalogue: BucketCatalogue,
  key: FrameKey,
  usualChecksum: ChecksumName = 'CRC64NVME',
): Promise<Received> {
  const stated = statedAbout(request, LARGEST_PUT);
  const file = newBodyName();
  const writer = await writeFrames(catalogue.bodyPath(file), key, randomBytes(32));
  try {
    const arrived = await hashBody(request, stated, stated.checksumName ?? usualChecksum, (bytes) =>
      writer.write(bytes),
    );
    await writer.end();
    return { file, ...arrived, checksumStated: stated.checksumName !== undefined };
  } catch (error) {
    await writer.abandon().catch(() => undefined);
    catalogue.removeBody(file);
    throw error;
  }
}

/** A small body, such as an XML document, verified like any other. */
export async function receiveDocument(request: S3Request): Promise<Uint8Array> {
  const stated = statedAbout(request, LARGEST_DOCUMENT);
  const pieces: Uint8Array[] = [];
  await hashBody(request, stated, stated.checksumName ?? 'CRC32', (bytes) => {
    pieces.push(bytes.slice());
    return Promise.resolve();
  });
  return Buffer.concat(pieces);
}

export const newBodyName = (): string => randomBytes(16).toString('hex');

function statedAbout(request: S3Request, largest: number): Stated {
  const { headers } = request;
  const length = headers['x-amz-decoded-content-length'] ?? headers['content-length'];
  if (length === undefined || !/^\d+$/.test(length)) throw refusal('MissingContentLength');
  if (Number(length) > largest) {
    throw refusal('EntityTooLarge', undefined, {
      ProposedSize: length,
      MaxSizeAllowed: String(largest),
    });
  }
  const md5 = headers['content-md5'];
  if (md5 !== undefined && Buffer.from(md5, 'base64').length !== 16) throw refusal('InvalidDigest');
  return { length: Number(length), md5, checksumName: statedChecksum(headers) };
}

/** Which checksum the sender gives, in a header or at the end of the body. */
function statedChecksum(headers: Readonly<Record<string, string>>): ChecksumName | undefined {
  const trailer = headers['x-amz-trailer']?.toLowerCase();
  const named = CHECKSUM_NAMES.filter(
    (name) => headers[checksumHeader(name)] !== undefined || trailer === checksumHeader(name),
  );
  if (named.length > 1) {
    throw refusal(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  const [name] = named;
  const algorithm = headers['x-amz-sdk-checksum-algorithm']?.toUpperCase();
  if (algorithm !== undefined && (!isChecksumName(algorithm) || name === undefined)) {
    throw refusal(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  const value = name === undefined ? undefined : headers[checksumHeader(name)];
  if (name !== undefined && value !== undefined && !isWellFormed(name, value)) {
    throw refusal('InvalidRequest', `Value for ${checksumHeader(name)} header is invalid.`);
  }
  return name;
}

async function hashBody(
  request: S3Request,
  stated: Stated,
  checksumName: ChecksumName,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<{ readonly size: number; readonly md5: string; readonly checksum: Checksum }> {
  const md5 = createHash('md5');
  const checksum = startChecksum(checksumName);
  let size = 0;
  for await (const bytes of arriving(request.body)) {
    size += bytes.length;
    // Past the stated length nothing is stored; the rest is read and dropped, so that the sender hears the refusal.
    if (size > stated.length) continue;
    md5.update(bytes);
    checksum.update(bytes);
    await take(bytes);
  }
  if (size !== stated.length) throw refusal('IncompleteBody');
  const computed = { md5: md5.digest(), checksum: checksum.base64() };
  compare(request, stated, computed);
  return {
    size,
    md5: computed.md5.toString('hex'),
    checksum: { name: checksumName, value: computed.checksum, type: 'FULL_OBJECT' },
  };
}

/** A sender that goes away in the middle of its body has sent an incomplete one; nothing is wrong with the stand-in. */
async function* arriving(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
    throw gone ? refusal('IncompleteBody') : error;
  }
}

function compare(
  request: S3Request,
  stated: Stated,
  computed: { readonly md5: Buffer; readonly checksum: string },
): void {
  if (stated.md5 !== undefined && stated.md5 !== computed.md5.toString('base64')) throw refusal('BadDigest');
  if (stated.checksumName === undefined) return;
  const value = request.trailing(checksumHeader(stated.checksumName));
  if (value === undefined)
    throw refusal('InvalidRequest', 'The trailer promised for this upload is missing.');
  if (value !== computed.checksum) {
    throw refusal(
      'BadDigest',
      `The ${stated.checksumName} you specified did not match the calculated checksum.`,
    );
  }
}
