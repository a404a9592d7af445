/** Verifies AWS Signature Version 4, in the Authorization header or in a presigned query: who signed, and when. */
import { timingSafeEqual } from 'node:crypto';
import type { KeyLookup } from './credentials.ts';
import type { Principal } from './service.ts';
import {
  ALGORITHM,
  canonicalRequest,
  hmac,
  queryPairs,
  signingKey,
  stringToSign,
  type CredentialScope,
  type WireRequest,
} from './sigv4-canonical.ts';

/** What AWS allows between the signer's clock and its own. */
export const MAX_SKEW_MS = 15 * 60_000;
/** A presigned URL lives at most seven days. */
const MAX_EXPIRES_SECONDS = 604_800;

export interface Verified {
  readonly outcome: 'verified';
  readonly principal: Principal;
  readonly service: string;
  readonly presigned: boolean;
  /** Since it was signed, by the clock it was judged by. */
  readonly ageMs: number;
  /** The reading of that clock: answers carry it as their date. */
  readonly judgedAt: Date;
  /** What the signature says of the body: a hex digest, UNSIGNED-PAYLOAD, or one of the STREAMING- forms. */
  readonly payloadHash: string;
  /** For the chunks of a streamed body, each signed on the signature before it. */
  readonly signature: string;
  readonly signingKey: Uint8Array;
  readonly amzDate: string;
  readonly scope: CredentialScope;
}

/** Why a signature is refused; each service spells them in its own words. */
export type RefusalReason =
  | 'unsigned'
  | 'unsupported-mechanism'
  | 'malformed'
  | 'malformed-query'
  | 'wrong-region'
  | 'unknown-key'
  | 'bad-token'
  | 'skewed'
  | 'not-yet-valid'
  | 'expired'
  | 'headers-not-signed'
  | 'no-content-hash'
  | 'bad-signature';
export interface Refused {
  readonly outcome: 'refused';
  readonly reason: RefusalReason;
  /** Elements S3 adds to the error document. Nothing here that the caller did not send. */
  readonly detail: Readonly<Record<string, string>>;
}

export interface Judges {
  readonly region: string;
  readonly lookUp: (accessKeyId: string, sessionToken: string | undefined) => KeyLookup;
  /** Real time: what clients outside sign with. */
  readonly realNow: () => Date;
  /** The movable clock: what functions inside sign with. */
  readonly movableNow: () => Date;
  /** Whether a role is taken by a service of the stand-in, so that what it presigns was dated by the movable clock. */
  readonly signsInside: (roleName: string) => boolean;
  /** Digest of the body, for services that read it whole; not asked when a content hash is signed. */
  readonly bodySha256: () => string | undefined;
}

interface Claim {
  readonly presigned: boolean;
  readonly scope: CredentialScope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly amzDate: string;
  readonly sessionToken: string | undefined;
  readonly expiresSeconds: number | undefined;
}

const refuse = (reason: RefusalReason, detail: Readonly<Record<string, string>> = {}): Refused => ({
  outcome: 'refused',
  reason,
  detail,
});

export function verifySignature(request: WireRequest, judges: Judges): Verified | Refused {
  const claim = readClaim(request);
  if ('outcome' in claim) return claim;
  const { scope } = claim;
  if (scope.region !== judges.region) return refuse('wrong-region', { Region: judges.region });

  const key = judges.lookUp(scope.accessKeyId, claim.sessionToken);
  if (key.outcome !== 'known') {
    return refuse(key.outcome, key.outcome === 'unknown-key' ? { AWSAccessKeyId: scope.accessKeyId } : {});
  }

  const date = judgeDate(claim, judges, claim.presigned && judges.signsInside(key.principal.roleName));
  if ('outcome' in date) return date;

  const unsigned = unsignedHeaders(request, claim);
  if (unsigned.length > 0) return refuse('headers-not-signed', { HeadersNotSigned: unsigned.join(', ') });

  const payloadHash = payloadHashOf(request, claim, judges);
  if (payloadHash === undefined) return refuse('no-content-hash');

  const canonical = canonicalRequest(request, scope.service, claim.signedHeaders, payloadHash);
  const toSign = stringToSign(canonical, claim.amzDate, scope);
  const keyForScope = signingKey(key.secretAccessKey, scope);
  if (!sameSignature(claim.signature, hmac(keyForScope, toSign))) {
    return refuse('bad-signature', { AWSAccessKeyId: scope.accessKeyId, StringToSign: toSign });
  }
  return {
    outcome: 'verified',
    principal: key.principal,
    service: scope.service,
    presigned: claim.presigned,
    ageMs: date.ageMs,
    judgedAt: date.judgedAt,
    payloadHash,
    signature: claim.signature,
    signingKey: keyForScope,
    amzDate: claim.amzDate,
    scope,
  };
}

