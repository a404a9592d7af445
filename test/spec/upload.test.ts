/** What a presigned address promises, tried with plain HTTP requests: this file, this once, for ten minutes, for its own partner. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askForAddress, type UploadAddress, type UploadOptions } from '../../cli/commands/upload.ts';
import { bucketNames, keys } from '../../pipeline/zones.ts';
import { keysUnder, startPlatform, textOf, type Platform } from '../platform/platform.ts';
import { childrenFile } from '../platform/people.ts';

const FILE = childrenFile();
const OTHER = FILE.replace('Nia', 'Mia');
const FEED = 'social-care-children';
const OXON_LANDING = bucketNames.landing('oxfordshire-county-council', '000000000000');

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
  await writeFile(join(platform.dataDir, 'children.csv'), FILE);
});
afterAll(() => platform.stop());

const address = (options: UploadOptions = { feed: FEED, kind: 'full', rows: 3 }): Promise<UploadAddress> =>
  askForAddress(platform.as('oxon-uploader'), join(platform.dataDir, 'children.csv'), options);

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}
/** A bare request with just these headers, as curl would send it. */
function put(
  url: string,
  headers: Readonly<Record<string, string>>,
  body = FILE,
  method = 'PUT',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { 'content-length': Buffer.byteLength(body), ...headers } });
    sent.on('error', reject).on('response', (reply) => {
      let text = '';
      reply.setEncoding('utf8');
      reply
        .on('data', (chunk: string) => (text += chunk))
        .on('end', () => {
          const code = /<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? '';
          resolve({ status: reply.statusCode ?? 0, code, text });
        });
    });
    sent.end(body);
  });
}
/** The address with one part of it changed. */
const edited = (url: string, change: (parsed: URL) => void): string => {
  const parsed = new URL(url);
  change(parsed);
  return parsed.href;
};
const without = (headers: Readonly<Record<string, string>>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name));
const landed = async (): Promise<number> =>
  (await keysUnder(platform.asFunction('receive-feed'), OXON_LANDING, keys.landing.deliveries)).length;

