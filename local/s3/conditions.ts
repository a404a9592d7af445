/** Conditional requests: writes that only one of several racing writers may win, and reads that need not be sent. */
import type { BucketCatalogue } from './catalogue.ts';
import { refusal } from './errors.ts';
import { ServiceError } from '../service.ts';
import { hasContent } from './stored.ts';
import type { ObjectVersion, Version } from './stored.ts';

type Headers = Readonly<Record<string, string>>;

export interface WriteConditions {
  /** If-None-Match: * — only where nothing is. */
  readonly onlyNew: boolean;
  /** If-Match: the ETag that must still be current. */
  readonly replaces: string | undefined;
}

export function writeConditions(headers: Headers): WriteConditions {
  const [noneMatch, match] = [headers['if-none-match'], headers['if-match']];
  const unsupported = (noneMatch !== undefined && noneMatch !== '*') || match === '*';
  if (unsupported || (noneMatch !== undefined && match !== undefined)) {
    throw refusal('NotImplemented', undefined, {
      Header: noneMatch === undefined ? 'If-Match' : 'If-None-Match',
    });
  }
  return { onlyNew: noneMatch === '*', replaces: match === undefined ? undefined : unquote(match) };
}

/**
 * Judges the conditions now, and again when the body is in: the returned function and the write that follows it run
 * without a pause between them, so of any number of racing writers exactly one finds its condition still true.
 */
export function guardWrite(catalogue: BucketCatalogue, key: string, conditions: WriteConditions): () => void {
  const before = catalogue.current(key);
  judgeWrite(before, conditions);
  return () => {
    const current = catalogue.current(key);
    const deletedMeanwhile = hasContent(before) && !hasContent(current);
    if (conditions.replaces !== undefined && deletedMeanwhile) throw refusal('ConditionalRequestConflict');
    judgeWrite(current, conditions);
  };
}

/** A delete marker is no object: If-None-Match: * may write over it, If-Match finds nothing. */
function judgeWrite(current: Version | undefined, conditions: WriteConditions): void {
  if (conditions.onlyNew && hasContent(current)) {
    throw refusal('PreconditionFailed', undefined, { Condition: 'If-None-Match' });
  }
  if (conditions.replaces === undefined) return;
  if (!hasContent(current)) throw refusal('NoSuchKey');
  if (current.content.etag !== conditions.replaces) {
    throw refusal('PreconditionFailed', undefined, { Condition: 'If-Match' });
  }
}

/** Names of the four conditions, in a read's headers or about the source of a copy. */
export interface ReadConditionNames {
  readonly match: string;
  readonly noneMatch: string;
  readonly modifiedSince: string;
  readonly unmodifiedSince: string;
}
export const READ_CONDITIONS: ReadConditionNames = {
  match: 'if-match',
  noneMatch: 'if-none-match',
  modifiedSince: 'if-modified-since',
  unmodifiedSince: 'if-unmodified-since',
};
export const COPY_CONDITIONS: ReadConditionNames = {
  match: 'x-amz-copy-source-if-match',
  noneMatch: 'x-amz-copy-source-if-none-match',
  modifiedSince: 'x-amz-copy-source-if-modified-since',
  unmodifiedSince: 'x-amz-copy-source-if-unmodified-since',
};

/** What the conditions say of an object: ETags speak before dates, as RFC 9110 and S3 have it. */
export function judgeRead(
  headers: Headers,
  names: ReadConditionNames,
  version: ObjectVersion,
): 'proceed' | 'not-modified' | 'failed' {
  const { etag } = version.content;
  const match = headers[names.match];
  if (match !== undefined) {
    if (!listsEtag(match, etag)) return 'failed';
  } else {
    const unmodifiedSince = secondsOf(headers[names.unmodifiedSince]);
    if (unmodifiedSince !== undefined && modifiedSeconds(version) > unmodifiedSince) return 'failed';
  }
  const noneMatch = headers[names.noneMatch];
  if (noneMatch !== undefined) return listsEtag(noneMatch, etag) ? 'not-modified' : 'proceed';
  const modifiedSince = secondsOf(headers[names.modifiedSince]);
  return modifiedSince !== undefined && modifiedSeconds(version) <= modifiedSince
    ? 'not-modified'
    : 'proceed';
}

export function requireReadable(headers: Headers, version: ObjectVersion): void {
  const judged = judgeRead(headers, READ_CONDITIONS, version);
  if (judged === 'failed') throw refusal('PreconditionFailed');
  if (judged === 'not-modified') throw new ServiceError(304, 'NotModified', 'Not Modified');
}

export function requireCopyable(headers: Headers, source: ObjectVersion): void {
  if (judgeRead(headers, COPY_CONDITIONS, source) !== 'proceed') throw refusal('PreconditionFailed');
}

const unquote = (etag: string): string => etag.trim().replace(/^"(.*)"$/, '$1');
const listsEtag = (list: string, etag: string): boolean =>
  list.trim() === '*' || list.split(',').some((candidate) => unquote(candidate) === etag);
const modifiedSeconds = (version: Version): number => Math.floor(Date.parse(version.lastModified) / 1000);

/** A date that cannot be read is no condition, as HTTP has it. */
function secondsOf(date: string | undefined): number | undefined {
  const parsed = Date.parse(date ?? '');
  return Number.isNaN(parsed) ? undefined : Math.floor(parsed / 1000);
}
