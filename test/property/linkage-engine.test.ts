import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildBlocks, forEachCandidate } from '../../linkage/reference/block.ts';
import { guardedClusters } from '../../linkage/reference/cluster.ts';
import { link } from '../../linkage/link.ts';
import type { LinkageModel, LinkInput } from '../../linkage/model.ts';

const model: LinkageModel = {
  version: 'test/1',
  priorBits: -4,
  thresholdBits: 2,
  largestBlockPairs: 1_000_000,
  blocking: [
    { name: 'date', parts: [{ column: 'dob' }] },
    { name: 'name', parts: [{ column: 'surname' }, { column: 'forename', take: 'initial' }] },
    { name: 'swapped date', parts: [{ column: 'dob', take: 'swapped' }] },
  ],
  comparisons: [
    {
      name: 'forename',
      kind: 'name',
      column: 'forename',
      m: [0.8, 0.05, 0.05, 0.05, 0.05],
      u: [0.1, 0.05, 0.05, 0.1, 0.7],
    },
    {
      name: 'surname',
      kind: 'name',
      column: 'surname',
      m: [0.8, 0.05, 0.05, 0.05, 0.05],
      u: [0.1, 0.05, 0.05, 0.1, 0.7],
    },
    {
      name: 'dob',
      kind: 'date',
      column: 'dob',
      m: [0.9, 0.02, 0.04, 0.02, 0.02],
      u: [0.02, 0.02, 0.06, 0.1, 0.8],
    },
  ],
};

const maybe = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: null, freq: 5 });
const records = fc.array(
  fc.record({
    forename: maybe(['Nia', 'Ama', 'Tunde', 'Jan', 'Johnny']),
    surname: maybe(['Fictionby', 'Exampleska', 'Okafor-Made']),
    dob: maybe(['2001-02-03', '2001-03-02', '1990-12-31', '2001-02-04']),
  }),
  { maxLength: 30 },
);
const asInput = (
  rows: readonly { forename: string | null; surname: string | null; dob: string | null }[],
): LinkInput => ({
  ids: rows.map((_, row) => String(row)),
  sources: rows.map((_, row) => row % 2),
  columns: {
    forename: rows.map(({ forename }) => forename),
    surname: rows.map(({ surname }) => surname),
    dob: rows.map(({ dob }) => dob),
  },
});

describe('the linkage engine', () => {
  it('visits each pair that agrees on some rule exactly once, and no other', () => {
    fc.assert(
      fc.property(records, (rows) => {
        const input = asInput(rows);
        const blocks = buildBlocks(input, model);
        const visited: string[] = [];
        forEachCandidate(blocks, model.largestBlockPairs, (a, b) => visited.push(`${a}-${b}`));
        const expected: string[] = [];
        for (let a = 0; a < rows.length; a++)
          for (let b = a + 1; b < rows.length; b++)
            if (blocks.keys.some((key) => key[a] !== 0 && key[a] === key[b])) expected.push(`${a}-${b}`);
        expect(visited.sort()).toEqual(expected.sort());
      }),
    );
  });

  it('finds the same persons in whatever order the records come', () => {
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), (rows, chance) => {
        const order = rows.map((_, row) => row);
        for (let i = order.length - 1; i > 0; i--) {
          const j = (chance.next().value ?? 0) % (i + 1);
          [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
        }
        const plain = link(asInput(rows), model);
        const shuffled = link(
          asInput(order.map((row) => rows[row] ?? { forename: null, surname: null, dob: null })),
          model,
        );
        const weights = (result: typeof plain, back: (row: number) => number): string[] =>
          result.pairs
            .map(({ a, b, weight }) =>
              [Math.min(back(a), back(b)), Math.max(back(a), back(b)), weight.toFixed(9)].join(),
            )
            .sort();
        expect(weights(shuffled, (row) => order[row] ?? 0)).toEqual(weights(plain, (row) => row));
      }),
    );
  });

  it('never puts two records of a duplicate-free source, or a "not the same", into one cluster', () => {
    const links = fc.array(fc.tuple(fc.nat(11), fc.nat(11), fc.integer({ min: 1, max: 20 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(links, fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 6 }), (given, apart) => {
        const input: LinkInput = {
          ids: Array.from({ length: 12 }, (_, row) => String(row)),
          sources: Array.from({ length: 12 }, (_, row) => row % 4),
          columns: {},
          duplicateFree: [0, 1],
          decisions: apart.filter(([a, b]) => a !== b).map(([a, b]) => ({ a, b, same: false })),
        };
        const pairs = given
          .filter(([a, b]) => a !== b)
          .map(([a, b, weight]) => ({ a: Math.min(a, b), b: Math.max(a, b), weight }));
        const { clusters } = guardedClusters(input, pairs, () => 5);
        for (let a = 0; a < 12; a++)
          for (let b = a + 1; b < 12; b++) {
            if (clusters[a] !== clusters[b]) continue;
            expect(input.sources[a] === input.sources[b] && (input.sources[a] ?? 9) < 2).toBe(false);
            expect(apart.some(([x, y]) => x !== y && ((x === a && y === b) || (x === b && y === a)))).toBe(
              false,
            );
          }
      }),
    );
  });
});
