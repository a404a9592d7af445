/** Person ids that survive a refresh: an id goes where most of its records went. */

export type PersonEvent =
  | { readonly type: 'created'; readonly person: string }
  | { readonly type: 'merged'; readonly person: string; readonly into: string }
  | { readonly type: 'split'; readonly person: string; readonly off: string }
  | { readonly type: 'retired'; readonly person: string };

/**
 * Each old id is claimed by the cluster that holds most of its surviving records (ties: the cluster that begins with
 * the smallest record); a cluster claimed by several ids keeps that of most of its records (ties: the smallest id), and
 * the others point to it. A cluster no id claims gets a new one.
 */
export function carryIds(
  clusters: readonly (readonly string[])[],
  before: ReadonlyMap<string, string>,
  mint: () => string,
): { readonly persons: readonly string[]; readonly events: readonly PersonEvent[] } {
  const order = clusters
    .map((members, index) => ({ index, members: [...members].sort() }))
    .sort((x, y) => ((x.members[0] ?? '') < (y.members[0] ?? '') ? -1 : 1));
  const best = new Map<string, { index: number; records: number }>();
  for (const { index, members } of order) {
    for (const [person, records] of counted(members, before)) {
      const known = best.get(person);
      if (known === undefined || records > known.records) best.set(person, { index, records });
    }
  }
  const persons: string[] = clusters.map(() => '');
  const events: PersonEvent[] = [];
  for (const { index, members } of order) {
    const claims = [...counted(members, before)]
      .filter(([person]) => best.get(person)?.index === index)
      .sort(([x, m], [y, n]) => n - m || (x < y ? -1 : 1));
    const person = claims[0]?.[0] ?? mint();
    persons[index] = person;
    for (const [other] of claims.slice(1)) events.push({ type: 'merged', person: other, into: person });
    if (claims.length > 0) continue;
    const from = [...counted(members, before).keys()].sort()[0];
    events.push(
      from === undefined ? { type: 'created', person } : { type: 'split', person: from, off: person },
    );
  }
  const living = new Set(best.keys());
  for (const person of new Set(before.values()))
    if (!living.has(person)) events.push({ type: 'retired', person });
  return { persons, events };
}

function counted(
  members: readonly string[],
  before: ReadonlyMap<string, string>,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const member of members) {
    const person = before.get(member);
    if (person !== undefined) counts.set(person, (counts.get(person) ?? 0) + 1);
  }
  return counts;
}
