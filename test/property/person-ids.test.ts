import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignIds, base32, minter, type Cluster } from '../../pipeline/match/assign-ids.ts';

const mint = minter(new Uint8Array(32).fill(7));
const clustersOf = (assignment: readonly number[]): readonly Cluster[] => {
  const members = new Map<number, string[]>();
  assignment.forEach((cluster, record) => {
    if (cluster < 0) return;
    const known = members.get(cluster) ?? [];
    known.push(`r${String(record).padStart(3, '0')}`);
    members.set(cluster, known);
  });
  return [...members.values()]
    .map((records) => ({ records: records.sort() }))
    .sort((a, b) => ((a.records[0] ?? '') < (b.records[0] ?? '') ? -1 : 1));
};
const personsOf = (clusters: readonly Cluster[], ids: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    clusters.flatMap(({ records }, index) => records.map((record) => [record, ids[index] ?? ''] as const)),
  );

/** A history: at each step every record is in some cluster, or gone (-1). */
const history = fc.array(fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 20, maxLength: 20 }), {
  minLength: 1,
  maxLength: 8,
});

describe('person ids', () => {
  it('are never shared by two persons, and never given to another person later', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let persons: ReadonlyMap<string, string> = new Map();
        for (const step of steps) {
          const clusters = clustersOf(step);
          const { personIds, created, kept } = assignIds(clusters, persons, mint);
          expect(new Set(personIds).size).toBe(clusters.length);
          expect(created + kept).toBe(clusters.length);
          const before = new Set(persons.values());
          clusters.forEach(({ records }, index) => {
            const id = personIds[index] ?? '';
            // An id that was somebody's is only kept by a cluster that still holds a record of theirs.
            if (before.has(id)) expect(records.some((record) => persons.get(record) === id)).toBe(true);
          });
          persons = personsOf(clusters, personIds);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('do not change when nothing changes, nor when a person only gains records', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 20, maxLength: 20 }),
        fc.nat(10),
        (step, late) => {
          const early = step.map((cluster, record) => (record < late ? -1 : cluster));
          const first = clustersOf(early);
          const before = personsOf(first, assignIds(first, new Map(), mint).personIds);
          const second = clustersOf(step);
          const after = personsOf(second, assignIds(second, before, mint).personIds);
          for (const [record, person] of before) expect(after.get(record)).toBe(person);
        },
      ),
    );
  });

  it('stay with most surviving records when a person is split, and retire with a redirect when two are merged', () => {
    const before = new Map([
      ['a', 'p1'],
      ['b', 'p1'],
      ['c', 'p1'],
      ['d', 'p2'],
    ]);
    const split = assignIds([{ records: ['a'] }, { records: ['b', 'c'] }, { records: ['d'] }], before, mint);
    expect(split.personIds.slice(1)).toEqual(['p1', 'p2']);
    expect(split.personIds[0]).not.toBe('p1');
    expect([split.created, split.split]).toEqual([1, 1]);
    const merged = assignIds([{ records: ['a', 'b', 'c', 'd'] }], before, mint);
    expect(merged.personIds).toEqual(['p1']);
    expect(merged.merged).toEqual([{ retired: 'p2', into: 'p1' }]);
  });

  it('tell nothing of the record they were founded on', () => {
    expect(mint('r001', 0)).toMatch(/^p[a-z2-7]{25}$/);
    expect(mint('r001', 0)).not.toBe(mint('r001', 1));
    expect(minter(new Uint8Array(32))('r001', 0)).not.toBe(mint('r001', 0));
    expect(base32(Buffer.from('foobar'))).toBe('mzxw6ytboi');
  });
});
