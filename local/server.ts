/** The front door: HTTP on loopback only; every request is routed, its signature verified, served and written down. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CONTROL_PREFIX, type Control } from './control.ts';
import { sendReply } from './replies.ts';
import { routeOf, type NoRoute, type Route } from './routing.ts';
import { ServiceError, type Call, type Reply } from './service.ts';
import { verifiedBody } from './sigv4-body.ts';
import { sha256Hex, type WireRequest } from './sigv4-canonical.ts';
import { verifySignature, type Judges, type Verified } from './sigv4.ts';
import { errorReply, refusalError, type WireService } from './wire.ts';

/** What the door needs to know, once the stand-in is up. */
interface Household {
  readonly judges: Omit<Judges, 'bodySha256'>;
  readonly control: Control;
  /** Serves a verified call and writes it down; undefined when its caller is to be killed and gets no answer. */
  serve(call: Call & { readonly service: Call['service'] }, kind: WireService): Promise<Reply | undefined>;
  serveSts(verified: Verified, body: Uint8Array, requestId: string): Reply;
}

export interface FrontDoor {
  /** The port that was asked for, or the one the system chose for 0. */
  readonly port: number;
  /** Until this is called every request is told to come again. */
  open(household: Household): void;
  close(): Promise<void>;
}

/** Bodies of every service but S3 are read whole; Lambda's, the largest, are refused by Lambda itself at 6 MB. */
const MAX_WHOLE_BODY_BYTES = 10 * 1024 * 1024;

/** Listens on both loopback addresses and no other. */
export async function openFrontDoor(port: number): Promise<FrontDoor> {
  let household: Household | undefined;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    void answerRequest(household, request, response);
  };
  const first = await listen('127.0.0.1', port, answer);
  if (first === undefined) throw new Error('This machine has no loopback address.');
  const chosen = portOf(first);
  const second = await listen('::1', chosen, answer);
  const servers = second === undefined ? [first] : [first, second];
  return {
    port: chosen,
    open: (ready) => {
      household = ready;
    },
    close: async () => {
      await Promise.all(servers.map(closeServer));
    },
  };
}

async function listen(
  host: string,
  port: number,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server | undefined> {
  // Uploads may be slow; what is never finished ends with its connection.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 30_000 }, answer);
  server.on('checkContinue', answer);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
    return server;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // A machine without IPv6 has one loopback address only.
    if (host === '::1' && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) return undefined;
    if (code === 'EADDRINUSE') throw new Error(`Port ${String(port)} is in use: is the stand-in up already?`);
    throw error;
  }
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

async function answerRequest(
  household: Household | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const wire = wireRequestOf(request);
  const route = routeOf(wire);
  const kind = typeof route === 'string' ? 's3' : route.service;
  const requestId = kind === 's3' ? randomBytes(8).toString('hex').toUpperCase() : randomUUID();
  const exchange: Exchange = { request, response, wire, requestId };
  let date: Date | undefined;
  let reply: Reply | undefined;
  try {
    if (household === undefined)
      throw new ServiceError(503, 'ServiceUnavailable', 'The stand-in is starting.');
    if (wire.rawPath.startsWith(CONTROL_PREFIX) && typeof route !== 'string') {
      reply = await answerControl(household, exchange);
    } else {
      if (typeof route === 'string') throw noRoute(route);
      reply = await answerCall(household, exchange, route, (judgedAt) => (date = judgedAt));
    }
  } catch (error) {
    reply = errorReply(kind, asServiceError(error), typeof route === 'string' ? '' : route.path, requestId);
  }
  if (reply === undefined) request.socket.destroy();
  else await sendReply(request, response, reply, { kind, requestId, date: date ?? new Date() });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly wire: WireRequest;
  readonly requestId: string;
}

function wireRequestOf(request: IncomingMessage): WireRequest {
  const [rawPath = '/', ...query] = (request.url ?? '/').split('?');
  return {
    method: request.method ?? 'GET',
    rawPath,
    rawQuery: query.join('?'),
    headers: request.headersDistinct,
  };
}

function noRoute(reason: NoRoute): ServiceError {
  switch (reason) {
    case 'foreign-host':
      return new ServiceError(403, 'AccessDenied', 'The stand-in answers to localhost only.');
    case 'bad-path':
      return new ServiceError(400, 'InvalidURI', "Couldn't parse the specified URI.");
    case 'unknown-service':
      return new ServiceError(501, 'NotImplemented', 'The stand-in has no such service.');
  }
}

function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  // A message may quote what was parsed; where it happened never does.
  const frames =
    error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  const name = error instanceof Error ? error.name : 'a thrown value';
  process.stderr.write(`stand-in: ${name} while serving a request\n${frames.slice(0, 8).join('\n')}\n`);
  return new ServiceError(500, 'InternalError', 'We encountered an internal error. Please try again.');
}

