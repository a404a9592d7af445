/** Who may do what in which zone, as a person reads it: the table that access.test.ts tries line by line. */
import { keys, type PartnerId } from '../../pipeline/zones.ts';

/** The places of a zone: a bucket and what keys there begin with. */
export const PLACES = {
  'landing deliveries': { zone: 'landing', prefix: keys.landing.deliveries, own: 'bucket' },
  'landing receipts': { zone: 'landing', prefix: keys.landing.receipts, own: 'bucket' },
  'control lease': { zone: 'control', prefix: keys.control.lease },
  'control runs': { zone: 'control', prefix: keys.control.runs },
  'control releases': { zone: 'control', prefix: keys.control.releases },
  'records staging': { zone: 'records', prefix: 'staging/' },
  'records state': { zone: 'records', prefix: keys.records.feedStates },
  'records months': { zone: 'records', prefix: 'collection_month=2026-04/person/' },
  'link-state pointer': { zone: 'link-state', prefix: 'state/' },
  'link-state assignment': { zone: 'link-state', prefix: 'collection_month=2026-04/assignment/' },
  'link-state other tables': { zone: 'link-state', prefix: 'collection_month=2026-04/edges/' },
  'linked months': { zone: 'linked', prefix: 'collection_month=2026-04/event_record/' },
  'linked reference': { zone: 'linked', prefix: 'reference/' },
  'linked snapshots': { zone: 'linked', prefix: 'snapshots/' },
  'results of the gate': { zone: 'query-results', prefix: keys.queryResults.gate },
  'results of analysts': { zone: 'query-results', prefix: keys.queryResults.analysts, own: 'prefix' },
  'report packs': { zone: 'reports', prefix: keys.reports.packs, own: 'prefix' },
  'report cells': {
    zone: 'reports',
    prefix: (partner: PartnerId) => `cells/recipient=${partner}/`,
    own: 'prefix',
  },
  'ledger segments': { zone: 'ledger', prefix: keys.ledger.segments },
  'ledger agreements': { zone: 'ledger', prefix: 'agreements/' },
  'ledger register': { zone: 'ledger', prefix: 'register/' },
  'ledger chain': { zone: 'ledger', prefix: keys.ledger.chain },
} as const;
export type Place = keyof typeof PLACES;

/** `remove` deletes a version for good; `hide` is a delete without a version, which nobody needs. */
export const VERBS = ['list', 'read', 'write', 'remove', 'hide'] as const;
export type Verb = (typeof VERBS)[number];

/** `own`: what lies under the caller's own partner; `every`: all partners' alike, or a place without partners. */
export type Line = `${Verb} ${'own' | 'every'} ${Place}`;

const every = (verb: Verb, ...places: readonly Place[]): readonly Line[] =>
  places.map((place): Line => `${verb} every ${place}`);
const own = (verb: Verb, ...places: readonly Place[]): readonly Line[] =>
  places.map((place): Line => `${verb} own ${place}`);
const isIn =
  (zone: string) =>
  (place: Place): boolean =>
    PLACES[place].zone === zone;
const ALL_PLACES = Object.keys(PLACES) as readonly Place[];
/** A function may see which keys a zone has, all or none: keys hold nobody's data. */
const listing = (...zones: readonly string[]): readonly Line[] =>
  zones.flatMap((zone) => every('list', ...ALL_PLACES.filter(isIn(zone))));

/** Persons, by the role they hold at their partner. */
export const PERSONS: Readonly<Record<string, readonly Line[]>> = {
  uploader: [...own('list', 'landing receipts'), ...own('read', 'landing receipts')],
  approver: [],
  analyst: [
    ...own('list', 'report packs', 'report cells', 'results of analysts'),
    ...own('read', 'report packs', 'report cells', 'results of analysts'),
    ...own('write', 'results of analysts'),
  ],
  dpo: [],
  reviewer: [],
  operator: [
    ...every('list', 'control runs', 'control releases'),
    ...every('read', 'control runs', 'control releases'),
  ],
  // Whoever checks links sees which of a partner's keys belong together, and changes nothing.
  matcher: [
    ...every('list', 'link-state pointer', 'link-state assignment', 'link-state other tables'),
    ...every('read', 'link-state pointer', 'link-state assignment', 'link-state other tables'),
  ],
  auditor: [
    ...every('list', 'ledger segments', 'ledger agreements', 'ledger register', 'ledger chain'),
    ...every('read', 'ledger segments', 'ledger agreements', 'ledger register', 'ledger chain'),
  ],
  author: [],
};

