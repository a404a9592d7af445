/** KMS: the keys of the templates, served over AWS JSON 1.1 and to the other services of the stand-in. */
import { randomUUID } from 'node:crypto';
import {
  ServiceError,
  type Call,
  type Principal,
  type Reply,
  type Service,
  type StandIn,
} from '../service.ts';
import { dataKey, decrypt } from './data-keys.ts';
import { openKeyStore, type Key } from './key-store.ts';
import { OPERATIONS } from './operations.ts';
import type { Tools } from './use-key.ts';

/** KMS as other services use it: always as somebody, judged by key policy and identity policy together. */
export interface Kms extends Service {
  /** `keyId`: id, ARN, alias or alias ARN. `viaService` fills kms:ViaService, e.g. `s3`. Throws ServiceError. */
  generateDataKey(request: {
    readonly as: Principal;
    readonly keyId: string;
    readonly encryptionContext: Readonly<Record<string, string>>;
    readonly viaService: string;
  }): Promise<{ readonly keyArn: string; readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array }>;
  decrypt(request: {
    readonly as: Principal;
    readonly ciphertext: Uint8Array;
    readonly encryptionContext: Readonly<Record<string, string>>;
    readonly viaService: string;
  }): Promise<{ readonly keyArn: string; readonly plaintext: Uint8Array }>;
}

const DATA_KEY_BYTES = 32;
/** KMS takes no larger request than a ciphertext of 6,144 bytes with its context. */
const MAX_REQUEST_BYTES = 64 * 1024;

export function createKms(standIn: StandIn): Kms {
  const store = openKeyStore({
    dataDir: standIn.dataDir,
    templates: standIn.templates,
    drawBytes: (purpose, length) => standIn.randomBytes(purpose, length),
    now: () => standIn.clock.now(),
  });
  const tools: Tools = { standIn, store };
  return {
    name: 'kms',
    handle: (call) => serve(tools, call),
    generateDataKey: async ({ as, keyId, encryptionContext, viaService }) => {
      const input = { reference: keyId, context: encryptionContext, bytes: DATA_KEY_BYTES };
      const made = audited(standIn, { eventName: 'GenerateDataKey', as, requestId: randomUUID() }, () =>
        dataKey(tools, { as, viaService }, { ...input, action: 'GenerateDataKey' }),
      );
      return { keyArn: made.key.arn, plaintext: made.plaintext, ciphertext: made.ciphertext };
    },
    decrypt: async ({ as, ciphertext, encryptionContext, viaService }) => {
      const opened = audited(standIn, { eventName: 'Decrypt', as, requestId: randomUUID() }, () =>
        decrypt(tools, { as, viaService }, { ciphertext, context: encryptionContext }),
      );
      return { keyArn: opened.key.arn, plaintext: opened.plaintext };
    },
  };
}

async function serve(tools: Tools, call: Call): Promise<Reply> {
  const eventName = /^TrentService\.(\w+)$/.exec(call.headers['x-amz-target'] ?? '')?.[1] ?? '';
  const operation = Object.hasOwn(OPERATIONS, eventName) ? OPERATIONS[eventName] : undefined;
  if (operation === undefined) {
    throw new ServiceError(501, 'NotImplemented', `The stand-in does not implement kms:${eventName}.`);
  }
  const input = await readJson(call);
  const { principal: as, requestId } = call;
  const answer = audited(tools.standIn, { eventName, as, requestId }, () =>
    operation(input, { as, viaService: undefined }, tools),
  );
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  return { status: 200, headers, body: JSON.stringify(answer.json) };
}

/** The KMS part of a stand-in: `kmsOf(standIn.service('kms'))`. */
export function kmsOf(service: Service): Kms {
  if (!isKms(service)) throw new Error(`The service ${service.name} holds no keys.`);
  return service;
}
const isKms = (service: Service): service is Kms => service.name === 'kms' && 'generateDataKey' in service;

/** Uses of a key change nothing, and CloudTrail has them as read-only; those another service makes are there too. */
function audited<T extends { readonly key: Key | undefined }>(
  standIn: StandIn,
  about: { readonly eventName: string; readonly as: Principal; readonly requestId: string },
  use: () => T,
): T {
  const note = (key: Key | undefined, errorCode?: string): void =>
    standIn.trail.write({
      eventTime: standIn.clock.now().toISOString(),
      eventSource: 'kms.amazonaws.com',
      eventName: about.eventName,
      userArn: about.as.arn,
      resources: key === undefined ? [] : [key.arn],
      readOnly: true,
      requestId: about.requestId,
      ...(errorCode !== undefined && { errorCode }),
    });
  try {
    const done = use();
    note(done.key);
    return done;
  } catch (error) {
    note(undefined, error instanceof ServiceError ? error.code : 'KMSInternalException');
    throw error;
  }
}

async function readJson(call: Call): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of call.body) {
    bytes += chunk.length;
    if (bytes > MAX_REQUEST_BYTES)
      throw new ServiceError(400, 'ValidationException', 'The request is too large.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
  } catch {
    throw new ServiceError(400, 'SerializationException', 'The request is no JSON.');
  }
}
