/** S3 of the stand-in: the templates' buckets, served over S3's own protocol and to the services beside it. */
import { isMovable } from '../clock.ts';
import { ServiceError } from '../service.ts';
import type { Call, ObjectStore, Principal, Reply, Service, StandIn } from '../service.ts';
import { accessFor, requestConditions, serviceConditions } from './access.ts';
import { LIST_BUCKETS_PARAMETERS, listBuckets } from './bucket-reads.ts';
import { bucketsOf } from './buckets.ts';
import { BucketCatalogue } from './catalogue.ts';
import { dataKeys } from './data-keys.ts';
import { errorReply, refusal } from './errors.ts';
import { lifecycleOf } from './lifecycle.ts';
import { objectStore } from './object-store.ts';
import { isOfAnyRequest, operationFor } from './operations.ts';
import { recorder } from './recorder.ts';
import type { Recorded } from './recorder.ts';
import { addressOf, effectiveHeaders, refuseUnbuiltHeaders } from './request.ts';
import type { Address } from './request.ts';
import type { Storage } from './storage.ts';

export interface S3 extends Service, ObjectStore {
  /** Applies the lifecycle rules of the templates up to this moment. */
  runLifecycle(now: Date): Promise<void>;
  stop(): void;
}

export function createS3(standIn: StandIn): S3 {
  const storage = openStorage(standIn);
  const recorded = recorder(standIn);
  const lifecycle = lifecycleOf(storage);
  lifecycle.run(standIn.clock.now());
  // No stops on the way are needed: rules are applied night by night up to wherever the clock has come.
  if (isMovable(standIn.clock)) standIn.clock.onMove(async (_from, to) => lifecycle.run(to));
  const timer = setInterval(() => lifecycle.run(standIn.clock.now()), LIFECYCLE_EVERY_MS).unref();
  const accessOf = (principal: Principal): ReturnType<typeof accessFor> =>
    accessFor(standIn.authoriser, principal, serviceConditions(storage.account));
  return {
    name: 's3',
    handle: (call) => handle(call, standIn, storage, recorded),
    ...objectStore(storage, accessOf, recorded),
    runLifecycle: async (now) => lifecycle.run(now),
    stop: () => clearInterval(timer),
  };
}

/** How often a stand-in left alone looks for what is due; AWS looks about once a day. */
const LIFECYCLE_EVERY_MS = 15 * 60_000;

function openStorage(standIn: StandIn): Storage {
  const buckets = bucketsOf(standIn.templates);
  const catalogues = new Map(
    [...buckets.keys()].map((name) => [name, new BucketCatalogue(standIn.dataDir, name)] as const),
  );
  return {
    account: standIn.templates.account,
    region: standIn.templates.region,
    buckets,
    dataKeys: dataKeys(standIn),
    clock: standIn.clock,
    openedAt: standIn.clock.now().toISOString(),
    catalogue(bucket) {
      const catalogue = catalogues.get(bucket.name);
      if (catalogue === undefined) throw new Error(`No catalogue was opened for ${bucket.name}.`);
      return catalogue;
    },
  };
}

/** Every call is answered in S3's words: refusals too, so that a front door only has to pass them on. */
async function handle(call: Call, standIn: StandIn, storage: Storage, recorded: Recorded): Promise<Reply> {
  const ids = {
    'x-amz-request-id': call.requestId,
    'x-amz-id-2': Buffer.from(call.requestId).toString('base64'),
  };
  try {
    const reply = await dispatch(call, standIn, storage, recorded);
    return { ...reply, headers: { ...reply.headers, ...ids } };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    await readOut(call);
    return errorReply(error, call.method, call.path, call.requestId);
  }
}

/** Bodies above this are cut off by closing the connection. */
const READ_OUT_BYTES = 256 * 1024 ** 2;

/**
 * Reads what is left of a refused body and drops it: a client that is still sending would else see its connection
 * break before it has read why. One that waits for 100-continue has sent nothing and never will.
 */
async function readOut(call: Call): Promise<void> {
  if (call.headers['expect'] !== undefined || Number(call.headers['content-length'] ?? 0) > READ_OUT_BYTES)
    return;
  try {
    let bytes = 0;
    for await (const piece of call.body) if ((bytes += piece.length) > READ_OUT_BYTES) return;
  } catch {
    // What the rest of it was does not matter any more.
  }
}

async function dispatch(call: Call, standIn: StandIn, storage: Storage, recorded: Recorded): Promise<Reply> {
  const address = addressOf(call.path);
  const headers = effectiveHeaders(call);
  const on = address.bucket === '' ? 'service' : address.key === '' ? 'bucket' : 'object';
  const access = accessFor(
    standIn.authoriser,
    call.principal,
    requestConditions(call, headers, storage.account),
  );
  const operation = operationFor(call.method, on, call.query, headers['x-amz-copy-source'] !== undefined);
  const record = {
    as: call.principal,
    eventName: operation?.eventName ?? (on === 'service' ? 'ListBuckets' : 'NotImplemented'),
    resources: resourcesOf(address),
    requestId: call.requestId,
  };
  return recorded({
    ...record,
    run() {
      if (on === 'service' && isListBuckets(call)) return listBuckets(access, storage, call.query);
      if (operation === undefined) throw refusal('NotImplemented');
      const bucket = storage.buckets.get(address.bucket);
      if (bucket === undefined) throw refusal('NoSuchBucket', undefined, { BucketName: address.bucket });
      refuseUnbuiltHeaders(headers, bucket);
      const trailing = (name: string): string | undefined => call.headers[name];
      const { query, body } = call;
      return operation.run({ bucket, key: address.key, query, headers, body, trailing, access }, storage);
    },
  });
}

const isListBuckets = (call: Call): boolean =>
  call.method === 'GET' &&
  [...call.query.keys()].every((name) => LIST_BUCKETS_PARAMETERS.includes(name) || isOfAnyRequest(name));

function resourcesOf(address: Address): readonly string[] {
  if (address.bucket === '') return [];
  const bucket = `arn:aws:s3:::${address.bucket}`;
  return address.key === '' ? [bucket] : [`${bucket}/${address.key}`, bucket];
}
