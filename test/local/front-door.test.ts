/** The front door over real HTTP: routes, signatures and their refusals, clocks, and who may come in at all. */
import { readFileSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { DescribeKeyCommand, KMSClient, ListAliasesCommand } from '@aws-sdk/client-kms';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTROL_TOKEN_FILE } from '../../local/control.ts';
import type { Credentials } from '../../local/service.ts';
import { startFixture, type Started } from './front-door-stand-in.ts';

let running: Started;
beforeAll(async () => {
  running = await startFixture({ services: ['kms', 's3'] });
});
afterAll(async () => {
  await running.remove();
});

const BUCKET = 'tvt-records-000000000000';
const keeper = (): Credentials => running.standIn.credentialsFor('keeper', 'keeper-one');
const port = (): number => Number(new URL(running.endpoint).port);

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}
interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends exactly this: no client library mends it on the way. */
function send(sent: Sent): Promise<Got> {
  const query = Object.entries(sent.query ?? {}).map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const path = `${sent.path}${query.length === 0 ? '' : `?${query.join('&')}`}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: port(),
        method: sent.method,
        path,
        headers: { host: host(), ...sent.headers },
      },
      (response) => {
        const chunks: Uint8Array[] = [];
        response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(sent.body);
  });
}
const host = (): string => `localhost:${String(port())}`;
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

interface Signing {
  readonly service?: string;
  readonly region?: string;
  readonly credentials?: Credentials | { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly at?: Date;
}

const signerOf = ({ service = 's3', region = 'eu-west-2', credentials = keeper() }: Signing): SignatureV4 =>
  new SignatureV4({ service, region, credentials, sha256: Sha256, uriEscapePath: service !== 's3' });

const unsigned = (sent: Sent) => ({
  method: sent.method,
  protocol: 'http:',
  hostname: 'localhost',
  port: port(),
  path: sent.path,
  query: sent.query ?? {},
  headers: { host: host(), ...sent.headers },
  ...(sent.body !== undefined && { body: sent.body }),
});

async function signed(sent: Sent, signing: Signing = {}): Promise<Sent> {
  const { headers } = await signerOf(signing).sign(unsigned(sent), { signingDate: signing.at ?? new Date() });
  return { ...sent, headers };
}

/** As S3 presigns: the body is left open unless a digest is given as a signed header. */
async function presigned(sent: Sent, expiresIn: number, signing: Signing = {}): Promise<Sent> {
  const unhoistableHeaders = new Set(Object.keys(sent.headers ?? {}));
  const all = unsigned({ ...sent, query: { ...sent.query, 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } });
  const made = await signerOf(signing).presign(
    { ...all, headers: { ...all.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
    { expiresIn, signingDate: signing.at ?? new Date(), unhoistableHeaders },
  );
  const query = Object.fromEntries(
    Object.entries(made.query ?? {}).map(([name, value]) => [name, String(value)]),
  );
  return { ...sent, query };
}

const object = (name: string, body?: string): Sent => ({
  method: body === undefined ? 'GET' : 'PUT',
  path: `/${BUCKET}/months/${name}`,
  ...(body !== undefined && { body }),
});
const whoAmI: Sent = {
  method: 'POST',
  path: '/',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
};
const minutes = (count: number): Date => new Date(Date.now() + count * 60_000);

describe('a signature in the header', () => {
  it('names the caller', async () => {
    const got = await send(await signed(whoAmI, { service: 'sts' }));
    expect(got.status).toBe(200);
    expect(got.body).toContain('<Arn>arn:aws:sts::000000000000:assumed-role/keeper/keeper-one</Arn>');
  });

  it('lets an object in and out, byte for byte, under path and host addressing alike', async () => {
    const text = 'a line\nand another';
    expect(await send(await signed(object('both', text)))).toMatchObject({ status: 200 });
    expect(await send(await signed(object('both')))).toMatchObject({ status: 200, body: text });

    const virtual = {
      method: 'GET',
      path: '/months/both',
      headers: { host: `${BUCKET}.localhost:${String(port())}` },
    };
    expect(await send(await signed(virtual))).toMatchObject({ status: 200, body: text });
  });

  it.each<readonly [string, Signing, number, string]>([
    [
      'a secret that is not its key’s',
      { credentials: { ...keeperKeys(), secretAccessKey: 'x'.repeat(40) } },
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'the key `test`',
      { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } },
      403,
      'InvalidAccessKeyId',
    ],
    [
      'an account number as its key',
      { credentials: { accessKeyId: '000000000000', secretAccessKey: 'x' } },
      403,
      'InvalidAccessKeyId',
    ],
    ['a date twenty minutes ago', { at: minutes(-20) }, 403, 'RequestTimeTooSkewed'],
    ['a date twenty minutes from now', { at: minutes(20) }, 403, 'RequestTimeTooSkewed'],
    ['another region', { region: 'eu-west-1' }, 400, 'AuthorizationHeaderMalformed'],
  ])('is refused with %s', async (_what, signing, status, code) => {
    const credentials = signing.credentials === undefined ? keeper() : fill(signing.credentials);
    const got = await send(await signed(object('x'), { ...signing, credentials }));
    expect(got).toMatchObject({ status, body: expect.stringContaining(`<Code>${code}</Code>`) as unknown });
  });

  it('is refused without its session token, and with another session’s', async () => {
    const { accessKeyId, secretAccessKey } = keeper();
    const bare = await send(await signed(object('x'), { credentials: { accessKeyId, secretAccessKey } }));
    expect(bare.body).toContain('<Code>InvalidAccessKeyId</Code>');

    const { sessionToken } = running.standIn.credentialsFor('guest', 'guest-one');
    const foreign = await send(
      await signed(object('x'), { credentials: { accessKeyId, secretAccessKey, sessionToken } }),
    );
    expect(foreign).toMatchObject({
      status: 400,
      body: expect.stringContaining('<Code>InvalidToken</Code>') as unknown,
    });
  });

  it('covers method, path, query and every header it names', async () => {
    const sent = await signed({
      ...object('covered'),
      query: { versionId: 'a' },
      headers: { range: 'bytes=0-1' },
    });
    const altered: readonly Sent[] = [
      { ...sent, method: 'HEAD' },
      { ...sent, method: 'DELETE' },
      { ...sent, path: `${sent.path}2` },
      { ...sent, query: { versionId: 'b' } },
      { ...sent, query: {} },
      { ...sent, headers: { ...sent.headers, range: 'bytes=0-9' } },
    ];
    for (const each of altered) expect((await send(each)).status).toBe(403);
  });

  it('does not let in an x-amz- header it does not name', async () => {
    const sent = await signed(object('meta', 'x'));
    const got = await send({ ...sent, headers: { ...sent.headers, 'x-amz-meta-added': 'later' } });
    expect(got.status).toBe(403);
    expect(got.body).toContain('<HeadersNotSigned>x-amz-meta-added</HeadersNotSigned>');
  });

  it('holds a body to its signed digest, and keeps nothing of one that was altered', async () => {
    const sent = await signed(object('digest', 'as signed'));
    const got = await send({ ...sent, body: 'ad signed' });
    expect(got).toMatchObject({
      status: 400,
      body: expect.stringContaining('<Code>XAmzContentSHA256Mismatch</Code>') as unknown,
    });
    const query = { 'list-type': '2', prefix: 'months/digest' };
    const listing = await send(await signed({ method: 'GET', path: `/${BUCKET}`, query }));
    expect(listing).toMatchObject({
      status: 200,
      body: expect.stringContaining('<KeyCount>0</KeyCount>') as unknown,
    });
  });

  it('is of one service: signed for KMS it opens nothing at S3', async () => {
    const got = await send(await signed(object('x'), { service: 'kms' }));
    expect(got.status).not.toBe(200);
  });

  it('is spelt in each service’s own words when it is refused', async () => {
    const listAliases: Sent = {
      method: 'POST',
      path: '/',
      headers: { 'x-amz-target': 'TrentService.ListAliases', 'content-type': 'application/x-amz-json-1.1' },
      body: '{}',
    };
    const wrong = { ...keeper(), secretAccessKey: 'x'.repeat(40) };
    const kms = await send(await signed(listAliases, { service: 'kms', credentials: wrong }));
    expect(kms.headers['x-amzn-errortype']).toBe('InvalidSignatureException');
    expect(JSON.parse(kms.body)).toMatchObject({ __type: 'InvalidSignatureException' });

    expect((await send(listAliases)).headers['x-amzn-errortype']).toBe('MissingAuthenticationTokenException');
    expect((await send(object('x'))).body).toContain('<Code>AccessDenied</Code>');
  });
});

const keeperKeys = (): Credentials => ({ accessKeyId: 'keeper', secretAccessKey: '', sessionToken: '' });
/** Tables are made before the stand-in is up: the keeper's own key is filled in here. */
const fill = (given: NonNullable<Signing['credentials']>): NonNullable<Signing['credentials']> =>
  given.accessKeyId === 'keeper' ? { ...keeper(), secretAccessKey: given.secretAccessKey } : given;

describe('a presigned URL', () => {
  it('takes the upload it was made for', async () => {
    const got = await send(await presigned(object('link', 'sent by link'), 300));
    expect(got.status).toBe(200);
    expect(await send(await signed(object('link')))).toMatchObject({ body: 'sent by link' });
  });

  it('expires', async () => {
    const young = await presigned(object('link'), 240, { at: minutes(-3) });
    const old = await presigned(object('link'), 240, { at: minutes(-5) });
    expect((await send(young)).status).toBe(200);
    expect(await send(old)).toMatchObject({
      status: 403,
      body: expect.stringContaining('<Message>Request has expired</Message>') as unknown,
    });
  });

  it('stays under the age a bucket policy sets, whatever it says of itself', async () => {
    const old = await presigned(object('link'), 3600, { at: minutes(-6) });
    const got = await send(old);
    expect(got.status).toBe(403);
    expect(got.body).toContain('explicit deny in a resource-based policy');
  });

  it('is refused when any part of it is altered', async () => {
    const sent = await presigned(object('link'), 300);
    const { query = {} } = sent;
    const alter = (name: string, value: string): Sent => ({ ...sent, query: { ...query, [name]: value } });
    const signature = query['X-Amz-Signature'] ?? '';
    const altered: readonly Sent[] = [
      { ...sent, method: 'DELETE' },
      { ...sent, path: sent.path.replace('link', 'both') },
      alter('X-Amz-Expires', '3600'),
      alter('X-Amz-Date', (query['X-Amz-Date'] ?? '').replace(/\d\dZ$/, '00Z')),
      alter('X-Amz-Signature', `${signature.slice(0, -1)}${signature.endsWith('0') ? '1' : '0'}`),
      alter('X-Amz-Signature', signature.toUpperCase()),
      alter('versionId', 'x'),
    ];
    for (const each of altered) expect(await send(each)).not.toMatchObject({ status: 200 });
  });

  it('cannot live longer than seven days', async () => {
    const sent = await presigned(object('link'), 604_800);
    const got = await send({ ...sent, query: { ...sent.query, 'X-Amz-Expires': '604801' } });
    expect(got).toMatchObject({
      status: 400,
      body: expect.stringContaining('<Code>AuthorizationQueryParametersError</Code>') as unknown,
    });
  });

  it('binds the headers it was signed with, and lets no other x-amz- header in', async () => {
    const sent = await presigned({ ...object('bound', 'x'), headers: { 'x-amz-meta-rows': '7' } }, 300);
    expect((await send(sent)).status).toBe(200);
    expect((await send({ ...sent, headers: { 'x-amz-meta-rows': '8' } })).status).toBe(403);
    expect((await send({ ...sent, headers: {} })).status).toBe(403);
    const added = await send({ ...sent, headers: { ...sent.headers, 'x-amz-tagging': 'a=b' } });
    expect(added.body).toContain('<HeadersNotSigned>x-amz-tagging</HeadersNotSigned>');
  });

  it('holds the body to a digest sent beside it', async () => {
    const sent = await presigned(object('beside', 'x'), 300);
    const got = await send({ ...sent, headers: { 'x-amz-content-sha256': '0'.repeat(64) } });
    expect(got.body).toContain('<Code>XAmzContentSHA256Mismatch</Code>');
  });
});

describe('the door', () => {
  it('answers to names of this machine only', async () => {
    expect((await send({ method: 'GET', path: '/', headers: { host: 'attacker.example' } })).status).toBe(
      403,
    );
  });

  it('answers 501 to a service it does not have', async () => {
    expect(
      (await send(await signed({ method: 'POST', path: '/', body: '{}' }, { service: 'dynamodb' }))).status,
    ).toBe(501);
    expect(
      (await send(await signed({ ...whoAmI, body: 'Action=AssumeRole' }, { service: 'sts' }))).status,
    ).toBe(501);
  });

  it.each(['/%E0%A4%A', '/bucket/a%zz'])('answers 400 to the path %s', async (path) => {
    expect((await send({ method: 'GET', path })).status).toBe(400);
  });

  it('sends no body after HEAD', async () => {
    const got = await send(await signed({ method: 'HEAD', path: `/${BUCKET}/months/none` }));
    // Who may not list a bucket is not told whether the key exists.
    expect(got).toMatchObject({ status: 403, body: '' });
  });

  it('refuses an upload before it is sent when the client waits to be told', async () => {
    const sent = await signed(
      { ...object('waits', ''), headers: { 'content-length': '5' } },
      {
        credentials: { ...keeper(), secretAccessKey: 'x'.repeat(40) },
      },
    );
    const answer = await new Promise<number>((resolve, reject) => {
      const headers = { host: host(), ...sent.headers, expect: '100-continue' };
      const request = httpRequest({
        host: '127.0.0.1',
        port: port(),
        method: 'PUT',
        path: sent.path,
        headers,
      });
      request.on('continue', () => reject(new Error('It was told to go on.')));
      request.on('response', (response) => resolve(response.statusCode ?? 0));
      request.on('error', reject);
      request.flushHeaders();
    });
    expect(answer).toBe(403);
  });
});

describe('a test that kills the caller', () => {
  it('has the call served and written down, and its answer lost', async () => {
    const seen: string[] = [];
    const killing = await startFixture({
      afterCall: (event) => {
        seen.push(event.eventName);
        return Promise.resolve(event.eventName === 'ListAliases' ? 'kill-caller' : 'go-on');
      },
    });
    const kms = new KMSClient({
      region: 'eu-west-2',
      endpoint: killing.endpoint,
      credentials: killing.standIn.credentialsFor('keeper', 'keeper-one'),
      maxAttempts: 1,
    });
    await expect(kms.send(new DescribeKeyCommand({ KeyId: 'alias/tvt-records' }))).resolves.toHaveProperty(
      'KeyMetadata',
    );
    await expect(kms.send(new ListAliasesCommand({}))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(seen).toEqual(['DescribeKey', 'ListAliases']);
    expect(killing.standIn.trail.events.map(({ eventName }) => eventName)).toEqual(seen);
    await killing.remove();
  });
});

describe('started again on the same data', () => {
  it('has the same keys, clock and trail, and issues the same credentials', async () => {
    const first = await startFixture();
    const to = new Date(Date.now() + 86_400_000);
    await first.standIn.clock.moveTo(to);
    const issued = first.standIn.credentialsFor('keeper', 'keeper-one');
    // A copy: the client writes its own notes into what it is given.
    const kms = new KMSClient({ region: 'eu-west-2', endpoint: first.endpoint, credentials: { ...issued } });
    await kms.send(new ListAliasesCommand({}));
    await first.close();

    const second = await startFixture({ dataDir: first.dataDir });

    expect(second.standIn.credentialsFor('keeper', 'keeper-one')).toEqual(issued);
    expect(second.standIn.clock.now().getTime()).toBeGreaterThanOrEqual(to.getTime());
    expect(second.standIn.trail.events.map(({ eventName }) => eventName)).toEqual(['ListAliases']);
    await second.remove();
  });

  it('gives out other ids than in its first life, even with a seed', async () => {
    const first = await startFixture();
    const draw = ({ standIn }: Started): string => Buffer.from(standIn.randomBytes('ids', 8)).toString('hex');
    const [one, two] = [draw(first), draw(first)];
    await first.close();
    const second = await startFixture({ dataDir: first.dataDir });
    expect(new Set([one, two, draw(second)]).size).toBe(3);
    await second.close();
    await expect(startFixture({ dataDir: first.dataDir, seed: 'another' })).rejects.toThrow('another seed');
    await second.remove().catch(() => undefined);
    rmSync(first.dataDir, { recursive: true, force: true });

    const fresh = await startFixture();
    expect(draw(fresh)).toBe(one);
    await fresh.remove();
  });
});

describe('the clock', () => {
  const control = (method: string, path: string, body?: string): Promise<Got> => {
    const token = readFileSync(join(running.dataDir, CONTROL_TOKEN_FILE), 'utf8');
    return send({
      method,
      path: `/_stand-in/${path}`,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body }),
    });
  };

  it('is nobody’s to read or move without the token of the data directory', async () => {
    expect((await send({ method: 'GET', path: '/_stand-in/clock' })).status).toBe(403);
    const authorization = `Bearer ${'0'.repeat(64)}`;
    const move = {
      method: 'POST',
      path: '/_stand-in/clock',
      headers: { authorization },
      body: '{"to":"2030-01-01"}',
    };
    expect((await send(move)).status).toBe(403);
  });

  it('once moved, lets in signatures of its own time and of real time, and of no time between', async () => {
    const inside = await presignedBy('tvt-fn-example');
    const to = new Date(Date.now() + 40 * 86_400_000);

    expect(await control('POST', 'clock', JSON.stringify({ to: to.toISOString() }))).toMatchObject({
      status: 200,
    });

    expect(Math.abs(running.standIn.clock.now().getTime() - to.getTime())).toBeLessThan(60_000);
    expect((await send(await signed(whoAmI, { service: 'sts' }))).status).toBe(200);
    expect((await send(await signed(whoAmI, { service: 'sts', at: to }))).status).toBe(200);
    const between = new Date(Date.now() + 20 * 86_400_000);
    expect((await send(await signed(whoAmI, { service: 'sts', at: between }))).status).toBe(403);
    // What a function presigned before the move is forty days old now, though hardly a second of real time passed.
    expect((await send(inside)).body).toContain('Request has expired');
  });

  it('answers with the time the caller signed in', async () => {
    const there = running.standIn.clock.now();
    const got = await send(await signed(whoAmI, { service: 'sts', at: there }));
    expect(Math.abs(Date.parse(got.headers.date ?? '') - there.getTime())).toBeLessThan(60_000);
  });

  it('never goes back', async () => {
    expect((await control('POST', 'clock', '{"to":"2020-01-01"}')).status).toBe(409);
    expect((await control('POST', 'clock', '{"to":"tomorrow"}')).status).toBe(400);
  });
});

async function presignedBy(role: string): Promise<Sent> {
  return presigned(object('link'), 300, { credentials: running.standIn.credentialsFor(role, role) });
}
