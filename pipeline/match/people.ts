/** Prepares people for the linkage engine: one party per person a partner knows, described by its newest record. */
import type { LinkInput, LinkResult } from '../../linkage/model.ts';

/** A person as one record describes them. */
export interface PersonRow {
  readonly record_ref: string;
  readonly partner: string;
  readonly feed: string;
  readonly person_key: string;
  readonly forename: string | null;
  readonly surname: string | null;
  readonly dob: string | null;
  readonly sex: string | null;
  readonly postcode: string | null;
  readonly phone: string | null;
  readonly nhs_number: string | null;
  readonly uprn: string | null;
  readonly collection_date: string;
}

/** All records of one person as one partner's system knows them. */
export interface Party {
  readonly newest: PersonRow;
  readonly records: readonly string[];
}

/**
 * Groups records by partner, feed and the partner's own person key: within one system the key is the match, and
 * only what crosses systems (or a system's own doubles) is left to evidence. Order of rows does not matter.
 */
export function parties(rows: readonly PersonRow[]): readonly Party[] {
  const byKey = new Map<string, PersonRow[]>();
  for (const row of rows) {
    const key = `${row.partner}\u0000${row.feed}\u0000${row.person_key}`;
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, [row]);
    else known.push(row);
  }
  const all = [...byKey.values()].map((records): Party => {
    records.sort((a, b) => (a.record_ref < b.record_ref ? -1 : 1));
    const newest = records.reduce((best, row) => (row.collection_date > best.collection_date ? row : best));
    return { newest: filled(newest, records), records: records.map((row) => row.record_ref) };
  });
  return all.sort((a, b) => ((a.records[0] ?? '') < (b.records[0] ?? '') ? -1 : 1));
}

/** The newest record, its blanks filled from the next newest that has them. */
function filled(newest: PersonRow, records: readonly PersonRow[]): PersonRow {
  const byAge = [...records].sort((a, b) => (a.collection_date > b.collection_date ? -1 : 1));
  const from = <K extends keyof PersonRow>(column: K): PersonRow[K] =>
    newest[column] ?? byAge.find((row) => row[column] !== null)?.[column] ?? newest[column];
  return {
    ...newest,
    forename: from('forename'),
    surname: from('surname'),
    dob: from('dob'),
    sex: from('sex'),
    postcode: from('postcode'),
    phone: from('phone'),
    nhs_number: from('nhs_number'),
    uprn: from('uprn'),
  };
}

const COLUMNS = ['forename', 'surname', 'dob', 'sex', 'postcode', 'phone', 'nhs_number', 'uprn'] as const;

/** Parties as the engine takes them: columns of strings, a source per feed. */
export function linkInput(all: readonly Party[]): LinkInput {
  const sources = new Map<string, number>();
  return {
    ids: all.map((party) => party.records[0] ?? ''),
    sources: all.map(({ newest }) => {
      const name = `${newest.partner}/${newest.feed}`;
      const number = sources.get(name) ?? sources.size;
      sources.set(name, number);
      return number;
    }),
    columns: Object.fromEntries(
      COLUMNS.map((column) => [
        column,
        all.map(({ newest }) => (column === 'sex' && newest.sex === 'U' ? null : newest[column])),
      ]),
    ),
  };
}

/** Clusters of records from clusters of parties, each sorted, in the order of their smallest record. */
export function recordClusters(
  all: readonly Party[],
  result: LinkResult,
): readonly { readonly records: readonly string[] }[] {
  const members = new Map<number, string[]>();
  all.forEach((party, row) => {
    const cluster = result.clusters[row] ?? row;
    const known = members.get(cluster);
    if (known === undefined) members.set(cluster, [...party.records]);
    else known.push(...party.records);
  });
  return [...members.values()]
    .map((records) => ({ records: records.sort() }))
    .sort((a, b) => ((a.records[0] ?? '') < (b.records[0] ?? '') ? -1 : 1));
}
