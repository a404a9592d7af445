/** The one place that knows where things lie: zone names, object keys, and the small types that pass between stages. */

/** A zone is a bucket (or, for landing, a bucket per partner) with its own KMS key. */
export const ZONES = [
  'landing',
  'control',
  'records',
  'link-state',
  'linked',
  'query-results',
  'reports',
  'ledger',
] as const;
export type Zone = (typeof ZONES)[number];

/** `YYYY-MM`, UTC. */
export type Month = string;
/** `YYYY-MM-DD`, UTC. */
export type IsoDate = string;
/** Lower-case kebab id of a partner: the stem of its file in contracts/partners. */
export type PartnerId = string;
/** Id of a feed: the stem of its contract without version, e.g. `police-involvements`. */
export type FeedId = string;
/** `<yyyymmdd>T<hhmmss>Z-<16 hex>`: sorts by time of issue. */
export type DeliveryId = string;
/** Opaque id of a daily run: `run-<yyyymmdd>T<hhmmss>Z`, or what the scheduler named it. */
export type RunId = string;
/** Opaque id of a snapshot of the linked tables. */
export type SnapshotId = string;

/** Tables of the records zone. All carry record_ref, partner, feed, collection_date. */
export const RECORD_TABLES = ['person', 'event', 'place', 'relation'] as const;
export type RecordTable = (typeof RECORD_TABLES)[number];

/** Tables of the linked zone that live under a collection month. */
export const LINKED_TABLES = [
  'record_person',
  'person_record',
  'event_record',
  'place_record',
  'relation_record',
] as const;
export type LinkedTable = (typeof LINKED_TABLES)[number];

/** Public reference tables published with every snapshot; they hold nobody's data and have no month. */
export const REFERENCE_TABLES = ['area', 'serious_violence_kind', 'risk_factor'] as const;
export type ReferenceTable = (typeof REFERENCE_TABLES)[number];

/** Six years from collection, to the day (privacy notice v2, "Deleting your information"). */
export const RETENTION_YEARS = 6;
/** Raw uploads expire by days since upload: they mix months, so they cannot carry a collection month. */
export const RAW_UPLOAD_DAYS = 30;
/** Snapshots kept: the one in force and those before it that a running query may still read. */
export const SNAPSHOTS_KEPT = 2;

/** Bucket names. `suffix` is the account id in a deployment and in the stand-in. */
export const bucketNames = {
  landing: (partner: PartnerId, suffix: string): string => `tvt-landing-${partner}-${suffix}`,
  zone: (zone: Exclude<Zone, 'landing'>, suffix: string): string => `tvt-${zone}-${suffix}`,
};

/** Key prefixes and keys of every zone. No key ever holds a value from a person's record or a sender's file name. */
export const keys = {
  landing: {
    deliveries: 'deliveries/',
    feedDeliveries: (feed: FeedId): string => `deliveries/${feed}/`,
    delivery: (feed: FeedId, id: DeliveryId): string => `deliveries/${feed}/${id}`,
    receipts: 'receipts/',
    receipt: (feed: FeedId, id: DeliveryId, as: 'json' | 'html' | 'csv'): string =>
      `receipts/${feed}/${id}.${as}`,
  },
  control: {
    lease: 'lease.json',
    plan: (run: RunId): string => `runs/${run}/plan.json`,
    /** What a step of a run did, written once: `runs/<run>/steps/<step>[/<part>].json`. */
    step: (run: RunId, step: string): string => `runs/${run}/steps/${step}.json`,
    summary: (run: RunId): string => `runs/${run}/summary.json`,
    release: (release: string, part: string): string => `releases/${release}/${part}.json`,
    /** The newest release of a report for a period: a schedule that fires twice releases once. */
    releasedPeriod: (report: string, period: string): string => `releases/by-period/${report}/${period}.json`,
    releases: 'releases/',
    runs: 'runs/',
  },
  records: {
    staging: (
      run: RunId,
      partner: PartnerId,
      feed: FeedId,
      delivery: DeliveryId,
      table: RecordTable | 'change',
    ): string => `staging/${run}/${partner}/${feed}/${delivery}/${table}.parquet`,
    data: (month: Month, table: RecordTable, partner: PartnerId, feed: FeedId, digest: string): string =>
      `collection_month=${month}/${table}/${partner}/${feed}/${digest}.parquet`,
    feedState: (partner: PartnerId, feed: FeedId): string => `state/${partner}/${feed}.json`,
    feedStates: 'state/',
  },
  linkState: {
    data: (month: Month, table: string, digest: string): string =>
      `collection_month=${month}/${table}/${digest}.parquet`,
    current: 'state/current.json',
  },
  linked: {
    data: (month: Month, table: LinkedTable, snapshot: SnapshotId): string =>
      `collection_month=${month}/${table}/snapshot=${snapshot}/part-0.parquet`,
    reference: (table: ReferenceTable, snapshot: SnapshotId): string =>
      `reference/${table}/snapshot=${snapshot}/part-0.parquet`,
    manifest: (snapshot: SnapshotId): string => `snapshots/${snapshot}.json`,
    current: 'snapshots/current.json',
  },
  queryResults: { gate: 'gate/', analysts: (partner: PartnerId): string => `analysts/${partner}/` },
  reports: {
    packs: (recipient: PartnerId): string => `packs/recipient=${recipient}/`,
    pack: (recipient: PartnerId, report: string, release: string, file: string): string =>
      `packs/recipient=${recipient}/report=${report}/release=${release}/${file}`,
    cells: (recipient: PartnerId, report: string, release: string): string =>
      `cells/recipient=${recipient}/report=${report}/release=${release}/cells.parquet`,
    latest: (recipient: PartnerId, report: string): string =>
      `packs/recipient=${recipient}/report=${report}/latest.json`,
  },
  ledger: {
    segment: (date: IsoDate, writer: string, id: string): string => `segments/${date}/${writer}/${id}.json`,
    segments: 'segments/',
    link: (sequence: number): string => `chain/${String(sequence).padStart(9, '0')}.json`,
    chain: 'chain/',
    chainHead: 'chain-head.json',
    definition: (digest: string): string => `agreements/definitions/${digest}.json`,
    signature: (digest: string, partner: PartnerId, envelopeDigest: string): string =>
      `agreements/signatures/${digest}/${partner}/${envelopeDigest}.json`,
    signatures: (digest: string): string => `agreements/signatures/${digest}/`,
    /** Which definition of a report is proposed or in force: one small object per report, replaced with If-Match. */
    proposal: (report: string): string => `agreements/reports/${report}.json`,
    proposals: 'agreements/reports/',
    register: (digest: string): string => `register/${digest}.json`,
    registerCurrent: 'register/current.json',
  },
} as const;