/** Functions, state machines and the scheduler, by the name of their role without `tvt-`. */
export const SYSTEM: Readonly<Record<string, readonly Line[]>> = {
  'fn-issue-upload-url': every('write', 'landing deliveries'),
  'fn-agreements': [
    ...listing('ledger'),
    ...every('read', 'ledger agreements', 'ledger register'),
    ...every('write', 'ledger agreements', 'ledger register', 'ledger segments'),
  ],
  'fn-plan-run': [
    ...listing('landing', 'records', 'linked', 'control'),
    ...every('read', 'records state', 'linked snapshots', 'control lease', 'control runs'),
    ...every('write', 'control lease', 'control runs'),
  ],
  'fn-receive-feed': [
    ...listing('landing', 'control'),
    ...every('read', 'landing deliveries', 'control runs'),
    ...every('write', 'landing receipts', 'records staging', 'control runs', 'ledger segments'),
    ...every('remove', 'landing deliveries'),
  ],
  'fn-normalise-feed': [
    ...listing('records', 'control'),
    ...every('read', 'records staging', 'records state', 'records months', 'control runs'),
    ...every('write', 'records state', 'records months', 'control runs', 'ledger segments'),
  ],
  'fn-match-people': [
    ...listing('records', 'link-state', 'control'),
    ...every('read', 'records state', 'records months', 'control runs'),
    ...every('read', 'link-state pointer', 'link-state assignment', 'link-state other tables'),
    ...every('write', 'link-state pointer', 'link-state assignment', 'link-state other tables'),
    ...every('write', 'control runs', 'ledger segments'),
  ],
  'fn-publish-snapshot': [
    ...listing('records', 'link-state', 'linked', 'control'),
    ...every('read', 'records state', 'records months', 'link-state pointer', 'link-state assignment'),
    ...every('read', 'linked months', 'linked reference', 'linked snapshots', 'control runs'),
    ...every('write', 'linked months', 'linked reference', 'linked snapshots'),
    ...every('write', 'control runs', 'ledger segments'),
  ],
  'fn-purge-expired': [
    ...listing('landing', 'records', 'link-state', 'linked', 'control'),
    ...every('read', 'records state', 'link-state pointer', 'linked snapshots', 'control runs'),
    ...every('write', 'control runs', 'ledger segments'),
    ...every('remove', 'landing deliveries', 'records staging', 'records months'),
    ...every('remove', 'link-state assignment', 'link-state other tables'),
    ...every('remove', 'linked months', 'linked reference', 'linked snapshots'),
  ],
  'fn-finish-run': [
    ...listing('control', 'ledger'),
    ...every('read', 'control lease', 'control runs', 'ledger segments', 'ledger chain'),
    ...every('write', 'control lease', 'control runs', 'ledger chain'),
  ],
  // The gate: linked tables for agreed SQL, and nothing with a name or an address in it.
  'fn-start-report': [
    ...listing('ledger', 'linked', 'query-results', 'control'),
    ...every('read', 'ledger agreements', 'ledger register', 'control releases'),
    ...every('read', 'linked months', 'linked reference', 'linked snapshots', 'results of the gate'),
    ...every('write', 'results of the gate', 'control releases', 'ledger segments'),
  ],
  'fn-check-report': [],
  'fn-release-report': [
    ...listing('ledger', 'linked', 'query-results', 'control'),
    ...every('read', 'ledger agreements', 'ledger register', 'linked snapshots', 'results of the gate'),
    ...every('read', 'control releases'),
    ...every('write', 'report packs', 'report cells', 'control releases', 'ledger segments'),
  ],
  'fn-fail-release': every('write', 'control releases', 'ledger segments'),
  'sm-daily-run': [],
  'sm-release': [],
  scheduler: [],
};

/** For whom the key of pseudonyms computes: those who derive references and the matching. */
export const PSEUDONYM_USERS: readonly string[] = [
  'fn-receive-feed',
  'fn-match-people',
  'fn-publish-snapshot',
];
