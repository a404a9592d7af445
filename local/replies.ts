/** Writes a reply to its connection, with the headers every answer of AWS has. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Reply } from './service.ts';
import type { WireService } from './wire.ts';

export async function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  about: { readonly kind: WireService; readonly requestId: string; readonly date: Date },
): Promise<void> {
  if (response.destroyed) return;
  response.sendDate = false;
  // The reading of the clock the caller signed with, so that clients who correct their own by it stay right.
  response.setHeader('date', about.date.toUTCString());
  response.setHeader(about.kind === 's3' ? 'x-amz-request-id' : 'x-amzn-requestid', about.requestId);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  // A body that was never asked for, or not to its end, leaves the connection of no use to another request.
  if (!request.complete) response.setHeader('connection', 'close');
  response.statusCode = reply.status;
  const { body } = reply;
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = Buffer.from(body ?? '');
    const bodiless = reply.status === 204 || reply.status === 304;
    if (!bodiless && !response.hasHeader('content-length'))
      response.setHeader('content-length', bytes.length);
    response.end(request.method === 'HEAD' || bodiless ? undefined : bytes);
    return;
  }
  try {
    if (request.method === 'HEAD') {
      response.end();
      await body[Symbol.asyncIterator]().return?.();
    } else {
      await pipeline(Readable.from(body, { objectMode: false }), response);
    }
  } catch {
    // Half an answer must not look whole: the connection breaks off.
    response.destroy();
  }
}