/** The month a collection date belongs to. */
export const monthOf = (date: IsoDate): Month => date.slice(0, 7);

/**
 * The first collection date still held on `today`: a record collected on `date` is gone once `today` reaches
 * `date` plus six years; a record of 29 February is gone on 1 March of the sixth year after when that year has
 * no 29 February, never a day later than the date itself would be.
 */
export function retentionFloor(today: IsoDate): IsoDate {
  const [year, rest] = [Number(today.slice(0, 4)) - RETENTION_YEARS, today.slice(4)];
  const day = `${String(year).padStart(4, '0')}${rest}`;
  return nextDay(day === `${day.slice(0, 4)}-02-29` && !isLeap(year) ? `${day.slice(0, 4)}-02-28` : day);
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

function nextDay(date: IsoDate): IsoDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

/** One delivery as the plan freezes it: what to read, and what its sender signed about it. */
export interface PlannedDelivery {
  readonly deliveryId: DeliveryId;
  readonly key: string;
  readonly versionId: string;
  readonly bytes: number;
  readonly kind: DeliveryKind;
  /** Date the extract was taken at source, as signed by the sender; null where not stated. */
  readonly extracted: IsoDate | null;
  /** Data rows the sender said the file has; null where not stated. */
  readonly rows: number | null;
}
export type DeliveryKind = 'full' | 'changes' | 'nil';

/** What a run has frozen before it starts: every later step reads this and nothing that can change. */
export interface RunPlan {
  readonly runId: RunId;
  /** The moment the plan was made; every date rule of the run uses it. */
  readonly plannedAt: string;
  readonly today: IsoDate;
  readonly retentionFloor: IsoDate;
  readonly feeds: readonly PlannedFeed[];
  /** Snapshot in force when the plan was made; null before the first. */
  readonly previousSnapshot: SnapshotId | null;
  /** Snapshot this run will publish. */
  readonly snapshot: SnapshotId;
}
export interface PlannedFeed {
  readonly partner: PartnerId;
  readonly feed: FeedId;
  readonly contract: string;
  readonly deliveries: readonly PlannedDelivery[];
}

/** The records a feed has in force: which immutable file holds each month of each table. */
export interface FeedState {
  readonly partner: PartnerId;
  readonly feed: FeedId;
  /** Last delivery applied, and the run that applied it: applying it again changes nothing. */
  readonly appliedDelivery: DeliveryId | null;
  readonly appliedRun: RunId | null;
  /** Deliveries some run has decided on, accepted or quarantined, as far back as raw files are kept. */
  readonly considered: readonly DeliveryId[];
  readonly lastExtracted: IsoDate | null;
  readonly months: Readonly<Record<Month, Readonly<Partial<Record<RecordTable, DataFile>>>>>;
}
export interface DataFile {
  readonly key: string;
  readonly rows: number;
  readonly bytes: number;
  /** SHA-256 of the rows in key order, hex: equal content has an equal digest whatever wrote it. */
  readonly digest: string;
}

/** A file of a snapshot, and a digest of what it was made from: equal origins need no new making. */
export interface LinkedFile extends DataFile {
  readonly sources: string;
}

/** What Athena may read: for each table and month, the file of this snapshot. */
export interface SnapshotManifest {
  readonly snapshot: SnapshotId;
  readonly previous: SnapshotId | null;
  readonly runId: RunId;
  readonly publishedAt: string;
  /** Newest extract date per partner and feed: the age of the data a report prints. */
  readonly extracted: Readonly<Record<string, IsoDate | null>>;
  readonly tables: Readonly<Record<LinkedTable, Readonly<Record<Month, LinkedFile>>>>;
  readonly reference: Readonly<Record<ReferenceTable, LinkedFile>>;
  readonly persons: number;
}
