/** Every function: its size, and all it may touch. What is not written here it may not do. */
import type { Zone } from '../pipeline/zones.ts';

/** Patterns are keys of the zone; `*` stands for any characters. */
export interface ZoneRight {
  readonly zone: Zone;
  /**
   * See which keys there are. Whoever reads a key that may be missing needs it too: S3 hides "not found" behind
   * "denied" from others. Keys hold nobody's data (pipeline/zones.ts).
   */
  readonly list?: true;
  readonly listVersions?: true;
  /** Metadata only: without the zone's key S3 answers HEAD, but never the content. */
  readonly head?: readonly string[];
  readonly read?: readonly string[];
  /** Besides the newest version also the one a plan has frozen. */
  readonly readVersions?: readonly string[];
  readonly write?: readonly string[];
  /** Delete for good, by version: a plain delete would only hide the bytes behind a marker. */
  readonly remove?: readonly string[];
}

/** Rights outside the zones. */
export type OtherRight =
  /** Derive references and pseudonyms. */
  | 'pseudonyms'
  /** Read the public half of every partner's signing key. */
  | 'signing-public-keys'
  /** Start a query in the gate's work group. */
  | 'gate-start'
  /** Ask how a query of the gate's work group stands. */
  | 'gate-look'
  /** Judge signatures, which bind to this installation and no other. */
  | 'judge-agreements'
  /** Ask whether an execution of the daily run is still alive. */
  | 'daily-run-look';

export interface FunctionPlan {
  readonly name: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** Scratch disk; 512 is what every function has. */
  readonly scratchMb: number;
  /** Uses DuckDB's native code, so it gets the layer. */
  readonly duckdb: boolean;
  /** Reached by people through a function URL. */
  readonly url: boolean;
  readonly zones: readonly ZoneRight[];
  readonly also: readonly OtherRight[];
}

const SMALL = { memoryMb: 512, scratchMb: 512, duckdb: false, url: false, also: [] } as const;
const DUCKDB = { scratchMb: 4096, duckdb: true, url: false } as const;
const CALLED = { memoryMb: 1024, scratchMb: 512, timeoutSeconds: 29, duckdb: false, url: true } as const;

const MONTHS = 'collection_month=*';
const RUN: ZoneRight = { zone: 'control', list: true, read: ['runs/*'], write: ['runs/*'] };
const SEGMENTS: ZoneRight = { zone: 'ledger', write: ['segments/*'] };