describe('an address for an upload', () => {
  it('takes the very file it was asked for, once; a second time it answers 412', async () => {
    const { url, headers, deliveryId } = await address();
    expect(await put(url, headers)).toMatchObject({ status: 200 });
    expect(await put(url, headers)).toMatchObject({ status: 412, code: 'PreconditionFailed' });
    const receiving = platform.asFunction('receive-feed');
    expect(await textOf(receiving, OXON_LANDING, keys.landing.delivery(FEED, deliveryId))).toBe(FILE);
  });

  it('lies in the caller’s own landing zone, whoever asks for whatever', async () => {
    const { url } = await address();
    expect(new URL(url).pathname).toMatch(new RegExp(`^/${OXON_LANDING}/deliveries/${FEED}/`));
    expect(url).not.toContain('children.csv');
  });

  it.each<
    readonly [what: string, change: (given: UploadAddress) => Promise<Answer>, status: number, code: string]
  >([
    [
      'another key',
      ({ url, headers }) =>
        put(
          edited(url, (at) => (at.pathname = at.pathname.replace(/.$/, 'x'))),
          headers,
        ),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'another partner’s bucket',
      ({ url, headers }) => put(url.replace('oxfordshire-county', 'reading-borough'), headers),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'a longer life',
      ({ url, headers }) =>
        put(
          edited(url, (at) => at.searchParams.set('X-Amz-Expires', '86400')),
          headers,
        ),
      403,
      'SignatureDoesNotMatch',
    ],
    ['another method', ({ url, headers }) => put(url, headers, FILE, 'DELETE'), 403, 'SignatureDoesNotMatch'],
    [
      'another size',
      ({ url, headers }) => put(url, { ...headers, 'content-length': String(FILE.length + 1) }, `${FILE}x`),
      403,
      'SignatureDoesNotMatch',
    ],
    ['other bytes of the same size', ({ url, headers }) => put(url, headers, OTHER), 400, 'BadDigest'],
    [
      'other bytes under their own checksum',
      ({ url, headers }) => put(url, { ...headers, 'x-amz-checksum-sha256': digest(OTHER) }, OTHER),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'no checksum',
      ({ url, headers }) => put(url, without(headers, 'x-amz-checksum-sha256')),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'another content type',
      ({ url, headers }) => put(url, { ...headers, 'content-type': 'text/html' }),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'no promise not to overwrite',
      ({ url, headers }) => put(url, without(headers, 'if-none-match')),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'another kind of delivery',
      ({ url, headers }) => put(url, { ...headers, 'x-amz-meta-kind': 'changes' }),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'an x-amz header that was not signed',
      ({ url, headers }) => put(url, { ...headers, 'x-amz-meta-note': 'hello' }),
      403,
      'AccessDenied',
    ],
    [
      'an x-amz tag that was not signed',
      ({ url, headers }) => put(url, { ...headers, 'x-amz-tagging': 'a=b' }),
      403,
      'AccessDenied',
    ],
    [
      'an ACL in the query that was not signed',
      ({ url, headers }) => put(`${url}&x-amz-acl=public-read`, headers),
      403,
      'SignatureDoesNotMatch',
    ],
  ])('is no good for %s', async (_, change, status, code) => {
    const before = await landed();
    const answer = await change(await address());
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.text).not.toContain('secret');
    expect(await landed()).toBe(before);
  });

  it('names the header that was not signed', async () => {
    const { url, headers } = await address();
    const answer = await put(url, { ...headers, 'x-amz-meta-note': 'hello' });
    expect(answer.text).toContain('<HeadersNotSigned>x-amz-meta-note</HeadersNotSigned>');
  });

  it('cannot be had by reading what lies there: the address is for writing', async () => {
    const { url, headers } = await address();
    await put(url, headers);
    expect(await put(url, { host: new URL(url).host }, '', 'GET')).toMatchObject({ status: 403 });
  });
});

describe('an address is refused', () => {
  const ask = (body: unknown, principal = 'oxon-uploader') =>
    platform.as(principal).call('tvt-issue-upload-url', body);
  const wanted = { feed: FEED, kind: 'full', size: 100, sha256: digest('x') };

  it('for a feed of another partner, with a sentence that says which are one’s own', async () => {
    const reply = await ask({ ...wanted, feed: 'police-involvements' });
    expect(reply).toMatchObject({ status: 403, body: { error: 'feed-not-shared' } });
    expect(JSON.stringify(reply.body)).toContain(FEED);
  });

  it('for a partner named in the request: it is the caller who counts', async () => {
    expect(await ask({ ...wanted, partner: 'thames-valley-police' })).toMatchObject({ status: 400 });
  });

  it('for a file larger than one upload may be', async () => {
    expect(await ask({ ...wanted, size: 5 * 1024 ** 3 + 1 })).toMatchObject({ status: 400 });
  });

  it('for an empty file that is not sent as nil, and for an extract of tomorrow', async () => {
    expect(await ask({ ...wanted, size: 0 })).toMatchObject({ status: 400, body: { error: 'empty-file' } });
    expect(await ask({ ...wanted, extracted: '2099-01-01' })).toMatchObject({
      status: 400,
      body: { error: 'extracted-in-future' },
    });
  });

  it('to whoever is no uploader', async () => {
    await expect(ask(wanted, 'oxon-analyst')).rejects.toThrow(/not authorized/i);
  });
});

/** Last, since the clock does not go back. */
describe('after ten minutes', () => {
  it('an address is expired', async () => {
    const { url, headers, expiresInSeconds } = await address();
    expect(expiresInSeconds).toBe(600);
    const { clock } = platform.standIn;
    await clock.moveTo(new Date(clock.now().getTime() + 601_000));
    const answer = await put(url, headers);
    expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
    expect(answer.text).toContain('Request has expired');
  });
});

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