async function answerControl(household: Household, { request, response, wire }: Exchange): Promise<Reply> {
  return household.control({
    method: wire.method,
    path: wire.rawPath,
    query: new URLSearchParams(wire.rawQuery),
    authorization: request.headers.authorization ?? '',
    body: await readWhole(bodyOf(request, response)),
  });
}

async function answerCall(
  household: Household,
  exchange: Exchange,
  route: Route,
  judged: (at: Date) => void,
): Promise<Reply | undefined> {
  const { request, response, wire, requestId } = exchange;
  const body = bodyOf(request, response);
  const whole = route.service === 's3' ? undefined : await readWhole(body);
  const judges = {
    ...household.judges,
    bodySha256: () => (whole === undefined ? undefined : sha256Hex(whole)),
  };
  const verified = verifySignature(wire, judges);
  if (verified.outcome === 'refused') throw refusalError(route.service, verified);
  judged(verified.judgedAt);
  if (verified.service !== route.service) {
    throw refusalError(route.service, { outcome: 'refused', reason: 'malformed', detail: {} });
  }
  if (route.service === 'sts') return household.serveSts(verified, whole ?? new Uint8Array(), requestId);
  const headers = flatHeaders(request);
  const call: Call = {
    service: route.service,
    principal: verified.principal,
    method: wire.method,
    path: route.path,
    query: new URLSearchParams(wire.rawQuery),
    headers,
    body: whole === undefined ? s3Body(body, verified, headers) : oneChunk(whole),
    presigned: verified.presigned,
    signatureAgeMs: verified.ageMs,
    sourceIp: sourceIpOf(request),
    requestId,
  };
  return household.serve(call, route.service);
}

/** The body, asked for only when it is read: a client that waits for 100-continue is refused before it sends. */
async function* bodyOf(request: IncomingMessage, response: ServerResponse): AsyncGenerator<Uint8Array> {
  if (/100-continue/i.test(request.headers.expect ?? '')) response.writeContinue();
  for await (const chunk of request) {
    if (chunk instanceof Uint8Array) yield chunk;
  }
}

async function readWhole(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_WHOLE_BODY_BYTES) {
      throw new ServiceError(413, 'RequestEntityTooLargeException', 'The request is too large.');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

function s3Body(
  body: AsyncIterable<Uint8Array>,
  verified: Verified,
  headers: Record<string, string>,
): AsyncIterable<Uint8Array> {
  const { payloadHash, signature: seedSignature, signingKey, amzDate, scope } = verified;
  // A presigned URL may leave the body open; a digest sent beside it is kept to all the same.
  const beside = headers['x-amz-content-sha256'] ?? '';
  const hash =
    verified.presigned && payloadHash === 'UNSIGNED-PAYLOAD' && beside !== '' ? beside : payloadHash;
  return verifiedBody(body, hash, { seedSignature, signingKey, amzDate, scope }, headers);
}

function flatHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(',')]),
  );
}

const sourceIpOf = (request: IncomingMessage): string =>
  (request.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
