/** Whatever table is handed in, no unsafe cell can be worked out of the answer, by nobody. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { protectDocument } from '../../pipeline/release/suppression/protect-document.ts';

const AREAS = {
  root: 'all',
  children: { all: ['north', 'south'], north: ['n1', 'n2'], south: ['s1', 's2', 's3'] },
};
const AGES = { root: 'any', children: { any: ['young', 'middle', 'old'] } };
const LEAVES = ['n1', 'n2', 's1', 's2', 's3'].flatMap((area) =>
  ['young', 'middle', 'old'].map((age) => [area, age]),
);

const cellsOf = fc
  .array(fc.oneof(fc.nat(9), fc.nat(60)), { minLength: LEAVES.length, maxLength: LEAVES.length })
  .chain((values) =>
    fc.array(fc.nat(100), { minLength: LEAVES.length, maxLength: LEAVES.length }).map((shares) =>
      LEAVES.map((cell, index) => {
        const value = values[index] ?? 0;
        const police = Math.round((value * (shares[index] ?? 0)) / 100);
        return { cell, value, by: { police, county: value - police } };
      }),
    ),
  );

describe('secondary suppression', () => {
  it('leaves every unsafe cell at least as open as agreed, to an outsider and to each partner', async () => {
    await fc.assert(
      fc.asyncProperty(cellsOf, fc.boolean(), async (cells, withPartners) => {
        const given = withPartners ? cells : cells.map(({ cell, value }) => ({ cell, value }));
        const outcome = await protectDocument({ dims: [AREAS, AGES], cells: given });
        if (!outcome.ok) throw new Error(outcome.sentence);
        const { cells: answer, audit } = outcome.document;
        expect(answer).toHaveLength(8 * 4);
        const valueOf = (
          [area = '', age = '']: readonly string[],
          part: 'value' | 'police' | 'county',
        ): number =>
          cells
            .filter(({ cell: [a = '', g = ''] }) => {
              const under = area === 'all' || area === a || area === (a.startsWith('n') ? 'north' : 'south');
              return under && (age === 'any' || age === g);
            })
            .reduce((sum, { value, by }) => sum + (part === 'value' ? value : by[part]), 0);
        for (const { cell, value, status } of answer) {
          const truth = valueOf(cell, 'value');
          if (status === 'published') expect(value).toBe(truth);
          else expect(value).toBeNull();
          if (truth === 0) expect(status).toBe('published');
          if (truth > 0 && truth < 8) expect(status).toBe('primary');
        }
        const primary = new Set(
          answer.filter(({ status }) => status === 'primary').map(({ cell }) => cell.join()),
        );
        for (const { cell, as, low, high } of audit.filter((interval) => primary.has(interval.cell.join()))) {
          const truth = valueOf(cell, 'value');
          const own = as === 'police' || as === 'county' ? valueOf(cell, as) : 0;
          expect(low).toBeLessThanOrEqual(Math.max(own, truth - 8) + 1e-6);
          expect(high ?? Infinity).toBeGreaterThanOrEqual(truth + 8 - 1e-6);
        }
      }),
      { numRuns: 40 },
    );
  });
});
