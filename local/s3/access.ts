/** May this caller do this to that? The stand-in's authoriser, asked with the condition keys S3 fills in. */
import { ServiceError } from '../service.ts';
import type { Authoriser, Call, Principal } from '../service.ts';
import type { Bucket } from './buckets.ts';
import { refusal } from './errors.ts';
import type { Version } from './stored.ts';

export type Conditions = Readonly<Record<string, string | readonly string[]>>;

export interface Access {
  readonly principal: Principal;
  /** Throws AccessDenied. */
  require(action: S3Action, resource: string, conditions?: Conditions): void;
  allows(action: S3Action, resource: string, conditions?: Conditions): boolean;
}

export type S3Action = `s3:${string}`;

export const objectArn = (bucket: Bucket, key: string): string => `${bucket.arn}/${key}`;

export function accessFor(authoriser: Authoriser, principal: Principal, common: Conditions): Access {
  const judge = (action: S3Action, resource: string, conditions: Conditions = {}): void => {
    try {
      authoriser.require({ principal, action, resource, context: { ...common, ...conditions } });
    } catch (error) {
      if (error instanceof ServiceError && error.status === 403) throw refusal('AccessDenied', error.message);
      throw error;
    }
  };
  return {
    principal,
    require: judge,
    allows(action, resource, conditions) {
      try {
        judge(action, resource, conditions);
        return true;
      } catch (error) {
        if (error instanceof ServiceError && error.code === 'AccessDenied') return false;
        throw error;
      }
    },
  };
}

/**
 * The condition keys every S3 request carries. A policy that denies on one of them fails open when it is not filled,
 * so all that the templates may name are here or beside the action they belong to.
 */
export function requestConditions(
  call: Call,
  headers: Readonly<Record<string, string>>,
  account: string,
): Conditions {
  return {
    'aws:SourceIp': call.sourceIp,
    's3:authType': call.presigned ? 'REST-QUERY-STRING' : 'REST-HEADER',
    's3:signatureversion': 'AWS4-HMAC-SHA256',
    's3:signatureAge': String(call.signatureAgeMs),
    's3:ResourceAccount': account,
    // A presigned request that names no hash is unsigned; S3 fills the key so.
    's3:x-amz-content-sha256': headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
  };
}

/** Conditions of a service of the stand-in that asks on somebody's behalf, e.g. a query reading its tables. */
export const serviceConditions = (account: string): Conditions => ({
  's3:authType': 'REST-HEADER',
  's3:signatureversion': 'AWS4-HMAC-SHA256',
  's3:signatureAge': '0',
  's3:ResourceAccount': account,
});

/** Headers of a write that are condition keys under their own name, present only where they were sent. */
const WRITE_KEYS = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-copy-source',
  'x-amz-metadata-directive',
  'x-amz-storage-class',
  'x-amz-acl',
  'if-match',
  'if-none-match',
];

export function writeConditionKeys(
  headers: Readonly<Record<string, string>>,
  tags: Readonly<Record<string, string>>,
): Conditions {
  const sent = WRITE_KEYS.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[`s3:${name}`, value] as const];
  });
  return { ...Object.fromEntries(sent), ...requestTagKeys(tags) };
}

export function requestTagKeys(tags: Readonly<Record<string, string>>): Conditions {
  const names = Object.keys(tags);
  if (names.length === 0) return {};
  const values = Object.entries(tags).map(([name, value]) => [`s3:RequestObjectTag/${name}`, value] as const);
  return { ...Object.fromEntries(values), 's3:RequestObjectTagKeys': names };
}

export function existingTagKeys(version: Version | undefined): Conditions {
  const tags = Object.entries(version?.content?.described.tags ?? {});
  return Object.fromEntries(tags.map(([name, value]) => [`s3:ExistingObjectTag/${name}`, value] as const));
}
