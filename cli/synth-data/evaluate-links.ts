/** Compares the persons a run found with the known truth: of all pairs of rows, which were rightly joined. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface TrueRow {
  readonly partner: string;
  readonly feed: string;
  readonly rowKey: string;
  /** The true person; null where the row names nobody. */
  readonly entity: string | null;
}

/** Pairs of rows of one person: known to the truth, found by the run, and both. */
export interface LinkQuality {
  readonly truePairs: number;
  readonly foundPairs: number;
  readonly rightPairs: number;
  /** Null where nothing was found, so that no share can be given. */
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

export interface LinkEvaluation {
  readonly rows: number;
  readonly entities: number;
  readonly persons: number;
  /** Rows of people the truth knows from two rows or more. */
  readonly all: LinkQuality;
  /** Pairs whose rows came from two partners: what matching across agencies is for. */
  readonly acrossPartners: LinkQuality;
}

/**
 * `personOf` gives the person a run put a row in, undefined where it put it in none: such a row counts as a person of
 * its own. Rows without a true person are left out.
 */
export function evaluateLinks(
  truth: Iterable<TrueRow>,
  personOf: (row: TrueRow) => string | undefined,
): LinkEvaluation {
  const groups = { entity: pairCounter(), person: pairCounter(), both: pairCounter() };
  let rows = 0;
  for (const row of truth) {
    if (row.entity === null) continue;
    rows += 1;
    const person = personOf(row) ?? `unassigned ${row.partner} ${row.feed} ${row.rowKey}`;
    groups.entity.add(row.entity, row.partner);
    groups.person.add(person, row.partner);
    groups.both.add(`${row.entity}\u0000${person}`, row.partner);
  }
  const [entity, person, both] = [groups.entity.count(), groups.person.count(), groups.both.count()];
  return {
    rows,
    entities: entity.groups,
    persons: person.groups,
    all: quality(entity.pairs, person.pairs, both.pairs),
    acrossPartners: quality(entity.across, person.across, both.across),
  };
}

/** The truth file of a valley, row by row. */
export async function readTruth(path: string): Promise<readonly TrueRow[]> {
  const rows: TrueRow[] = [];
  for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) {
    const [partner = '', feed = '', rowKey = '', entity = ''] = line.split(',');
    rows.push({ partner, feed, rowKey, entity: entity === '' ? null : entity });
  }
  return rows.slice(1);
}

interface PairCounter {
  readonly add: (group: string, partner: string) => void;
  readonly count: () => { readonly groups: number; readonly pairs: number; readonly across: number };
}

function pairCounter(): PairCounter {
  const groups = new Map<string, Map<string, number>>();
  return {
    add: (group, partner) => {
      const partners = groups.get(group) ?? new Map<string, number>();
      partners.set(partner, (partners.get(partner) ?? 0) + 1);
      groups.set(group, partners);
    },
    count: () => {
      let [pairs, within] = [0, 0];
      for (const partners of groups.values()) {
        let size = 0;
        for (const count of partners.values()) {
          size += count;
          within += pairsOf(count);
        }
        pairs += pairsOf(size);
      }
      return { groups: groups.size, pairs, across: pairs - within };
    },
  };
}

const pairsOf = (count: number): number => (count * (count - 1)) / 2;

function quality(truePairs: number, foundPairs: number, rightPairs: number): LinkQuality {
  const precision = foundPairs === 0 ? null : rightPairs / foundPairs;
  const recall = truePairs === 0 ? null : rightPairs / truePairs;
  const f1 =
    precision === null || recall === null || precision + recall === 0
      ? null
      : (2 * precision * recall) / (precision + recall);
  return { truePairs, foundPairs, rightPairs, precision, recall, f1 };
}
