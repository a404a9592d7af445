/** KMS: the keys of the templates, served over AWS JSON 1.1 and to the other services of the stand-in. */
import {
  ServiceError,
  type Call,
  type Principal,
  type Reply,
  type Service,
  type StandIn,
} from '../service.ts';
import { openKeyStore } from './key-store.ts';
import { dataKey, decrypt } from './data-keys.ts';
import { OPERATIONS, type Operation } from './operations.ts';
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
const READ_ONLY = new Set([
  'Decrypt',
  'Encrypt',
  'GetPublicKey',
  'DescribeKey',
  'ListAliases',
  'Verify',
  'VerifyMac',
]);

export function createKms(standIn: StandIn): Kms {
  const store = openKeyStore({
    dataDir: standIn.dataDir,
    templates: standIn.templates,
    drawBytes: (purpose, length) => standIn.randomBytes(purpose, length),
    now: () => standIn.clock.now(),
  });
  const tools: Tools = { standIn, store };

  const serve = async (call: Call, name: string, operation: Operation): Promise<Reply> => {
    const answer = operation(await readJson(call), { as: call.principal, viaService: undefined }, tools);
    note(standIn, name, call.principal, call.requestId, answer.key?.arn);
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(answer.json),
    };
  };

  return {
    name: 'kms',
    handle: async (call) => {
      const name = /^TrentService\.(\w+)$/.exec(call.headers['x-amz-target'] ?? '')?.[1] ?? '';
      const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
      if (operation === undefined) {
        throw new ServiceError(501, 'NotImplemented', `The stand-in does not implement kms:${name}.`);
      }
      return serve(call, name, operation);
    },
    generateDataKey: async ({ as, keyId, encryptionContext, viaService }) => {
      const made = dataKey(
        tools,
        { as, viaService },
        {
          reference: keyId,
          context: encryptionContext,
          bytes: DATA_KEY_BYTES,
          action: 'GenerateDataKey',
        },
      );
      return { keyArn: made.key.arn, plaintext: made.plaintext, ciphertext: made.ciphertext };
    },
    decrypt: async ({ as, ciphertext, encryptionContext, viaService }) => {
      const opened = decrypt(tools, { as, viaService }, { ciphertext, context: encryptionContext });
      return { keyArn: opened.key.arn, plaintext: opened.plaintext };
    },
  };
}

/** The KMS part of a stand-in: `kmsOf(standIn.service('kms'))`. */
export function kmsOf(service: Service): Kms {
  if (!isKms(service)) throw new Error(`The service ${service.name} holds no keys.`);
  return service;
}
const isKms = (service: Service): service is Kms => service.name === 'kms' && 'generateDataKey' in service;

function note(
  standIn: StandIn,
  eventName: string,
  as: Principal,
  requestId: string,
  keyArn: string | undefined,
): void {
  standIn.trail.write({
    eventTime: standIn.clock.now().toISOString(),
    eventSource: 'kms.amazonaws.com',
    eventName,
    userArn: as.arn,
    resources: keyArn === undefined ? [] : [keyArn],
    readOnly: READ_ONLY.has(eventName),
    requestId,
  });
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
