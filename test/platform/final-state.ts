/** All that a run and two releases leave behind, in one value that can be compared: tables, receipts, states, reports, keys. */
import type { S3Client } from '@aws-sdk/client-s3';
import type { LinkState } from '../../functions/match-people.ts';
import {
  bucketNames,
  keys,
  LINKED_TABLES,
  RECORD_TABLES,
  REFERENCE_TABLES,
  type FeedState,
  type SnapshotManifest,
} from '../../pipeline/zones.ts';
import { normaliseIds, TELLS_OF_ATTEMPTS } from './normalise-ids.ts';
import { jsonOf, keysUnder, rowsOf, textOf, versionsUnder, zoneOf, type Platform } from './platform.ts';

/** What is compared, by a name a person understands; each value with ids and times taken out. */
export type FinalState = Readonly<Record<string, string>>;

interface View {
  /** Role that may look there. */
  readonly role: string;
  readonly zone: string;
  readonly prefix: string;
}

export async function finalState(platform: Platform): Promise<FinalState> {
  const clients = new Map<string, S3Client>();
  const as = (role: string): S3Client => {
    const known = clients.get(role) ?? platform.asFunction(role);
    clients.set(role, known);
    return known;
  };
  try {
    return {
      ...(await tables(as)),
      ...(await receipts(platform)),
      ...(await reports(platform, as)),
      ...(await keysLeft(as)),
      'acts in the ledger': await acts(as),
    };
  } finally {
    for (const client of clients.values()) client.destroy();
  }
}

type As = (role: string) => S3Client;
const told = (value: unknown): string =>
  normaliseIds(
    JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? Number(each) : each), 1),
  );

async function tables(as: As): Promise<FinalState> {
  const [matching, gate] = [as('match-people'), as('start-report')];
  const stateKeys = await keysUnder(matching, zoneOf('records'), keys.records.feedStates);
  const states = await Promise.all(
    stateKeys.map((key) => jsonOf<FeedState>(matching, zoneOf('records'), key)),
  );
  const state: Record<string, string> = {};
  for (const feed of states) state[`feed state ${feed.partner} ${feed.feed}`] = told(feed);
  for (const table of RECORD_TABLES) {
    const files = states.flatMap(({ months }) =>
      Object.values(months).flatMap((month) => month[table]?.key ?? []),
    );
    state[`records ${table}`] = told(
      await rowsOf(
        matching,
        zoneOf('records'),
        files,
        table === 'event' ? 'record_ref, event_no' : 'record_ref',
      ),
    );
  }
  const links = await jsonOf<LinkState>(matching, zoneOf('link-state'), keys.linkState.current);
  state['link state'] = told(links);
  const linkFiles = Object.values(links.months).map(({ key }) => key);
  state['assignments'] = told(await rowsOf(matching, zoneOf('link-state'), linkFiles, 'record_ref'));
  const { snapshot } = await jsonOf<{ snapshot: string }>(gate, zoneOf('linked'), keys.linked.current);
  const manifest = await jsonOf<SnapshotManifest>(gate, zoneOf('linked'), keys.linked.manifest(snapshot));
  state['manifest'] = told({ ...manifest, ...withoutBytes(manifest) });
  for (const table of LINKED_TABLES) {
    const files = Object.values(manifest.tables[table]).map(({ key }) => key);
    state[`linked ${table}`] = told(await rowsOf(gate, zoneOf('linked'), files, 'all'));
  }
  for (const table of REFERENCE_TABLES)
    state[`linked ${table}`] = told(
      await rowsOf(gate, zoneOf('linked'), [manifest.reference[table].key], 'all'),
    );
  return state;
}

/** Equal rows in equal files; DuckDB does not promise that the files' lengths are equal too. */
const withoutBytes = ({ tables: months, reference }: SnapshotManifest): object => {
  const bare = (files: Readonly<Record<string, object>>): object =>
    Object.fromEntries(Object.entries(files).map(([name, file]) => [name, { ...file, bytes: null }]));
  return {
    tables: Object.fromEntries(Object.entries(months).map(([table, files]) => [table, bare(files)])),
    reference: bare(reference),
  };
};

async function receipts(platform: Platform): Promise<FinalState> {
  const state: Record<string, string> = {};
  for (const [short, partner] of PARTNERS) {
    const { s3 } = platform.as(`${short}-uploader`);
    const zone = bucketNames.landing(partner, '000000000000');
    for (const key of await keysUnder(s3, zone, keys.landing.receipts))
      state[`${partner} ${key}`] = normaliseIds(await textOf(s3, zone, key));
  }
  return state;
}

const PARTNERS = [
  ['tvp', 'thames-valley-police'],
  ['oxon', 'oxfordshire-county-council'],
  ['reading', 'reading-borough-council'],
  ['rbfrs', 'royal-berkshire-fire-and-rescue'],
] as const;

async function reports(platform: Platform, as: As): Promise<FinalState> {
  const state: Record<string, string> = {};
  for (const [short, partner] of PARTNERS) {
    const { s3 } = platform.as(`${short}-analyst`);
    for (const key of await keysUnder(s3, zoneOf('reports'), keys.reports.packs(partner)))
      state[normaliseIds(key)] = normaliseIds(await textOf(s3, zoneOf('reports'), key));
    const cells = await keysUnder(s3, zoneOf('reports'), `cells/recipient=${partner}/`);
    state[`cells ${partner}`] = told(await rowsOf(s3, zoneOf('reports'), cells, 'all'));
  }
  const gate = as('start-report');
  const outcomes = (await keysUnder(gate, zoneOf('control'), keys.control.releases)).filter((key) =>
    key.endsWith('/outcome.json'),
  );
  for (const key of outcomes)
    state[normaliseIds(key)] = normaliseIds(await textOf(gate, zoneOf('control'), key));
  return state;
}

/** Nothing half-written stays: after the run the same keys with as many versions, whatever broke on the way. */
async function keysLeft(as: As): Promise<FinalState> {
  const views: readonly View[] = [
    { role: 'purge-expired', zone: 'records', prefix: 'collection_month=' },
    { role: 'purge-expired', zone: 'records', prefix: 'staging/' },
    { role: 'purge-expired', zone: 'link-state', prefix: 'collection_month=' },
    { role: 'purge-expired', zone: 'linked', prefix: 'collection_month=' },
    { role: 'purge-expired', zone: 'linked', prefix: 'reference/' },
    { role: 'purge-expired', zone: 'linked', prefix: 'snapshots/s' },
  ];
  const state: Record<string, string> = {};
  for (const { role, zone, prefix } of views) {
    const versions = await versionsUnder(as(role), zoneOf(zone), prefix);
    state[`keys ${zone}/${prefix}`] = told(versions.map((version) => version.split(' ')[0]));
  }
  const lease = await jsonOf<{ state: string }>(as('finish-run'), zoneOf('control'), keys.control.lease);
  state['lease'] = lease.state;
  return state;
}

async function acts(as: As): Promise<string> {
  const sealing = as('finish-run');
  const events: string[] = [];
  for (const key of await keysUnder(sealing, zoneOf('ledger'), keys.ledger.segments)) {
    const segment = await jsonOf<{ readonly events: readonly Act[] }>(sealing, zoneOf('ledger'), key);
    for (const event of segment.events) {
      const attempts = TELLS_OF_ATTEMPTS[event.act];
      if (attempts !== 'left out')
        events.push(told(attempts === 'counts left out' ? { ...event, counts: null } : event));
    }
  }
  return events.sort().join('\n');
}

interface Act {
  readonly act: string;
}