export const FUNCTIONS: readonly FunctionPlan[] = [
  {
    ...CALLED,
    name: 'issue-upload-url',
    zones: [{ zone: 'landing', write: ['deliveries/*'] }],
    also: [],
  },
  {
    ...CALLED,
    name: 'agreements',
    zones: [
      {
        zone: 'ledger',
        list: true,
        read: ['agreements/*', 'register/*'],
        write: ['agreements/*', 'register/*', 'segments/*'],
      },
    ],
    also: ['signing-public-keys', 'judge-agreements'],
  },
  {
    ...SMALL,
    name: 'plan-run',
    timeoutSeconds: 300,
    zones: [
      { zone: 'landing', list: true, head: ['deliveries/*'] },
      { zone: 'records', list: true, read: ['state/*'] },
      { zone: 'linked', list: true, read: ['snapshots/*'] },
      { zone: 'control', list: true, read: ['lease.json', 'runs/*'], write: ['lease.json', 'runs/*'] },
    ],
    also: ['daily-run-look'],
  },
  {
    ...DUCKDB,
    name: 'receive-feed',
    memoryMb: 3008,
    timeoutSeconds: 900,
    zones: [
      {
        zone: 'landing',
        list: true,
        listVersions: true,
        read: ['deliveries/*'],
        readVersions: ['deliveries/*'],
        write: ['receipts/*'],
        // A file of a category nobody may send is not kept, not even to be looked at.
        remove: ['deliveries/*'],
      },
      { zone: 'records', write: ['staging/*'] },
      RUN,
      SEGMENTS,
    ],
    also: ['pseudonyms'],
  },
  {
    ...DUCKDB,
    name: 'normalise-feed',
    memoryMb: 3008,
    timeoutSeconds: 900,
    zones: [
      {
        zone: 'records',
        list: true,
        read: ['staging/*', 'state/*', MONTHS],
        write: ['state/*', MONTHS],
      },
      RUN,
      SEGMENTS,
    ],
    also: [],
  },
  {
    ...DUCKDB,
    name: 'match-people',
    memoryMb: 10_240,
    scratchMb: 10_240,
    timeoutSeconds: 900,
    zones: [
      { zone: 'records', list: true, read: ['state/*', MONTHS] },
      { zone: 'link-state', list: true, read: ['state/*', MONTHS], write: ['state/*', MONTHS] },
      RUN,
      SEGMENTS,
    ],
    also: ['pseudonyms'],
  },
  {
    ...DUCKDB,
    name: 'publish-snapshot',
    memoryMb: 3008,
    timeoutSeconds: 900,
    zones: [
      { zone: 'records', list: true, read: ['state/*', MONTHS] },
      { zone: 'link-state', list: true, read: ['state/*', `${MONTHS}/assignment/*`] },
      {
        zone: 'linked',
        list: true,
        read: [MONTHS, 'reference/*', 'snapshots/*'],
        write: [MONTHS, 'reference/*', 'snapshots/*'],
      },
      RUN,
      SEGMENTS,
    ],
    also: ['pseudonyms'],
  },
  {
    ...SMALL,
    name: 'purge-expired',
    memoryMb: 1024,
    timeoutSeconds: 900,
    zones: [
      { zone: 'landing', list: true, listVersions: true, remove: ['deliveries/*'] },
      { zone: 'records', list: true, listVersions: true, read: ['state/*'], remove: ['staging/*', MONTHS] },
      { zone: 'link-state', list: true, listVersions: true, read: ['state/*'], remove: [MONTHS] },
      {
        zone: 'linked',
        list: true,
        listVersions: true,
        read: ['snapshots/*'],
        remove: [MONTHS, 'reference/*', 'snapshots/*'],
      },
      RUN,
      SEGMENTS,
    ],
  },
  {
    ...SMALL,
    name: 'finish-run',
    timeoutSeconds: 300,
    zones: [
      { zone: 'control', list: true, read: ['lease.json', 'runs/*'], write: ['lease.json', 'runs/*'] },
      {
        zone: 'ledger',
        list: true,
        read: ['segments/*', 'chain/*'],
        write: ['chain/*'],
      },
    ],
  },
  {
    ...SMALL,
    name: 'start-report',
    timeoutSeconds: 60,
    zones: [
      { zone: 'ledger', list: true, read: ['agreements/*', 'register/*'], write: ['segments/*'] },
      { zone: 'linked', list: true, read: [MONTHS, 'reference/*', 'snapshots/*'] },
      { zone: 'query-results', list: true, read: ['gate/*'], write: ['gate/*'] },
      { zone: 'control', list: true, read: ['releases/*'], write: ['releases/*'] },
    ],
    also: ['gate-start', 'judge-agreements'],
  },
  { ...SMALL, name: 'check-report', timeoutSeconds: 30, zones: [], also: ['gate-look'] },
  {
    ...DUCKDB,
    name: 'release-report',
    memoryMb: 2048,
    timeoutSeconds: 900,
    zones: [
      { zone: 'query-results', list: true, read: ['gate/*'] },
      { zone: 'ledger', list: true, read: ['agreements/*', 'register/*'], write: ['segments/*'] },
      { zone: 'linked', list: true, read: ['snapshots/*'] },
      { zone: 'reports', write: ['packs/*', 'cells/*'] },
      { zone: 'control', list: true, read: ['releases/*'], write: ['releases/*'] },
    ],
    also: ['gate-look', 'judge-agreements'],
  },
  {
    ...SMALL,
    name: 'fail-release',
    timeoutSeconds: 60,
    zones: [{ zone: 'control', write: ['releases/*'] }, SEGMENTS],
  },
];

/** Roles for which the pseudonym key computes; the key itself denies every other. */
export const PSEUDONYM_USERS: readonly string[] = FUNCTIONS.filter(({ also }) =>
  also.includes('pseudonyms'),
).map(({ name }) => name);
