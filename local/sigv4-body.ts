/** The body behind a signature: its digest checked while it streams, and the aws-chunked framing taken off. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { startChecksum, isChecksumName } from './s3/checksums.ts';
import { ServiceError } from './service.ts';
import { EMPTY_SHA256, hmac, scopeText, sha256Hex, type CredentialScope } from './sigv4-canonical.ts';

/** What the chunks of a signed stream are checked against. */
export interface ChunkSigner {
  readonly seedSignature: string;
  readonly signingKey: Uint8Array;
  readonly amzDate: string;
  readonly scope: CredentialScope;
}

/** A line of the framing. */
const MAX_LINE_BYTES = 8_192;
/** AWS's own clients sign chunks of 64 KiB to 1 MiB; one is held in memory. */
const MAX_SIGNED_CHUNK_BYTES = 64 * 1024 * 1024;

const STREAMING_FORMS: Readonly<
  Record<string, { readonly signed: boolean; readonly trailer: boolean } | undefined>
> = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { signed: true, trailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { signed: true, trailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { signed: false, trailer: true },
};

/**
 * The body as its sender meant it. It fails when its end is reached and it was not what was signed: whoever stores
 * it must keep nothing before that. Trailing headers are added to `headers` at the same moment.
 */
export function verifiedBody(
  body: AsyncIterable<Uint8Array>,
  payloadHash: string,
  signer: ChunkSigner,
  headers: Record<string, string>,
): AsyncIterable<Uint8Array> {
  if (payloadHash === 'UNSIGNED-PAYLOAD') return body;
  const form = STREAMING_FORMS[payloadHash];
  if (form !== undefined) {
    const decodedBytes = Number(headers['x-amz-decoded-content-length'] ?? 'none');
    if (!Number.isSafeInteger(decodedBytes) || decodedBytes < 0) {
      throw new ServiceError(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
    }
    unframeHeaders(headers);
    return unframe(body, form, signer, headers, decodedBytes);
  }
  if (!/^[0-9a-f]{64}$/.test(payloadHash)) {
    throw new ServiceError(
      400,
      'InvalidArgument',
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.',
    );
  }
  return hashed(body, payloadHash);
}

/** From here on the headers speak of the object, not of its framing. */
function unframeHeaders(headers: Record<string, string>): void {
  headers['content-length'] = headers['x-amz-decoded-content-length'] ?? '0';
  const encodings = (headers['content-encoding'] ?? '').split(',').map((encoding) => encoding.trim());
  const kept = encodings.filter((encoding) => encoding !== '' && encoding !== 'aws-chunked');
  if (kept.length === 0) delete headers['content-encoding'];
  else headers['content-encoding'] = kept.join(',');
}

async function* hashed(body: AsyncIterable<Uint8Array>, expected: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const bytes of body) {
    hash.update(bytes);
    yield bytes;
  }
  const computed = hash.digest('hex');
  if (computed !== expected) throw contentMismatch(expected, computed);
}

const contentMismatch = (expected: string, computed: string): ServiceError =>
  new ServiceError(
    400,
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    { ClientComputedContentSHA256: expected, S3ComputedContentSHA256: computed },
  );

const incomplete = (): ServiceError =>
  new ServiceError(400, 'IncompleteBody', 'The request body terminated unexpectedly');
const badChunk = (): ServiceError =>
  new ServiceError(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );

async function* unframe(
  body: AsyncIterable<Uint8Array>,
  form: { readonly signed: boolean; readonly trailer: boolean },
  signer: ChunkSigner,
  headers: Record<string, string>,
  decodedBytes: number,
): AsyncGenerator<Uint8Array> {
  const reader = frameReader(body);
  const chunkSignature = chainOf(signer);
  const announced = (headers['x-amz-trailer'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  const checks = announced.flatMap(startCheck);
  let total = 0;
  for (;;) {
    const { size, signature } = readChunkHead(await reader.line());
    total += size;
    if (total > decodedBytes) throw incomplete();
    for await (const bytes of form.signed
      ? wholeChunk(reader, size, signature, chunkSignature)
      : reader.upTo(size)) {
      for (const check of checks) check.running.update(bytes);
      yield bytes;
    }
    if (size === 0) break;
    if ((await reader.line()) !== '') throw incomplete();
  }
  if (total !== decodedBytes) throw incomplete();
  const trailers = await readTrailers(reader);
  if (form.signed && form.trailer) checkTrailerSignature(trailers, chunkSignature);
  if (form.trailer) takeTrailers(trailers, announced, checks, headers);
}

/** A signed chunk is held until its signature is known to be right; an unsigned one may be of any size. */
async function* wholeChunk(
  reader: FrameReader,
  size: number,
  signature: string,
  chunkSignature: (hash: string) => string,
): AsyncGenerator<Uint8Array> {
  if (size > MAX_SIGNED_CHUNK_BYTES) throw incomplete();
  const parts: Uint8Array[] = [];
  for await (const bytes of reader.upTo(size)) parts.push(bytes);
  const chunk = Buffer.concat(parts);
  if (!sameHex(signature, chunkSignature(sha256Hex(chunk)))) throw badChunk();
  if (size > 0) yield chunk;
}

function readChunkHead(line: string): { readonly size: number; readonly signature: string } {
  const head = /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  const size = Number.parseInt(head?.[1] ?? 'none', 16);
  if (Number.isNaN(size)) throw incomplete();
  return { size, signature: head?.[2] ?? '' };
}

/** Each chunk signs the signature before it, so that chunks cannot be left out, moved or repeated. */
function chainOf(signer: ChunkSigner): (hash: string, kind?: 'PAYLOAD' | 'TRAILER') => string {
  let previous = signer.seedSignature;
  return (hash, kind = 'PAYLOAD') => {
    const parts = kind === 'PAYLOAD' ? [EMPTY_SHA256, hash] : [hash];
    const text = [`AWS4-HMAC-SHA256-${kind}`, signer.amzDate, scopeText(signer.scope), previous, ...parts];
    previous = hmac(signer.signingKey, text.join('\n')).toString('hex');
    return previous;
  };
}

const sameHex = (claimed: string, computed: string): boolean =>
  claimed.length === computed.length && timingSafeEqual(Buffer.from(claimed), Buffer.from(computed));

async function readTrailers(reader: FrameReader): Promise<ReadonlyMap<string, string>> {
  const trailers = new Map<string, string>();
  for (;;) {
    const line = await reader.lineOrEnd();
    if (line === undefined || line === '') return trailers;
    const colon = line.indexOf(':');
    if (colon === -1 || trailers.size > 8) throw incomplete();
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
}

function checkTrailerSignature(
  trailers: ReadonlyMap<string, string>,
  chunkSignature: (hash: string, kind?: 'PAYLOAD' | 'TRAILER') => string,
): void {
  const canonical = [...trailers]
    .filter(([name]) => name !== 'x-amz-trailer-signature')
    .map(([name, value]) => `${name}:${value}\n`)
    .join('');
  const computed = chunkSignature(sha256Hex(canonical), 'TRAILER');
  if (!sameHex(trailers.get('x-amz-trailer-signature') ?? '', computed)) throw badChunk();
}

interface TrailerCheck {
  readonly name: string;
  readonly running: { update(bytes: Uint8Array): void; base64(): string };
}

function startCheck(trailer: string): TrailerCheck[] {
  if (trailer === '') return [];
  const name = trailer.replace('x-amz-checksum-', '').toUpperCase();
  if (!trailer.startsWith('x-amz-checksum-') || !isChecksumName(name)) {
    throw new ServiceError(
      400,
      'InvalidRequest',
      'The value specified in the x-amz-trailer header is not supported',
    );
  }
  return [{ name: trailer, running: startChecksum(name) }];
}

function takeTrailers(
  trailers: ReadonlyMap<string, string>,
  announced: readonly string[],
  checks: readonly TrailerCheck[],
  headers: Record<string, string>,
): void {
  const known = new Set([...announced, 'x-amz-trailer-signature']);
  if ([...trailers.keys()].some((name) => !known.has(name))) {
    throw new ServiceError(
      400,
      'MalformedTrailerError',
      'The request contained trailing data that was not well-formed.',
    );
  }
  for (const { name, running } of checks) {
    const value = trailers.get(name);
    if (value === undefined) {
      throw new ServiceError(
        400,
        'MalformedTrailerError',
        'The request contained trailing data that was not well-formed.',
      );
    }
    if (value !== running.base64()) {
      const algorithm = name.replace('x-amz-checksum-', '').toUpperCase();
      throw new ServiceError(
        400,
        'BadDigest',
        `The ${algorithm} you specified did not match the calculated checksum.`,
      );
    }
    headers[name] = value;
  }
}

interface FrameReader {
  line(): Promise<string>;
  lineOrEnd(): Promise<string | undefined>;
  /** Exactly so many bytes, as they come. */
  upTo(bytes: number): AsyncIterable<Uint8Array>;
}

function frameReader(body: AsyncIterable<Uint8Array>): FrameReader {
  const source = body[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const next = await source.next();
    if (next.done === true) return false;
    held = held.length === 0 ? Buffer.from(next.value) : Buffer.concat([held, next.value]);
    return true;
  };
  const lineOrEnd = async (): Promise<string | undefined> => {
    for (;;) {
      const end = held.indexOf('\r\n');
      if (end !== -1 && end <= MAX_LINE_BYTES) {
        const line = held.subarray(0, end).toString('latin1');
        held = held.subarray(end + 2);
        return line;
      }
      if (held.length > MAX_LINE_BYTES) throw incomplete();
      if (!(await more())) {
        if (held.length === 0) return undefined;
        throw incomplete();
      }
    }
  };
  return {
    lineOrEnd,
    line: async () => {
      const line = await lineOrEnd();
      if (line === undefined) throw incomplete();
      return line;
    },
    async *upTo(bytes) {
      for (let missing = bytes; missing > 0;) {
        if (held.length === 0 && !(await more())) throw incomplete();
        const part = held.subarray(0, missing);
        held = held.subarray(part.length);
        missing -= part.length;
        yield part;
      }
    },
  };
}