function readClaim(request: WireRequest): Claim | Refused {
  const [authorization, ...others] = request.headers['authorization'] ?? [];
  const query = new Map(queryPairs(request.rawQuery));
  const inQuery = query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature');
  if (authorization === undefined) {
    if (query.has('AWSAccessKeyId')) return refuse('unsupported-mechanism');
    return inQuery ? readQueryClaim(request, query) : refuse('unsigned');
  }
  // Two mechanisms at once could disagree about who is calling.
  if (inQuery || others.length > 0) return refuse('malformed');
  if (!authorization.startsWith(`${ALGORITHM} `)) return refuse('unsupported-mechanism');
  return readHeaderClaim(request, authorization);
}

function readHeaderClaim(request: WireRequest, authorization: string): Claim | Refused {
  const parts = new Map(
    authorization
      .slice(ALGORITHM.length + 1)
      .split(',')
      .map((part) => {
        const equals = part.indexOf('=');
        return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()] as const;
      }),
  );
  const scope = readScope(parts.get('Credential') ?? '');
  const signature = parts.get('Signature') ?? '';
  const amzDate = header(request, 'x-amz-date') ?? '';
  if (scope === undefined || parseAmzDate(amzDate) === undefined || !amzDate.startsWith(scope.date)) {
    return refuse('malformed');
  }
  const signedHeaders = readSignedHeaders(parts.get('SignedHeaders') ?? '');
  if (signedHeaders === undefined || signature === '') return refuse('malformed');
  const sessionToken = header(request, 'x-amz-security-token');
  return {
    presigned: false,
    scope,
    signedHeaders,
    signature,
    amzDate,
    sessionToken,
    expiresSeconds: undefined,
  };
}

function readQueryClaim(request: WireRequest, query: ReadonlyMap<string, string>): Claim | Refused {
  const names = queryPairs(request.rawQuery).flatMap(([name]) => (name.startsWith('X-Amz-') ? [name] : []));
  // Of a parameter given twice, one might be checked and the other obeyed.
  if (new Set(names).size !== names.length) return refuse('malformed-query');
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) return refuse('unsupported-mechanism');
  const scope = readScope(query.get('X-Amz-Credential') ?? '');
  const amzDate = query.get('X-Amz-Date') ?? '';
  const signedHeaders = readSignedHeaders(query.get('X-Amz-SignedHeaders') ?? '');
  const signature = query.get('X-Amz-Signature') ?? '';
  const expires = query.get('X-Amz-Expires') ?? '';
  const expiresSeconds = /^\d{1,6}$/.test(expires) ? Number(expires) : undefined;
  if (scope === undefined || signedHeaders === undefined || signature === '')
    return refuse('malformed-query');
  if (parseAmzDate(amzDate) === undefined || !amzDate.startsWith(scope.date))
    return refuse('malformed-query');
  if (expiresSeconds === undefined || expiresSeconds > MAX_EXPIRES_SECONDS) return refuse('malformed-query');
  const sessionToken = query.get('X-Amz-Security-Token') ?? header(request, 'x-amz-security-token');
  return { presigned: true, scope, signedHeaders, signature, amzDate, sessionToken, expiresSeconds };
}

