/** Gives clusters their persons: ids survive refreshes by the rule of most surviving records, and are never used twice. */
import { createHmac } from 'node:crypto';

export interface Cluster {
  /** References of the records in the cluster, sorted. */
  readonly records: readonly string[];
}
export interface IdAssignment {
  /** Person of each cluster, in the clusters' order. */
  readonly personIds: readonly string[];
  readonly created: number;
  readonly kept: number;
  /** Persons whose records now belong to another person: the id is retired, with where it went. */
  readonly merged: readonly { readonly retired: string; readonly into: string }[];
  /** Persons who lost records to a new or another person. */
  readonly split: number;
  /** Persons none of whose records is left. */
  readonly gone: number;
}

/**
 * @param previous person of each record in the state before; records that are gone may still be named.
 * @param mint makes an id from a founding record and an attempt number; called until the id was never used.
 */
export function assignIds(
  clusters: readonly Cluster[],
  previous: ReadonlyMap<string, string>,
  mint: (foundingRecord: string, attempt: number) => string,
): IdAssignment {
  const shares = clusters.map((cluster) => {
    const share = new Map<string, number>();
    for (const record of cluster.records) {
      const person = previous.get(record);
      if (person !== undefined) share.set(person, (share.get(person) ?? 0) + 1);
    }
    return share;
  });
  const heir = heirs(clusters, shares);
  const used = new Set(previous.values());
  const personIds: string[] = [];
  const merged: { retired: string; into: string }[] = [];
  let created = 0;
  let kept = 0;
  let split = 0;
  clusters.forEach((cluster, index) => {
    const claims = [...(shares[index] ?? [])].filter(([person]) => heir.get(person) === index);
    split += (shares[index]?.size ?? 0) - claims.length;
    // Several ids may fall to one cluster: that with most records stays (ties: the smaller), the others retire.
    claims.sort(([left, a], [right, b]) => b - a || (left < right ? -1 : 1));
    const keeps = claims[0]?.[0];
    if (keeps !== undefined) {
      kept++;
      personIds.push(keeps);
      for (const [retired] of claims.slice(1)) merged.push({ retired, into: keeps });
      return;
    }
    created++;
    const id = unused(cluster.records[0] ?? '', used, mint);
    used.add(id);
    personIds.push(id);
  });
  return { personIds, created, kept, merged, split, gone: used.size - created - heir.size };
}

/** Each old id goes to the cluster that holds most of its records; ties to the cluster of the smallest record. */
function heirs(
  clusters: readonly Cluster[],
  shares: readonly ReadonlyMap<string, number>[],
): ReadonlyMap<string, number> {
  const best = new Map<string, { readonly index: number; readonly count: number }>();
  shares.forEach((share, index) => {
    for (const [person, count] of share) {
      const rival = best.get(person);
      const first = clusters[index]?.records[0] ?? '';
      const rivalFirst = clusters[rival?.index ?? 0]?.records[0] ?? '';
      if (rival === undefined || count > rival.count || (count === rival.count && first < rivalFirst))
        best.set(person, { index, count });
    }
  });
  return new Map([...best].map(([person, { index }]) => [person, index]));
}

function unused(
  founding: string,
  used: ReadonlySet<string>,
  mint: (foundingRecord: string, attempt: number) => string,
): string {
  for (let attempt = 0; ; attempt++) {
    const id = mint(founding, attempt);
    if (!used.has(id)) return id;
  }
}

/** Mints opaque ids: a keyed hash, so that nobody without the key can tell which record founded a person. */
export const minter =
  (secret: Uint8Array) =>
  (foundingRecord: string, attempt: number): string =>
    `p${base32(createHmac('sha256', secret).update(`person/v1|${foundingRecord}|${attempt}`).digest()).slice(0, 25)}`;

/** RFC 4648 base32 in lower case, without padding. */
export function base32(bytes: Uint8Array): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet.charAt((buffer >>> (bits - 5)) & 31);
    buffer &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet.charAt((buffer << (5 - bits)) & 31) : text;
}
