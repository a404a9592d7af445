/** Lifecycle on the movable clock: what is due goes at its own midnight, as though S3 had looked every night. */
import type { Bucket } from './buckets.ts';
import type { BucketCatalogue } from './catalogue.ts';
import { deleteCurrent } from './delete-objects.ts';
import type { LifecycleFilter, LifecycleRule } from './lifecycle-rules.ts';
import type { Storage } from './storage.ts';
import type { Version } from './stored.ts';

const DAY_MS = 86_400_000;

/** One thing a rule will do, and when. */
interface Due {
  readonly at: number;
  readonly act: (at: Date) => void;
}

export interface Lifecycle {
  /** Does all that is due up to `now`. AWS works asynchronously, usually within a day; here nothing lags. */
  run(now: Date): void;
}

export function lifecycleOf(storage: Storage): Lifecycle {
  const known = new Map<string, { readonly changes: number; readonly next: number | undefined }>();
  const nextOf = (bucket: Bucket): number | undefined => {
    const catalogue = storage.catalogue(bucket);
    const before = known.get(bucket.name);
    if (before?.changes === catalogue.changes) return before.next;
    let next: number | undefined;
    for (const due of dueIn(storage, bucket)) if (next === undefined || due.at < next) next = due.at;
    known.set(bucket.name, { changes: catalogue.changes, next });
    return next;
  };
  return {
    run(now) {
      for (const bucket of storage.buckets.values()) runBucket(storage, bucket, now, nextOf);
    },
  };
}

/** Midnight after midnight, since what one night does (a delete marker) is what a later night acts on. */
function runBucket(
  storage: Storage,
  bucket: Bucket,
  now: Date,
  nextOf: (bucket: Bucket) => number | undefined,
): void {
  for (let at = nextOf(bucket); at !== undefined && at <= now.getTime(); at = nextOf(bucket)) {
    const night = at;
    for (const due of [...dueIn(storage, bucket)].filter((candidate) => candidate.at <= night))
      due.act(new Date(night));
  }
}

function* dueIn(storage: Storage, bucket: Bucket): Generator<Due> {
  const rules = bucket.lifecycle.filter((rule) => rule.enabled);
  if (rules.length === 0) return;
  const catalogue = storage.catalogue(bucket);
  for (const key of catalogue.keysFrom('')) {
    const ofKey = rules.filter((rule) => key.startsWith(rule.filter.prefix));
    if (ofKey.length === 0) continue;
    const versions = catalogue.versions(key);
    const current = versions[0];
    if (current !== undefined) yield* dueCurrent(storage, bucket, current, versions.length, ofKey);
    yield* dueNoncurrent(catalogue, versions, ofKey);
  }
  for (const open of catalogue.uploads()) {
    const moments = rules.flatMap((rule) =>
      rule.abortUploadsAfterDays !== undefined && open.upload.key.startsWith(rule.filter.prefix)
        ? [daysAfter(open.upload.initiated, rule.abortUploadsAfterDays)]
        : [],
    );
    if (moments.length > 0) yield { at: Math.min(...moments), act: () => catalogue.endUpload(open, []) };
  }
}

function* dueCurrent(
  storage: Storage,
  bucket: Bucket,
  current: Version,
  versionCount: number,
  rules: readonly LifecycleRule[],
): Generator<Due> {
  const moments = rules.flatMap((rule) =>
    current.content === null
      ? markerMoments(current, versionCount, rule)
      : applies(rule.filter, current)
        ? expiryMoments(current, rule)
        : [],
  );
  if (moments.length === 0) return;
  const at = Math.min(...moments);
  yield {
    at,
    act: (night) => {
      if (current.content === null) storage.catalogue(bucket).remove(current);
      else deleteCurrent(storage, bucket, current.key, night);
    },
  };
}

function expiryMoments(current: Version, rule: LifecycleRule): readonly number[] {
  return [
    ...(rule.expireAfterDays === undefined ? [] : [daysAfter(current.lastModified, rule.expireAfterDays)]),
    // A dated rule goes on after its date: what is written later goes at its first midnight.
    ...(rule.expireOn === undefined
      ? []
      : [Math.max(rule.expireOn.getTime(), daysAfter(current.lastModified, 0))]),
  ];
}

/**
 * A delete marker with nothing behind it goes under ExpiredObjectDeleteMarker, and under Days once it is that old
 * (S3 user guide, "Removing expired object delete markers").
 */
function markerMoments(marker: Version, versionCount: number, rule: LifecycleRule): readonly number[] {
  if (versionCount > 1 || rule.filter.tags.length > 0) return [];
  return [
    ...(rule.expireLoneDeleteMarkers ? [daysAfter(marker.lastModified, 0)] : []),
    ...(rule.expireAfterDays === undefined ? [] : [daysAfter(marker.lastModified, rule.expireAfterDays)]),
  ];
}

/** Age counts from the moment a version was superseded; the newest few of them may be kept. */
function* dueNoncurrent(
  catalogue: BucketCatalogue,
  versions: readonly Version[],
  rules: readonly LifecycleRule[],
): Generator<Due> {
  for (const [index, version] of versions.entries()) {
    const successor = versions[index - 1];
    if (successor === undefined) continue;
    const moments = rules.flatMap((rule) => {
      const kept = index <= (rule.noncurrent?.keepNewest ?? 0);
      if (rule.noncurrent === undefined || kept || !applies(rule.filter, version)) return [];
      return [daysAfter(successor.lastModified, rule.noncurrent.days)];
    });
    if (moments.length > 0) yield { at: Math.min(...moments), act: () => catalogue.remove(version) };
  }
}

/** A delete marker has neither tags nor size: rules that ask for either leave it alone. */
function applies(filter: LifecycleFilter, version: Version): boolean {
  const { content } = version;
  const picky = filter.tags.length > 0 || filter.largerThan !== undefined || filter.smallerThan !== undefined;
  if (content === null) return !picky;
  return (
    version.key.startsWith(filter.prefix) &&
    filter.tags.every(([name, value]) => content.described.tags[name] === value) &&
    (filter.largerThan === undefined || content.size > filter.largerThan) &&
    (filter.smallerThan === undefined || content.size < filter.smallerThan)
  );
}

/** S3 adds the days and rounds up to the next midnight UTC. */
const daysAfter = (moment: string, days: number): number =>
  Math.ceil((Date.parse(moment) + days * DAY_MS) / DAY_MS) * DAY_MS;
