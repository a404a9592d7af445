/** How long a bucket keeps things, and the lifecycle rules that say so to S3. */
import { Duration } from 'aws-cdk-lib';
import type { LifecycleRule } from 'aws-cdk-lib/aws-s3';
import { RETENTION_YEARS } from '../../pipeline/zones.ts';
import type { OptOut } from './opt-out.ts';

/** What a prefix keeps: days since its objects were written. */
export type DaysByPrefix = Readonly<Record<string, number>>;
export type Retention =
  /** One dated rule per collection month, and days for the prefixes that hold no months. */
  | { readonly by: 'collection-month'; readonly days?: DaysByPrefix }
  | { readonly by: 'age'; readonly days: DaysByPrefix }
  | { readonly by: 'nothing'; readonly optOut: OptOut };

/** Twenty years of months: 240 of the 1,000 rules a bucket may have. Nothing older than the first may be collected. */
const FIRST_COLLECTION_MONTH = '2020-01';
const COLLECTION_MONTHS = 240;
/** S3 limit, not adjustable. */
const LIFECYCLE_RULES_LIMIT = 1000;
/** Raw bytes of a replaced or deleted object live at most this long; S3 takes no less than one day. */
export const NONCURRENT_DAYS = 1;

export function lifecycleRules(retention: Retention): LifecycleRule[] {
  const dated = retention.by === 'collection-month' ? collectionMonths().map(monthRule) : [];
  const days = retention.by === 'nothing' ? {} : (retention.days ?? {});
  const rules = [
    ...dated,
    ...Object.entries(days).map(([prefix, age]) => ageRule(prefix, age)),
    ...tidyingRules(),
  ];
  if (rules.length > LIFECYCLE_RULES_LIMIT)
    throw new Error(
      `A bucket would have ${rules.length} lifecycle rules; S3 allows ${LIFECYCLE_RULES_LIMIT}.`,
    );
  return rules;
}

export function collectionMonths(): string[] {
  const [year, month] = [Number(FIRST_COLLECTION_MONTH.slice(0, 4)), Number(FIRST_COLLECTION_MONTH.slice(5))];
  return Array.from({ length: COLLECTION_MONTHS }, (_, index) => isoMonth(year, month - 1 + index));
}

/**
 * The day on which nothing of the month may be held any more: the month's last day, six years on, and one day.
 * It is a backstop: the query filter and the daily purge remove each record on its own day.
 */
export function lastExpiry(month: string): Date {
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(5))];
  return new Date(Date.UTC(year + RETENTION_YEARS, number, 1));
}

const isoMonth = (year: number, monthIndex: number): string =>
  new Date(Date.UTC(year, monthIndex, 1)).toISOString().slice(0, 7);

const monthRule = (month: string): LifecycleRule => ({
  id: `collected-${month}`,
  prefix: `collection_month=${month}/`,
  expirationDate: lastExpiry(month),
  noncurrentVersionExpiration: Duration.days(NONCURRENT_DAYS),
});

const ageRule = (prefix: string, days: number): LifecycleRule => ({
  id: `expire-${prefix.replaceAll(/[/=]+/g, '-').replace(/-$/, '')}`,
  prefix,
  expiration: Duration.days(days),
  noncurrentVersionExpiration: Duration.days(NONCURRENT_DAYS),
});

/** Old versions, markers that hide nothing any more, and uploads that were never finished. */
const tidyingRules = (): LifecycleRule[] => [
  { id: 'old-versions', noncurrentVersionExpiration: Duration.days(NONCURRENT_DAYS) },
  { id: 'empty-markers', expiredObjectDeleteMarker: true },
  { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
];
