/** Linking that goes on from where it stopped leaves what a batch over the survivors gives. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carryIds } from '../../linkage/incremental/person-ids.ts';
import { countValues, type Values } from '../../linkage/incremental/record-weight.ts';
import { readState, stateText } from '../../linkage/incremental/state-file.ts';
import { LinkState, type Delta, type FrozenModel } from '../../linkage/incremental/state.ts';
import { link } from '../../linkage/link.ts';
import type { LinkageModel } from '../../linkage/model.ts';

const model: LinkageModel = {
  version: 'incremental/1',
  priorBits: -6,
  thresholdBits: 0,
  // Small, so that blocks grow over the limit and shrink under it again.
  largestBlockPairs: 10,
  blocking: [
    { name: 'birth', parts: [{ column: 'dob' }] },
    { name: 'name', parts: [{ column: 'surname', take: 'soundex' }] },
    {
      name: 'swapped',
      parts: [
        { column: 'dob', take: 'swapped' },
        { column: 'forename', take: 'initial' },
      ],
    },
  ],
  comparisons: [
    {
      name: 'forename',
      kind: 'name',
      column: 'forename',
      swapWith: 'surname',
      termFrequency: 'smoothed',
      m: [0.8, 0.05, 0.07, 0.04, 0.04],
      u: [0.05, 0.01, 0.02, 0.04, 0.88],
    },
    {
      name: 'surname',
      kind: 'name',
      column: 'surname',
      swapWith: 'forename',
      termFrequency: true,
      m: [0.8, 0.05, 0.07, 0.04, 0.04],
      u: [0.05, 0.01, 0.02, 0.04, 0.88],
    },
    {
      name: 'birth',
      kind: 'date',
      column: 'dob',
      m: [0.85, 0.03, 0.06, 0.02, 0.04],
      u: [0.02, 0.01, 0.03, 0.04, 0.9],
    },
    { name: 'phone', kind: 'code', column: 'phone', m: [0.8, 0.1, 0.04, 0.06], u: [0.01, 0.01, 0.02, 0.96] },
  ],
  related: [
    {
      name: 'household',
      priorBits: -3,
      levels: { surname: [0.7, 0.1, 0.1, 0.05, 0.05], phone: [0.4, 0.1, 0.1, 0.4] },
    },
  ],
  nicknames: [['kate', 'katherine']],
};

const some = <T>(...values: T[]): fc.Arbitrary<T | null> =>
  fc.option(fc.constantFrom(...values), { freq: 8 });
const values: fc.Arbitrary<Values> = fc.record({
  forename: some('kate', 'katherine', 'jon', 'john', 'pretend'),
  surname: some('pretend', 'pretand', 'invented', 'kate', 'okafor'),
  dob: some('2001-02-11', '2001-11-02', '2001-02-12', '1980-01-01'),
  phone: some('07700900111', '07700900112', '07700900999'),
});
const id = fc.nat(14).map((number) => `r${String(number).padStart(2, '0')}`);
// A record's source goes with its id, as it does in life.
const record = fc.record({ id, values }).map((one) => ({ ...one, source: Number(one.id.slice(1)) % 3 }));
const delta: fc.Arbitrary<Delta> = fc.record({
  put: fc.uniqueArray(record, { maxLength: 6, selector: (one) => one.id }),
  remove: fc.uniqueArray(id, { maxLength: 3 }),
  decide: fc.array(
    fc.record({ a: id, b: id, same: fc.boolean() }).filter(({ a, b }) => a !== b),
    { maxLength: 1 },
  ),
});

function minter(): () => string {
  let next = 0;
  return () => `p${String(++next).padStart(4, '0')}`;
}

function batch(
  state: LinkState,
  { duplicateFree, counts }: FrozenModel,
): { readonly edges: string[]; readonly clusters: string[] } {
  const records = [...state.records.values()].sort((x, y) => (x.id < y.id ? -1 : 1));
  const row = new Map(records.map((one, index) => [one.id, index]));
  const result = link(
    {
      ids: records.map((one) => one.id),
      sources: records.map(({ source }) => source),
      columns: Object.fromEntries(
        ['forename', 'surname', 'dob', 'phone'].map((column) => [
          column,
          records.map((one) => one.values[column] ?? null),
        ]),
      ),
      duplicateFree,
      decisions: [...state.decisions.values()].flatMap(({ a, b, same }) => {
        const [left, right] = [row.get(a), row.get(b)];
        return left === undefined || right === undefined ? [] : [{ a: left, b: right, same }];
      }),
    },
    model,
    counts,
  );
  const name = (index: number): string => records[index]?.id ?? '';
  const members = new Map<number, string[]>();
  result.clusters.forEach((cluster, index) =>
    members.set(cluster, [...(members.get(cluster) ?? []), name(index)]),
  );
  return {
    edges: result.pairs.map(({ a, b, weight }) => `${name(a)} ${name(b)} ${weight}`).sort(),
    clusters: [...members.values()].map((ids) => ids.sort().join(' ')).sort(),
  };
}

function held(state: LinkState): { readonly edges: string[]; readonly clusters: string[] } {
  const members = new Map<string, string[]>();
  for (const [record_, person] of state.personOf)
    members.set(person, [...(members.get(person) ?? []), record_]);
  return {
    edges: [...state.edges]
      .flatMap(([a, others]) => [...others].flatMap(([b, weight]) => (a < b ? [`${a} ${b} ${weight}`] : [])))
      .sort(),
    clusters: [...members.values()].map((ids) => ids.sort().join(' ')).sort(),
  };
}

describe('linking by deltas', () => {
  it('leaves, after any inserts, updates, deletions and decisions, what a batch over the survivors gives', () => {
    fc.assert(
      fc.property(
        fc.array(delta, { minLength: 1, maxLength: 6 }),
        fc.subarray([0, 1, 2]),
        fc.array(values, { maxLength: 30 }),
        (deltas, duplicateFree, seen) => {
          const frozen: FrozenModel = { model, counts: countValues(model, seen), duplicateFree };
          const state = new LinkState(frozen, minter());
          for (const one of deltas) {
            // A delta that both puts and removes a record has no one meaning.
            const put = new Set((one.put ?? []).map((record_) => record_.id));
            state.apply({ ...one, remove: (one.remove ?? []).filter((gone) => !put.has(gone)) });
            expect(held(state)).toEqual(batch(state, frozen));
          }
        },
      ),
      { numRuns: 4000 },
    );
  }, 180_000);

  it('gives every record one person and every person a record, whatever happened', () => {
    fc.assert(
      fc.property(fc.array(delta, { maxLength: 8 }), (deltas) => {
        const state = new LinkState({ model, counts: countValues(model, []), duplicateFree: [] }, minter());
        const ever = new Set<string>();
        for (const one of deltas) {
          const before = new Set(state.personOf.values());
          const events = state.apply(one);
          const after = new Set(state.personOf.values());
          expect([...state.personOf.keys()].sort()).toEqual([...state.records.keys()].sort());
          // Nothing vanishes or appears unsaid.
          for (const person of before)
            if (!after.has(person))
              expect(
                events.some(
                  (event) => event.person === person && (event.type === 'merged' || event.type === 'retired'),
                ),
              ).toBe(true);
          for (const person of after)
            if (!before.has(person)) {
              expect(ever.has(person)).toBe(false);
              expect(
                events.some(
                  (event) =>
                    (event.type === 'created' && event.person === person) ||
                    (event.type === 'split' && event.off === person),
                ),
              ).toBe(true);
            }
          for (const person of after) ever.add(person);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a linking state as a file', () => {
  const made = (deltas: readonly Delta[], seen: readonly Values[]): LinkState => {
    const state = new LinkState({ model, counts: countValues(model, seen), duplicateFree: [1] }, minter());
    for (const one of deltas) state.apply(one);
    return state;
  };

  it('read back goes on as if it had never been written', () => {
    fc.assert(
      fc.property(
        fc.array(delta, { minLength: 1, maxLength: 4 }),
        delta,
        fc.array(values, { maxLength: 10 }),
        (deltas, last, seen) => {
          const state = made(deltas, seen);
          let next = 5000;
          const read = readState(stateText(state), () => `q${++next}`);
          if (!read.ok) throw new Error(read.reason);
          expect(stateText(read.state)).toBe(stateText(state));
          read.state.apply(last);
          state.apply(last);
          expect(held(read.state)).toEqual(held(state));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('holds after an erasure no value that only the erased held, and the bytes a batch of the survivors gives', () => {
    fc.assert(
      fc.property(
        fc.array(delta, { minLength: 1, maxLength: 4 }),
        fc.uniqueArray(id, { minLength: 1, maxLength: 3 }),
        (deltas, erased) => {
          const state = made(deltas, []);
          const marked = erased.map((one, index) => ({
            id: one,
            source: 0,
            values: {
              forename: `only${index}secret`,
              surname: 'kate',
              dob: '2001-02-11',
              phone: `0${index}555`,
            },
          }));
          state.apply({ put: marked });
          state.erase(erased);
          const text = stateText(state);
          expect(text).not.toMatch(/secret|"0\d555"/);
          for (const one of erased) expect(text).not.toContain(`"${one}"`);
          const again = new LinkState({ model, counts: state.counts, duplicateFree: [1] }, minter());
          again.apply({ put: [...state.records.values()], decide: [...state.decisions.values()] });
          // The id table is carried over: persons are told by their records, not by when they were first seen.
          for (const [record_, person] of state.personOf) again.personOf.set(record_, person);
          expect(stateText(again)).toBe(text);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each<[string, (text: string) => string, string]>([
    ['changed by one letter', (text) => text.replace('kate', 'kata'), 'damaged'],
    ['cut short', (text) => text.slice(0, -20), 'damaged'],
    ['of another version', (text) => text.replace('state/1', 'state/2'), 'other-version'],
    ['that is something else', () => 'id,cluster\n', 'not-a-state'],
  ])('is refused when it is one %s', (_, change, reason) => {
    const text = stateText(made([{ put: [{ id: 'r1', source: 0, values: { forename: 'kate' } }] }], []));
    expect(readState(change(text), minter())).toMatchObject({ ok: false, reason });
  });
});

describe('a person id', () => {
  const before = new Map([
    ['a', 'p1'],
    ['b', 'p1'],
    ['c', 'p1'],
    ['d', 'p2'],
    ['e', 'p2'],
  ]);
  it.each<[string, string[][], string[], unknown[]]>([
    [
      'stays where nothing changed',
      [
        ['a', 'b', 'c'],
        ['d', 'e'],
      ],
      ['p1', 'p2'],
      [],
    ],
    [
      'goes with most of its records when they part',
      [['a'], ['b', 'c'], ['d', 'e']],
      ['new', 'p1', 'p2'],
      [{ type: 'split', person: 'p1', off: 'new' }],
    ],
    [
      'of most records stays when two become one',
      [['a', 'b', 'c', 'd', 'e']],
      ['p1'],
      [{ type: 'merged', person: 'p2', into: 'p1' }],
    ],
    ['is retired with its last record', [['a', 'b', 'c']], ['p1'], [{ type: 'retired', person: 'p2' }]],
    [
      'is new for the new',
      [['a', 'b', 'c'], ['d', 'e'], ['f']],
      ['p1', 'p2', 'new'],
      [{ type: 'created', person: 'new' }],
    ],
  ])('%s', (_, clusters, persons, events) => {
    expect(carryIds(clusters, before, () => 'new')).toEqual({ persons, events });
  });
});
