/** The exact solver against every choice of gaps there is, and the heuristic against the exact solver. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  protectDocument,
  type ProtectedDocument,
} from '../../pipeline/release/suppression/protect-document.ts';
import { suppress } from '../../pipeline/release/suppression/suppress.ts';
import { readTableDocument } from '../../pipeline/release/suppression/table-document.ts';
import { anyTable, everyCell, keyOf, yalpsBounds, type TableInput } from './protect-tables.ts';

const OPTIMUM = { optimum: true, secondsLeft: () => Infinity };
const HEURISTIC = { optimum: false, secondsLeft: () => 0 };

const tableOf = (input: TableInput) => {
  const read = readTableDocument(input);
  if (!read.ok) throw new Error(read.sentence);
  return read.table;
};

function priceOf(input: TableInput, withheld: Iterable<string>): number {
  const values = everyCell(input);
  return [...withheld].reduce(
    (sum, name) => sum + (input.settings.minimise === 'count' ? 1 : (values.get(name) ?? 0)),
    0,
  );
}

async function protect(input: TableInput, optimum: boolean): Promise<ProtectedDocument> {
  const outcome = await protectDocument(input, optimum ? OPTIMUM : undefined);
  if (!outcome.ok) throw new Error(outcome.sentence);
  if (optimum) expect(outcome.proved).toBe(true);
  return outcome.document;
}
const secondary = ({ cells }: ProtectedDocument): readonly string[] =>
  cells.filter(({ status }) => status === 'secondary').map(({ cell }) => keyOf(cell));

/** Tries every choice of further gaps, cheapest first; null where there are too many to try. */
function cheapestByTrying(input: TableInput, document: ProtectedDocument): number | null {
  const values = everyCell(input);
  const primary = document.cells.filter(({ status }) => status === 'primary').map(({ cell }) => keyOf(cell));
  const free = [...values.keys()].filter((name) => values.get(name) !== 0 && !primary.includes(name));
  if (free.length > 9) return null;
  const choices = Array.from({ length: 2 ** free.length }, (_, bits) =>
    free.filter((_name, at) => (bits >> at) & 1),
  );
  const { lower, upper } = input.settings.protection;
  const attackers: ReadonlyMap<string, number>[] = [new Map()];
  if (input.cells.some(({ by }) => by !== undefined))
    attackers.push(everyCell(input, 'police'), everyCell(input, 'county'));
  const safe = (choice: readonly string[]): boolean => {
    const printed = new Map(
      [...values].filter(([name]) => !primary.includes(name) && !choice.includes(name)),
    );
    return primary.every((name) =>
      attackers.every((floors) => {
        const { low, high } = yalpsBounds(input, printed, floors, name);
        const value = values.get(name) ?? 0;
        const least = Math.max(floors.get(name) ?? 0, value - lower);
        return low <= least + 1e-6 && (high ?? Infinity) >= value + upper - 1e-6;
      }),
    );
  };
  const best = choices.toSorted((one, other) => priceOf(input, one) - priceOf(input, other)).find(safe);
  return best === undefined ? null : priceOf(input, best);
}

describe('the optimum', () => {
  it('is what trying every choice of gaps finds', async () => {
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(anyTable, async (input) => {
        const document = await protect(input, true);
        const least = cheapestByTrying(input, document);
        if (least === null) return;
        tried += 1;
        expect(priceOf(input, secondary(document))).toBe(least);
      }),
      { numRuns: 30 },
    );
    expect(tried).toBeGreaterThan(5);
  });

  it('is never missed by more than one cell or one twentieth where it is not asked for, and never beaten', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async (input) => {
        const least = priceOf(input, secondary(await protect(input, true)));
        const found = priceOf(input, secondary(await protect(input, false)));
        expect(found).toBeGreaterThanOrEqual(least);
        expect(found).toBeLessThanOrEqual(
          input.settings.minimise === 'count' ? Math.max(least + 1, least * 1.05) : least * 1.05,
        );
      }),
      { numRuns: 30 },
    );
  });

  it('grades the heuristic alone: never cheaper than the optimum', async () => {
    await fc.assert(
      fc.asyncProperty(anyTable, async (input) => {
        const table = tableOf(input);
        const [exact, heuristic] = [await suppress(table, OPTIMUM), await suppress(table, HEURISTIC)];
        if (!exact.ok || !heuristic.ok)
          throw new Error('a table of non-negative counts can always be protected');
        const price = (withheld: ReadonlySet<number>): number =>
          priceOf(
            input,
            [...withheld]
              .filter((cell) => !table.primary.has(cell))
              .map((cell) => keyOf(table.cells[cell] ?? [])),
          );
        expect(price(heuristic.withheld)).toBeGreaterThanOrEqual(price(exact.withheld));
      }),
      { numRuns: 30 },
    );
  });
});
