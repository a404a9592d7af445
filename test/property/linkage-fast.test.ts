/** The fast engine gives what the plain one gives: the same pairs, weights, clusters and counts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { components, guardedClusters as fastClusters } from '../../linkage/engine/cluster.ts';
import { linkTable, link } from '../../linkage/link.ts';
import {
  LEVELS,
  type Comparison,
  type LinkageModel,
  type LinkInput,
  type LinkResult,
} from '../../linkage/model.ts';
import { connectedComponents, guardedClusters } from '../../linkage/reference/cluster.ts';
import { link as referenceLink } from '../../linkage/reference/link.ts';
import { tableFromInput } from '../../linkage/table/table.ts';

const some = <T>(...values: T[]): fc.Arbitrary<T | null> =>
  fc.option(fc.constantFrom(...values), { freq: 6 });
const person = fc.record({
  forename: some(
    'Kate',
    'Katherine',
    'catherine',
    'Ann Marie',
    'Ann',
    'Okafor',
    'Jon',
    'John',
    'Zoë',
    'Bo',
    'Łucja',
  ),
  surname: some(
    'Okafor',
    'Okafro',
    'Pretend-Okafor',
    'Kate',
    'Smith',
    'Smyth',
    'Schmidt',
    "O'Fiction",
    'Fiction',
  ),
  dob: some('2001-02-11', '2001-11-02', '2001-02-12', '2001-07-30', '1911-02-11', '1980-01-01', 'not a date'),
  postcode: some('ZZ1 1AA', 'ZZ1 1AB', 'ZZ1 2AA', 'ZZ2 1AA', 'ZZ11AA', 'Z'),
  street: some('1 pretend road', '1 pretend rd', 'pretend road', '12 invented close', 'invented close'),
  phone: some('07700900111', '07700900112', '07700901011', '0770090011', '17700900111', '5'),
  sex: some('F', 'M'),
});
const people = fc.array(person, { minLength: 2, maxLength: 40 });

const kinds: readonly (readonly [string, Comparison['kind']])[] = [
  ['forename', 'name'],
  ['surname', 'name'],
  ['dob', 'date'],
  ['postcode', 'postcode'],
  ['street', 'text'],
  ['phone', 'code'],
  ['sex', 'exact'],
];
const shares = (count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: 50 }), { minLength: count, maxLength: count }).map((parts) => {
    const sum = parts.reduce((total, part) => total + part, 0);
    return parts.map((part) => part / sum);
  });
const comparison = (column: string, kind: Comparison['kind']): fc.Arbitrary<Comparison> =>
  fc
    .record({
      m: shares(LEVELS[kind].length),
      u: shares(LEVELS[kind].length),
      termFrequency: fc.constantFrom<boolean | 'smoothed'>(true, false, 'smoothed'),
      swapped: fc.boolean(),
    })
    .map(({ m, u, termFrequency, swapped }) => ({
      name: column,
      column,
      kind,
      m,
      u,
      termFrequency,
      ...(kind === 'name' && swapped ? { swapWith: column === 'forename' ? 'surname' : 'forename' } : {}),
    }));
const rule = fc.constantFrom<LinkageModel['blocking'][number]['parts']>(
  [{ column: 'dob' }],
  [{ column: 'surname', take: 'soundex' }],
  [
    { column: 'dob', take: 'swapped' },
    { column: 'forename', take: 'initial' },
  ],
  [{ column: 'postcode', take: 'district' }],
  [
    { column: 'postcode', take: 'sector' },
    { column: 'surname', take: 'first3' },
  ],
  [
    { column: 'phone', take: 'last4' },
    { column: 'dob', take: 'year' },
  ],
  [{ column: 'sex' }],
  [],
);
const model = fc
  .record({
    comparisons: fc
      .tuple(...kinds.map(([column, kind]) => comparison(column, kind)))
      .chain((all) => fc.shuffledSubarray(all, { minLength: 1 })),
    blocking: fc.array(rule, { minLength: 1, maxLength: 4 }),
    thresholdBits: fc.integer({ min: -8, max: 8 }),
    largestBlockPairs: fc.constantFrom(10, 1000),
    capBits: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
    relation: fc.option(fc.record({ priorBits: fc.integer({ min: -6, max: 2 }), levels: shares(5) }), {
      nil: undefined,
    }),
  })
  .map(({ comparisons, blocking, capBits, relation, ...rest }): LinkageModel => ({
    version: 'property/1',
    priorBits: -3,
    ...rest,
    comparisons,
    blocking: blocking.map((parts, index) => ({ name: `rule ${index}`, parts })),
    ...(capBits === undefined
      ? {}
      : { household: { comparisons: ['surname', 'postcode', 'phone'], capBits } }),
    ...(relation === undefined || !comparisons.some(({ name }) => name === 'surname')
      ? {}
      : {
          related: [
            { name: 'household', priorBits: relation.priorBits, levels: { surname: relation.levels } },
          ],
        }),
    nicknames: [
      ['kate', 'katherine', 'catherine'],
      ['jon', 'john'],
      ['ann', 'kate'],
    ],
  }));

function asInput(rows: readonly object[], free: readonly number[]): LinkInput {
  const all = rows as readonly Readonly<Record<string, string | null>>[];
  return {
    ids: all.map((_, row) => String(row)),
    sources: all.map((_, row) => row % 3),
    columns: Object.fromEntries(kinds.map(([column]) => [column, all.map((row) => row[column] ?? null)])),
    duplicateFree: free,
  };
}

const inOrder = ({ pairs }: LinkResult): string[] =>
  pairs.map(({ a, b, weight }) => `${a}-${b} ${weight}`).sort();

describe('the fast engine and the plain one', () => {
  it('agree edge by edge, to the last bit of every weight, under any model', () => {
    fc.assert(
      fc.property(people, model, fc.subarray([0, 1, 2]), (rows, given, free) => {
        const input = asInput(rows, free);
        const fast = link(input, given);
        const plain = referenceLink(input, given);
        expect(inOrder(fast)).toEqual(inOrder(plain));
        expect(fast.report).toEqual(plain.report);
        expect([...fast.clusters]).toEqual([...plain.clusters]);
      }),
      { numRuns: 400 },
    );
  });

  it('merge the same clusters from the same links, decisions and duplicate-free sources', () => {
    const links = fc.array(fc.tuple(fc.nat(13), fc.nat(13), fc.integer({ min: 1, max: 6 })), {
      maxLength: 30,
    });
    const decisions = fc.array(fc.record({ a: fc.nat(13), b: fc.nat(13), same: fc.boolean() }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(links, decisions, fc.subarray([0, 1, 2]), (given, decided, free) => {
        const input: LinkInput = {
          ids: Array.from({ length: 14 }, (_, row) => String(row)),
          sources: Array.from({ length: 14 }, (_, row) => row % 5),
          columns: {},
          duplicateFree: free,
          decisions: decided.filter(({ a, b }) => a !== b),
        };
        const pairs = given
          .filter(([a, b]) => a !== b)
          .map(([a, b, weight]) => ({ a: Math.min(a, b), b: Math.max(a, b), weight }));
        const weightOf = (a: number, b: number): number => ((a * 7 + b * 7) % 11) - 4;
        const edges = {
          a: Int32Array.from(pairs, ({ a }) => a),
          b: Int32Array.from(pairs, ({ b }) => b),
          weights: Float64Array.from(pairs, ({ weight }) => weight),
        };
        const fast = fastClusters(14, edges, {
          sources: Int32Array.from(input.sources),
          duplicateFree: new Set(free),
          decisions: input.decisions ?? [],
          weightOf,
          clipBits: 12,
        });
        const plain = guardedClusters(input, pairs, weightOf);
        expect([...fast.clusters]).toEqual([...plain.clusters]);
        expect(fast.refused).toBe(plain.refused);
        expect([...components(14, edges)]).toEqual([...connectedComponents(14, pairs)]);
      }),
      { numRuns: 1000 },
    );
  });

  it('give on two threads what they give on one', async () => {
    const names = ['Kate', 'Katherine', 'John', 'Jon', 'Ann', 'Mary', 'Marie', 'Bob'];
    const rows = Array.from({ length: 2400 }, (_, row) => ({
      forename: names[(row * 7) % 8] ?? null,
      surname: names[(row * 5 + (row >> 3)) % 8] ?? null,
      dob: `19${40 + (row % 50)}-0${1 + (row % 9)}-1${row % 10}`,
    }));
    const name = (column: string): Comparison => ({
      name: column,
      kind: 'name',
      column,
      termFrequency: true,
      m: [0.8, 0.05, 0.05, 0.05, 0.05],
      u: [0.1, 0.02, 0.02, 0.06, 0.8],
    });
    const wide: LinkageModel = {
      version: 'property/2',
      priorBits: -3,
      thresholdBits: 2.5,
      largestBlockPairs: 1000,
      blocking: [{ name: 'all', parts: [] }],
      comparisons: [
        name('forename'),
        name('surname'),
        { ...name('dob'), kind: 'date', termFrequency: false },
      ],
    };
    const table = tableFromInput(asInput(rows, []));
    const two = await linkTable(table, wide, { threads: 2 });
    const one = await linkTable(table, wide, { threads: 1 });
    const sorted = ({ edges }: typeof one): string[] =>
      Array.from(edges.a, (a, i) => `${a}-${edges.b[i]} ${edges.weights[i]}`).sort();
    expect(sorted(two)).toEqual(sorted(one));
    expect(two.report).toEqual(one.report);
    expect(one.edges.a.length).toBeGreaterThan(0);
  });
});
