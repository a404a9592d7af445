/** Whatever the AWS SDK signs is verified, and nothing that differs from it in any respect. */
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyring } from '../../local/credentials.ts';
import { sha256Hex, uriEncode, type WireRequest } from '../../local/sigv4-canonical.ts';
import { MAX_SKEW_MS, verifySignature, type Judges } from '../../local/sigv4.ts';

const keyring = createKeyring({
  rootKey: Buffer.alloc(32, 7),
  account: '000000000000',
  roles: new Map([['someone', { roleArn: 'arn:aws:iam::000000000000:role/someone' }]]),
});
const credentials = keyring.credentialsFor('someone', 'someone');
const REAL = Date.parse('2026-03-01T12:00:00Z');

const judgesAt = (real: number, movable: number, body = ''): Judges => ({
  region: 'eu-west-2',
  lookUp: keyring.lookUp,
  realNow: () => new Date(real),
  movableNow: () => new Date(movable),
  signsInside: () => false,
  bodySha256: () => sha256Hex(body),
});

interface Plain {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function sign(service: string, plain: Plain, at = REAL): Promise<WireRequest> {
  const signer = new SignatureV4({
    service,
    region: 'eu-west-2',
    credentials,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });
  const rawPath = plain.path.split('/').map(uriEncode).join('/');
  const { headers } = await signer.sign(
    {
      method: plain.method,
      protocol: 'http:',
      hostname: 'localhost',
      path: rawPath,
      query: { ...plain.query },
      headers: { host: 'localhost:4566', ...plain.headers },
      body: plain.body,
    },
    { signingDate: new Date(at) },
  );
  return {
    method: plain.method,
    rawPath,
    rawQuery: Object.entries(plain.query)
      .map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`)
      .join('&'),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]),
    ),
  };
}

const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 12 })
  .filter((value) => value.isWellFormed());
const segment = text
  .map((value) => value.replaceAll('/', ''))
  .filter((value) => !['', '.', '..'].includes(value));
const plainRequests = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE'),
  path: fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
  query: fc.dictionary(
    text.filter((name) => !/^x-amz-/i.test(name) && name !== '__proto__'),
    text,
    { maxKeys: 3 },
  ),
  headers: fc.constant({ 'x-amz-meta-rows': ' 7   8 ' }),
  body: fc.string({ maxLength: 20 }),
});

describe.each(['s3', 'kms', 'lambda'])('signed for %s', (service) => {
  it('every request of the SDK is verified, whatever stands in its path and query', async () => {
    await fc.assert(
      fc.asyncProperty(plainRequests, async (plain) => {
        const outcome = verifySignature(await sign(service, plain), judgesAt(REAL, REAL, plain.body));
        expect(outcome).toMatchObject({ outcome: 'verified', service, presigned: false });
      }),
      { numRuns: 60 },
    );
  });

  it('none is verified with one character of its signature changed', async () => {
    await fc.assert(
      fc.asyncProperty(plainRequests, fc.nat({ max: 63 }), async (plain, at) => {
        const request = await sign(service, plain);
        const authorization = request.headers['authorization']?.[0] ?? '';
        const index = authorization.length - 64 + at;
        const changed = authorization[index] === '0' ? '1' : '0';
        const altered = `${authorization.slice(0, index)}${changed}${authorization.slice(index + 1)}`;
        const headers = { ...request.headers, authorization: [altered] };
        expect(verifySignature({ ...request, headers }, judgesAt(REAL, REAL, plain.body))).toMatchObject({
          outcome: 'refused',
          reason: 'bad-signature',
        });
      }),
      { numRuns: 30 },
    );
  });
});

describe('the date of a signature', () => {
  const plain: Plain = { method: 'GET', path: '/b/k', query: {}, headers: {}, body: '' };

  it('is judged by whichever clock is nearer, and never by more than fifteen minutes', async () => {
    const days = fc.integer({ min: -400, max: 400 }).map((count) => count * 86_400_000);
    const aside = fc
      .integer({ min: -2 * MAX_SKEW_MS, max: 2 * MAX_SKEW_MS })
      .map((ms) => Math.round(ms / 1000) * 1000);
    await fc.assert(
      fc.asyncProperty(days, aside, fc.boolean(), async (offset, off, inside) => {
        const at = (inside ? REAL + offset : REAL) + off;
        const outcome = verifySignature(await sign('s3', plain, at), judgesAt(REAL, REAL + offset));
        const near = Math.min(Math.abs(at - REAL), Math.abs(at - REAL - offset)) <= MAX_SKEW_MS;
        expect(outcome.outcome).toBe(near ? 'verified' : 'refused');
      }),
      { numRuns: 60 },
    );
  });
});

describe('a session token', () => {
  it('is worth nothing with any one character changed', () => {
    const { accessKeyId, sessionToken } = credentials;
    expect(keyring.lookUp(accessKeyId, sessionToken).outcome).toBe('known');
    for (let at = 0; at < sessionToken.length; at += 1) {
      const changed = sessionToken[at] === 'A' ? 'B' : 'A';
      const token = `${sessionToken.slice(0, at)}${changed}${sessionToken.slice(at + 1)}`;
      expect(keyring.lookUp(accessKeyId, token).outcome).toBe('bad-token');
    }
  });

  it('of another stand-in is worth nothing here', () => {
    const roles = new Map([['someone', { roleArn: 'arn:aws:iam::000000000000:role/someone' }]]);
    const other = createKeyring({ rootKey: Buffer.alloc(32, 8), account: '000000000000', roles });
    const { accessKeyId, sessionToken } = other.credentialsFor('someone', 'someone');
    expect(keyring.lookUp(accessKeyId, sessionToken).outcome).toBe('bad-token');
  });

  it('is issued to roles of the templates only', () => {
    expect(() => keyring.credentialsFor('nobody', 'nobody')).toThrow('no role nobody');
  });
});
