/** AWS's documented signature vectors (S3 API reference, "Authenticating Requests (AWS Signature Version 4)"). */
import { describe, expect, it } from 'vitest';
import { verifiedBody, type ChunkSigner } from '../../local/sigv4-body.ts';
import { EMPTY_SHA256, signingKey, type WireRequest } from '../../local/sigv4-canonical.ts';
import { verifySignature, type Judges } from '../../local/sigv4.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const WHEN = new Date('2013-05-24T00:00:00Z');
const SCOPE = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', date: '20130524', region: 'us-east-1', service: 's3' };

const principal = {
  arn: 'arn:aws:sts::000000000000:assumed-role/example/example',
  roleArn: 'arn:aws:iam::000000000000:role/example',
  roleName: 'example',
  sessionName: 'example',
  userId: 'AROA:example',
  accessKeyId: SCOPE.accessKeyId,
};
const judges: Judges = {
  region: 'us-east-1',
  lookUp: (accessKeyId) =>
    accessKeyId === SCOPE.accessKeyId
      ? { outcome: 'known', principal, secretAccessKey: SECRET }
      : { outcome: 'unknown-key' },
  realNow: () => WHEN,
  movableNow: () => WHEN,
  signsInside: () => false,
  bodySha256: () => undefined,
};

function signed(
  method: string,
  rawPath: string,
  rawQuery: string,
  headers: Record<string, string>,
  signedHeaders: string,
  signature: string,
): WireRequest {
  const credential = `${SCOPE.accessKeyId}/20130524/us-east-1/s3/aws4_request`;
  const all = {
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-date': '20130524T000000Z',
    'x-amz-content-sha256': EMPTY_SHA256,
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${signedHeaders},Signature=${signature}`,
  };
  return {
    method,
    rawPath,
    rawQuery,
    headers: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]])),
  };
}

const PRESIGNED =
  'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
  '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
  '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';

const VECTORS: readonly (readonly [string, WireRequest])[] = [
  [
    'a presigned GET of an object',
    {
      method: 'GET',
      rawPath: '/test.txt',
      rawQuery: PRESIGNED,
      headers: { host: ['examplebucket.s3.amazonaws.com'] },
    },
  ],
  [
    'a GET of a range',
    signed(
      'GET',
      '/test.txt',
      '',
      { range: 'bytes=0-9' },
      'host;range;x-amz-content-sha256;x-amz-date',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ),
  ],
  [
    'a PUT with a dollar sign in its key',
    signed(
      'PUT',
      '/test$file.text',
      '',
      {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      },
      'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ),
  ],
  [
    'a GET of a sub-resource without a value',
    signed(
      'GET',
      '/',
      'lifecycle',
      {},
      'host;x-amz-content-sha256;x-amz-date',
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ),
  ],
  [
    'a listing',
    signed(
      'GET',
      '/',
      'max-keys=2&prefix=J',
      {},
      'host;x-amz-content-sha256;x-amz-date',
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ),
  ],
];

const CHUNKED_HEADERS = {
  host: 's3.amazonaws.com',
  'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  'content-encoding': 'aws-chunked',
  'x-amz-decoded-content-length': '66560',
};

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

/** In pieces of awkward sizes, as a network may bring them. */
async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777);
}

const frame = (size: number, signature: string): string =>
  `${size.toString(16)};chunk-signature=${signature}\r\n${'a'.repeat(size)}${size === 0 ? '' : '\r\n'}`;

const signer = (seedSignature: string): ChunkSigner => ({
  seedSignature,
  signingKey: signingKey(SECRET, SCOPE),
  amzDate: '20130524T000000Z',
  scope: SCOPE,
});

const SEED = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9';
const CHUNKED_BODY =
  frame(65_536, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648') +
  frame(1_024, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497') +
  frame(0, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9') +
  '\r\n';

const TRAILER_SEED = '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e';
const TRAILER_BODY =
  frame(65_536, 'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2') +
  frame(1_024, '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7') +
  frame(0, '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992') +
  'x-amz-checksum-crc32c:sOO8/Q==\r\n' +
  'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n';

describe("AWS's documented signatures", () => {
  it.each(VECTORS)('verifies %s', (_what, request) => {
    expect(verifySignature(request, judges)).toMatchObject({ outcome: 'verified', principal, ageMs: 0 });
  });

  it.each(VECTORS)('refuses %s when its path is another', (_what, request) => {
    const altered = { ...request, rawPath: `${request.rawPath}x` };
    expect(verifySignature(altered, judges)).toMatchObject({ outcome: 'refused', reason: 'bad-signature' });
  });

  it('verifies the seed and every chunk of the documented streaming upload', async () => {
    const request = signed(
      'PUT',
      '/examplebucket/chunkObject.txt',
      '',
      {
        ...CHUNKED_HEADERS,
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
        'content-length': '66824',
      },
      'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
      SEED,
    );
    expect(verifySignature(request, judges)).toMatchObject({ outcome: 'verified', signature: SEED });

    const headers: Record<string, string> = { ...CHUNKED_HEADERS };
    const body = await collect(
      verifiedBody(pieces(CHUNKED_BODY), 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', signer(SEED), headers),
    );

    expect(body.equals(Buffer.alloc(66_560, 'a'))).toBe(true);
    expect(headers).toEqual({
      host: 's3.amazonaws.com',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-decoded-content-length': '66560',
      'content-length': '66560',
    });
  });

  it('verifies the documented upload with a signed trailer, and hands its checksum on', async () => {
    const headers: Record<string, string> = { ...CHUNKED_HEADERS, 'x-amz-trailer': 'x-amz-checksum-crc32c' };
    const form = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
    const body = await collect(verifiedBody(pieces(TRAILER_BODY), form, signer(TRAILER_SEED), headers));
    expect(body.length).toBe(66_560);
    expect(headers['x-amz-checksum-crc32c']).toBe('sOO8/Q==');
  });

  it.each([
    ['a byte of a chunk', CHUNKED_BODY.replace('\r\na', '\r\nb'), 'SignatureDoesNotMatch'],
    [
      'the order of the chunks',
      frame(1_024, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497') + CHUNKED_BODY,
      'SignatureDoesNotMatch',
    ],
    ['the last chunk left out', CHUNKED_BODY.slice(0, CHUNKED_BODY.lastIndexOf('0;chunk')), 'IncompleteBody'],
    ['a chunk cut short', CHUNKED_BODY.slice(0, 40_000), 'IncompleteBody'],
    ['a line without a length', `zz\r\n${CHUNKED_BODY}`, 'IncompleteBody'],
  ])('refuses a streamed body altered in %s', async (_what, text, code) => {
    const headers: Record<string, string> = { ...CHUNKED_HEADERS };
    const form = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
    const reading = collect(verifiedBody(pieces(text), form, signer(SEED), headers));
    await expect(reading).rejects.toMatchObject({ code });
  });

  it('refuses a trailer whose signature is not the one of the chain', async () => {
    const headers: Record<string, string> = { ...CHUNKED_HEADERS, 'x-amz-trailer': 'x-amz-checksum-crc32c' };
    const altered = TRAILER_BODY.replace('sOO8/Q==', 'sOO8/w==');
    const form = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';
    const reading = collect(verifiedBody(pieces(altered), form, signer(TRAILER_SEED), headers));
    await expect(reading).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  it.each([
    ['a wrong checksum', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', 'BadDigest'],
    ['no checksum where one was announced', '5\r\nhello\r\n0\r\n\r\n', 'MalformedTrailerError'],
    ['a header nobody announced', '5\r\nhello\r\n0\r\nx-amz-meta-a:b\r\n\r\n', 'MalformedTrailerError'],
    [
      'fewer bytes than were stated',
      '4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n',
      'IncompleteBody',
    ],
  ])('refuses an unsigned stream with %s', async (_what, text, code) => {
    const headers: Record<string, string> = {
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    };
    const form = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
    await expect(collect(verifiedBody(pieces(text), form, signer(''), headers))).rejects.toMatchObject({
      code,
    });
  });

  it('takes an unsigned stream with the checksum it announced', async () => {
    const headers: Record<string, string> = {
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      'content-encoding': 'gzip,aws-chunked',
    };
    const text = '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n';
    const form = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
    expect((await collect(verifiedBody(pieces(text), form, signer(''), headers))).toString()).toBe('hello');
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'x-amz-checksum-crc32': 'NhCmhg==' });
  });
});
