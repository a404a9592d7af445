/** Whatever table is handed in, no unsafe cell can be worked out of the answer, by nobody; a second solver is the judge. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { protectDocument } from '../../pipeline/release/suppression/protect-document.ts';
import { anyTable, everyCell, keyOf, yalpsBounds } from './protect-tables.ts';

const RUNS = 25;
const PARTNERS = ['police', 'county'];

describe('a protected table', () => {
  it('has every cell, with its true value or withheld; noughts are printed, unsafe cells never', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async (input) => {
        const outcome = await protectDocument(input);
        if (!outcome.ok) throw new Error(outcome.sentence);
        const truth = everyCell(input);
        const { cells } = outcome.document;
        expect(new Set(cells.map(({ cell }) => keyOf(cell)))).toEqual(new Set(truth.keys()));
        expect(cells).toHaveLength(truth.size);
        const parts = PARTNERS.map((partner) => everyCell(input, partner));
        for (const { cell, value, status } of cells) {
          const exact = truth.get(keyOf(cell)) ?? 0;
          expect(value).toBe(status === 'published' ? exact : null);
          if (exact === 0) expect(status).toBe('published');
          const withPartners = input.cells.some(({ by }) => by !== undefined);
          const rests = [
            exact,
            ...(withPartners ? parts.map((own) => exact - (own.get(keyOf(cell)) ?? 0)) : []),
          ];
          const unsafe = rests.some((rest) => rest > 0 && rest < input.settings.threshold);
          expect(status === 'primary').toBe(unsafe);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('tells for each gap, and as each partner, the same interval that a second solver finds, wide enough for what is unsafe', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async (input) => {
        const outcome = await protectDocument(input);
        if (!outcome.ok) throw new Error(outcome.sentence);
        const { cells, audit } = outcome.document;
        const truth = everyCell(input);
        const printed = new Map(
          cells.flatMap(({ cell, value }) => (value === null ? [] : [[keyOf(cell), value] as const])),
        );
        const status = new Map(cells.map((cell) => [keyOf(cell.cell), cell.status]));
        const { lower, upper } = input.settings.protection;
        const attackers = input.cells.some(({ by }) => by !== undefined)
          ? ['outsider', ...PARTNERS]
          : ['outsider'];
        expect(audit).toHaveLength(attackers.length * (cells.length - printed.size));
        for (const { cell, as, low, high } of audit) {
          const name = keyOf(cell);
          const floors = as === 'outsider' ? new Map<string, number>() : everyCell(input, as);
          const second = yalpsBounds(input, printed, floors, name);
          expect(low).toBeCloseTo(second.low, 5);
          if (high === null || second.high === null) expect(high).toBe(second.high);
          else expect(high).toBeCloseTo(second.high, 5);
          const value = truth.get(name) ?? 0;
          if (status.get(name) === 'primary') {
            expect(low).toBeLessThanOrEqual(Math.max(floors.get(name) ?? 0, value - lower) + 1e-6);
            expect(high ?? Infinity).toBeGreaterThanOrEqual(value + upper - 1e-6);
          }
          // A gap that can be worked out would be a gap for nothing.
          if (as === 'outsider') expect(high ?? Infinity).toBeGreaterThan(low);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
