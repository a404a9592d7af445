/** Lifecycle rules as the templates declare them, and as S3 prints them back. */
import { z } from 'zod';
import { element, wrap } from './xml.ts';

const number = z.coerce.number().int();
const tag = z.strictObject({ Key: z.string(), Value: z.string() });
/** Transitions and the deprecated forms are refused: what the stand-in does not do, a template may not ask of it. */
const ruleSchema = z.strictObject({
  Id: z.string().max(255).optional(),
  Status: z.enum(['Enabled', 'Disabled']),
  Prefix: z.string().default(''),
  TagFilters: z.array(tag).default([]),
  ObjectSizeGreaterThan: number.optional(),
  ObjectSizeLessThan: number.optional(),
  ExpirationInDays: number.positive().optional(),
  ExpirationDate: z.union([z.iso.date(), z.iso.datetime()]).optional(),
  ExpiredObjectDeleteMarker: z.stringbool().or(z.boolean()).default(false),
  NoncurrentVersionExpiration: z
    .strictObject({
      NoncurrentDays: number.positive(),
      NewerNoncurrentVersions: number.positive().optional(),
    })
    .optional(),
  AbortIncompleteMultipartUpload: z.strictObject({ DaysAfterInitiation: number.positive() }).optional(),
});
export const lifecycleSchema = z.strictObject({
  Rules: z.array(ruleSchema).max(1000),
  TransitionDefaultMinimumObjectSize: z.string().optional(),
});

export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly filter: LifecycleFilter;
  readonly expireAfterDays?: number;
  /** Midnight UTC. */
  readonly expireOn?: Date;
  readonly expireLoneDeleteMarkers: boolean;
  readonly noncurrent?: { readonly days: number; readonly keepNewest: number };
  readonly abortUploadsAfterDays?: number;
}
export interface LifecycleFilter {
  readonly prefix: string;
  readonly tags: readonly (readonly [name: string, value: string])[];
  readonly largerThan?: number;
  readonly smallerThan?: number;
}

export function lifecycleRules(configuration: z.infer<typeof lifecycleSchema>): readonly LifecycleRule[] {
  return configuration.Rules.map((rule, index) => {
    const noncurrent = rule.NoncurrentVersionExpiration;
    return {
      id: rule.Id ?? `rule-${String(index + 1)}`,
      enabled: rule.Status === 'Enabled',
      filter: {
        prefix: rule.Prefix,
        tags: rule.TagFilters.map((filter) => [filter.Key, filter.Value] as const),
        ...(rule.ObjectSizeGreaterThan === undefined ? {} : { largerThan: rule.ObjectSizeGreaterThan }),
        ...(rule.ObjectSizeLessThan === undefined ? {} : { smallerThan: rule.ObjectSizeLessThan }),
      },
      ...(rule.ExpirationInDays === undefined ? {} : { expireAfterDays: rule.ExpirationInDays }),
      ...(rule.ExpirationDate === undefined ? {} : { expireOn: midnightOf(rule.ExpirationDate) }),
      expireLoneDeleteMarkers: rule.ExpiredObjectDeleteMarker,
      ...(noncurrent === undefined
        ? {}
        : {
            noncurrent: {
              days: noncurrent.NoncurrentDays,
              keepNewest: noncurrent.NewerNoncurrentVersions ?? 0,
            },
          }),
      ...(rule.AbortIncompleteMultipartUpload === undefined
        ? {}
        : { abortUploadsAfterDays: rule.AbortIncompleteMultipartUpload.DaysAfterInitiation }),
    };
  });
}

/** AWS refuses a date that is not midnight UTC; a template that has one is wrong. */
function midnightOf(text: string): Date {
  const date = new Date(text.length === 10 ? `${text}T00:00:00Z` : text);
  if (date.getTime() % 86_400_000 !== 0) throw new Error(`The lifecycle date ${text} is not midnight UTC.`);
  return date;
}

export function ruleXml(rule: LifecycleRule): string {
  const expiration = [
    ...(rule.expireAfterDays === undefined ? [] : [element('Days', rule.expireAfterDays)]),
    ...(rule.expireOn === undefined ? [] : [element('Date', rule.expireOn.toISOString())]),
    ...(rule.expireLoneDeleteMarkers ? [element('ExpiredObjectDeleteMarker', true)] : []),
  ];
  const noncurrent = rule.noncurrent;
  return wrap('Rule', [
    element('ID', rule.id),
    wrap('Filter', [filterXml(rule.filter)]),
    element('Status', rule.enabled ? 'Enabled' : 'Disabled'),
    ...(expiration.length === 0 ? [] : [wrap('Expiration', expiration)]),
    ...(noncurrent === undefined
      ? []
      : [
          wrap('NoncurrentVersionExpiration', [
            element('NoncurrentDays', noncurrent.days),
            ...(noncurrent.keepNewest === 0
              ? []
              : [element('NewerNoncurrentVersions', noncurrent.keepNewest)]),
          ]),
        ]),
    ...(rule.abortUploadsAfterDays === undefined
      ? []
      : [
          wrap('AbortIncompleteMultipartUpload', [
            element('DaysAfterInitiation', rule.abortUploadsAfterDays),
          ]),
        ]),
  ]);
}

function filterXml(filter: LifecycleFilter): string {
  const conditions = [
    ...(filter.prefix === '' ? [] : [element('Prefix', filter.prefix)]),
    ...filter.tags.map(([name, value]) => wrap('Tag', [element('Key', name), element('Value', value)])),
    ...(filter.largerThan === undefined ? [] : [element('ObjectSizeGreaterThan', filter.largerThan)]),
    ...(filter.smallerThan === undefined ? [] : [element('ObjectSizeLessThan', filter.smallerThan)]),
  ];
  if (conditions.length === 0) return element('Prefix', '');
  return conditions.length === 1 ? conditions.join('') : wrap('And', conditions);
}
