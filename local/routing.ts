/** Where a request goes: the service its credential scope names, and one spelling of the path whichever was used. */
import type { ServiceName } from './service.ts';
import { queryPairs, type WireRequest } from './sigv4-canonical.ts';
import type { WireService } from './wire.ts';

export const SERVICE_NAMES: readonly ServiceName[] = ['s3', 'kms', 'athena', 'states', 'lambda', 'scheduler'];

export interface Route {
  readonly service: WireService;
  /** Decoded. Of S3 `/<bucket>/<key>`, of a function URL `/lambda-url/<function>/…`, however they were addressed. */
  readonly path: string;
}
/** Why a request has no route. */
export type NoRoute = 'foreign-host' | 'bad-path' | 'unknown-service';

const FUNCTION_URL_HOST = /^([a-z0-9_-]+)\.lambda-url\.eu-west-2\.localhost$/;
const BUCKET_HOST = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.localhost$/;

export function routeOf(request: WireRequest): Route | NoRoute {
  const host = hostOf(request);
  const functionName = FUNCTION_URL_HOST.exec(host)?.[1];
  const bucket = functionName === undefined ? BUCKET_HOST.exec(host)?.[1] : undefined;
  // A page on the web that has its own name resolve to 127.0.0.1 gets no further than this.
  if (
    functionName === undefined &&
    bucket === undefined &&
    !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(host)
  ) {
    return 'foreign-host';
  }
  const path = decode(request.rawPath);
  if (path === undefined || !queryDecodes(request.rawQuery)) return 'bad-path';
  if (functionName !== undefined) return { service: 'lambda', path: `/lambda-url/${functionName}${path}` };
  if (bucket !== undefined) return { service: 's3', path: `/${bucket}${path}` };
  const service = scopeService(request) ?? unsignedService(request);
  return isWireService(service) ? { service, path } : 'unknown-service';
}

/** Lower case, without the port. */
const hostOf = (request: WireRequest): string =>
  (request.headers['host']?.[0] ?? '').toLowerCase().replace(/:\d+$/, '');

function decode(rawPath: string): string | undefined {
  try {
    return decodeURIComponent(rawPath);
  } catch {
    return undefined;
  }
}

function queryDecodes(rawQuery: string): boolean {
  try {
    queryPairs(rawQuery);
    return true;
  } catch {
    return false;
  }
}

function scopeService(request: WireRequest): string | undefined {
  const inHeader = /Credential=[^,]*?\/\d{8}\/[^/,]+\/([^/,]+)\//.exec(
    request.headers['authorization']?.[0] ?? '',
  );
  if (inHeader?.[1] !== undefined) return inHeader[1];
  const inQuery = queryPairs(request.rawQuery).find(([name]) => name === 'X-Amz-Credential');
  return inQuery?.[1].split('/')[3];
}

const TARGETS: readonly (readonly [string, ServiceName])[] = [
  ['TrentService.', 'kms'],
  ['AmazonAthena.', 'athena'],
  ['AWSStepFunctions.', 'states'],
];

/** Only to spell the refusal in the words the caller's client understands. */
function unsignedService(request: WireRequest): ServiceName {
  const target = request.headers['x-amz-target']?.[0] ?? '';
  const byTarget = TARGETS.find(([prefix]) => target.startsWith(prefix))?.[1];
  if (byTarget !== undefined) return byTarget;
  if (request.rawPath.startsWith('/lambda-url/')) return 'lambda';
  if (/^\/20\d\d-\d\d-\d\d\/functions/.test(request.rawPath)) return 'lambda';
  return request.rawPath.startsWith('/schedules') ? 'scheduler' : 's3';
}

const isWireService = (name: string): name is WireService =>
  name === 'sts' || SERVICE_NAMES.some((known) => known === name);
