/** Gives an uploader one address for one file: bound to its bytes, good for minutes, for the caller's own partner only. */
import { randomBytes } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { z } from 'zod';
import { keys } from '../pipeline/zones.ts';
import { callerPartner } from './callers.ts';
import { presigningS3 } from './clients.ts';
import { landingBucket } from './environment.ts';
import { refusal, urlHandler } from './handler.ts';

/** An address lives this long: enough to start a large upload, too short to pass around. */
const ADDRESS_SECONDS = 600;
/** One PUT may carry 5 GB (Amazon S3 limit on a single PUT). */
const LARGEST_UPLOAD_BYTES = 5 * 1024 ** 3;

const input = z.strictObject({
  feed: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  kind: z.enum(['full', 'changes', 'nil']).default('full'),
  extracted: z.iso.date().optional(),
  rows: z.int().nonnegative().optional(),
  size: z.int().nonnegative().max(LARGEST_UPLOAD_BYTES),
  /** SHA-256 of the file, base64 as S3 spells it. */
  sha256: z.base64().length(44),
});

export const handler = urlHandler(input, async (request, caller, now) => {
  const partner = callerPartner(caller, 'uploader');
  if (partner === null)
    return {
      statusCode: 403,
      body: refusal('not-an-uploader', 'Only a partner’s uploaders may send files.'),
    };
  if (!partner.feeds.some(({ feed }) => feed === request.feed)) {
    const own = partner.feeds.map(({ feed }) => feed).join(', ');
    return {
      statusCode: 403,
      body: refusal('feed-not-shared', `Your organisation does not share that feed. It shares: ${own}.`),
    };
  }
  const today = now.toISOString().slice(0, 10);
  if (request.extracted !== undefined && request.extracted > today)
    return {
      statusCode: 400,
      body: refusal('extracted-in-future', `The extract date cannot be later than today, ${today}.`),
    };
  if (request.kind !== 'nil' && request.size === 0)
    return {
      statusCode: 400,
      body: refusal('empty-file', 'The file is empty. For "nothing to report", send it with kind nil.'),
    };

  const deliveryId = `${now.toISOString().replace(/[-:]|\.\d+/g, '')}-${randomBytes(8).toString('hex')}`;
  const metadata = {
    kind: request.kind,
    ...(request.extracted === undefined ? {} : { extracted: request.extracted }),
    ...(request.rows === undefined ? {} : { rows: String(request.rows) }),
  };
  const headers: Record<string, string> = {
    'content-type': 'text/csv',
    'content-length': String(request.size),
    'if-none-match': '*',
    'x-amz-checksum-sha256': request.sha256,
    ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])),
  };
  const url = await getSignedUrl(
    presigningS3,
    new PutObjectCommand({
      Bucket: landingBucket(partner.id),
      Key: keys.landing.delivery(request.feed, deliveryId),
      ContentType: 'text/csv',
      ContentLength: request.size,
      ChecksumSHA256: request.sha256,
      IfNoneMatch: '*',
      Metadata: metadata,
    }),
    {
      expiresIn: ADDRESS_SECONDS,
      // Only a signed header binds: anything hoisted into the query S3 signs and then ignores.
      signableHeaders: new Set(['host', 'content-length', 'content-type', 'if-none-match']),
      unhoistableHeaders: new Set(Object.keys(headers).filter((name) => name.startsWith('x-amz-'))),
    },
  );
  return { statusCode: 200, body: { deliveryId, url, headers, expiresInSeconds: ADDRESS_SECONDS } };
});