const header = (request: WireRequest, name: string): string | undefined => {
  const values = request.headers[name];
  return values?.length === 1 ? values[0] : undefined;
};

function readScope(credential: string): CredentialScope | undefined {
  const [accessKeyId, date, region, service, end, ...more] = credential.split('/');
  if (accessKeyId === undefined || date === undefined || region === undefined || service === undefined)
    return undefined;
  return end === 'aws4_request' && more.length === 0 ? { accessKeyId, date, region, service } : undefined;
}

/** `host` must be signed, or a request could be sent on to another bucket's name. */
function readSignedHeaders(text: string): readonly string[] | undefined {
  const names = text.split(';');
  const sorted = [...new Set(names)].sort();
  return names.includes('host') && sorted.join(';') === text ? names : undefined;
}

function parseAmzDate(text: string): Date | undefined {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const date = new Date(
    `${String(year)}-${String(month)}-${String(day)}T${String(hour)}:${String(minute)}:${String(second)}Z`,
  );
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/**
 * A date is judged by the nearer of the two clocks, because functions inside sign with the movable one and clients
 * outside with real time. What a function presigned is judged by the movable one alone: else a link made before the
 * clock was moved would come back to life by the other.
 */
function judgeDate(
  claim: Claim,
  judges: Judges,
  insideOnly: boolean,
): { readonly ageMs: number; readonly judgedAt: Date } | Refused {
  const signed = parseAmzDate(claim.amzDate)?.getTime() ?? Number.NaN;
  const clocks = insideOnly ? [judges.movableNow()] : [judges.realNow(), judges.movableNow()];
  const distance = (clock: Date): number => Math.abs(clock.getTime() - signed);
  const judgedAt = clocks.reduce((nearest, clock) => (distance(clock) < distance(nearest) ? clock : nearest));
  const ageMs = judgedAt.getTime() - signed;
  const detail = { RequestTime: claim.amzDate, ServerTime: judgedAt.toISOString() };
  if (claim.expiresSeconds === undefined) {
    if (!(Math.abs(ageMs) <= MAX_SKEW_MS)) {
      return refuse('skewed', { ...detail, MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS) });
    }
  } else {
    if (!(ageMs >= -MAX_SKEW_MS)) return refuse('not-yet-valid', detail);
    if (ageMs > claim.expiresSeconds * 1000) {
      return refuse('expired', {
        'X-Amz-Expires': String(claim.expiresSeconds),
        Expires: new Date(signed + claim.expiresSeconds * 1000).toISOString(),
        ServerTime: detail.ServerTime,
      });
    }
  }
  return { ageMs: Math.max(0, ageMs), judgedAt };
}

/** Every x-amz- header that came must be one the signer knew of; in a presigned request S3 lets the body's hash go. */
function unsignedHeaders(request: WireRequest, claim: Claim): readonly string[] {
  const signed = new Set(claim.signedHeaders);
  return Object.keys(request.headers).filter(
    (name) =>
      name.startsWith('x-amz-') && !signed.has(name) && !(claim.presigned && name === 'x-amz-content-sha256'),
  );
}

function payloadHashOf(request: WireRequest, claim: Claim, judges: Judges): string | undefined {
  const stated = header(request, 'x-amz-content-sha256');
  if (claim.presigned) {
    const query = new Map(queryPairs(request.rawQuery));
    const signed = claim.signedHeaders.includes('x-amz-content-sha256') ? stated : undefined;
    return query.get('X-Amz-Content-Sha256') ?? signed ?? 'UNSIGNED-PAYLOAD';
  }
  if (claim.scope.service === 's3') return stated;
  // Services that read the body whole sign its digest, whether or not the header repeats it.
  return judges.bodySha256();
}

function sameSignature(claimed: string, computed: Uint8Array): boolean {
  if (!/^[0-9a-f]{64}$/.test(claimed)) return false;
  return timingSafeEqual(Buffer.from(claimed, 'hex'), computed);
}
