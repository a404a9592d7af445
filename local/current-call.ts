/** The call being served: what it says about itself in condition keys, wherever in a service a decision is asked for. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Call, Principal } from './service.ts';

const storage = new AsyncLocalStorage<Call>();

/** Serves a call; every decision asked for meanwhile, about the same caller, knows of it. */
export const whileServing = <T>(call: Call, work: () => Promise<T>): Promise<T> => storage.run(call, work);

/**
 * Condition keys of the call in progress, for an action of `service` by `principal`. A call that another service
 * makes for the caller (Athena reading S3, S3 using a key) was not signed by the caller, and says so.
 */
export function callContext(service: string, principal: Principal): Readonly<Record<string, string>> {
  const call = storage.getStore();
  const own = call !== undefined && call.principal.arn === principal.arn ? call : undefined;
  const direct = own?.service === service ? own : undefined;
  const context: Record<string, string> = {
    'aws:sourceip': own?.sourceIp ?? '127.0.0.1',
    'aws:viaawsservice': String(own !== undefined && direct === undefined),
  };
  if (own !== undefined && direct === undefined)
    context['aws:calledvialast'] = `${own.service}.amazonaws.com`;
  if (service === 's3') Object.assign(context, direct === undefined ? internalS3 : s3Context(direct));
  return context;
}

/** A service of the stand-in signs afresh for each request it makes. */
const internalS3 = {
  's3:authtype': 'REST-HEADER',
  's3:signatureage': '0',
  's3:signatureversion': 'AWS4-HMAC-SHA256',
};

function s3Context(call: Call): Record<string, string> {
  const context: Record<string, string> = {
    's3:authtype': call.presigned ? 'REST-QUERY-STRING' : 'REST-HEADER',
    's3:signatureage': String(call.signatureAgeMs),
    's3:signatureversion': 'AWS4-HMAC-SHA256',
  };
  // A presigned URL may carry x-amz- headers in its query; they count as if they had been sent.
  for (const [name, value] of [...call.query, ...Object.entries(call.headers)]) {
    const lower = name.toLowerCase();
    if (lower.startsWith('x-amz-') || lower === 'if-match' || lower === 'if-none-match') {
      context[`s3:${lower}`] = value;
    }
  }
  for (const name of ['prefix', 'delimiter', 'max-keys']) {
    const value = call.query.get(name);
    if (value !== null) context[`s3:${name}`] = value;
  }
  const version = call.query.get('versionId');
  if (version !== null) context['s3:versionid'] = version;
  return context;
}
