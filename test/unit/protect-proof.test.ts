/** The audit believes arithmetic, not solvers: wrong tables are no proof, and no answer is a refusal. */
import { describe, expect, it } from 'vitest';
import { audit, type AuditSolver } from '../../pipeline/release/suppression/audit.ts';
import { gapsOf } from '../../pipeline/release/suppression/component.ts';
import { highs } from '../../pipeline/release/suppression/highs.ts';
import { exactly, isRay, isTable } from '../../pipeline/release/suppression/proof.ts';
import {
  readTableDocument,
  type SuppressionTable,
} from '../../pipeline/release/suppression/table-document.ts';

/** a 3, b 4, c 5 and their total 12, all but c and the total withheld: a + b = 7. */
function table(): SuppressionTable {
  const read = readTableDocument({
    dims: [{ root: 'T', children: { T: ['a', 'b', 'c'] } }],
    cells: [
      ['a', 3],
      ['b', 4],
      ['c', 5],
    ].map(([code, value]) => ({ cell: [code], value })),
    primary: [['a'], ['b']],
  });
  if (!read.ok) throw new Error(read.sentence);
  return read.table;
}
const at = (code: string): number => table().cells.findIndex(([name]) => name === code);
const WITHHELD = new Set([at('a'), at('b')]);

/** A solver that answers every question with the same numbers. */
async function sayingAlways(
  status: 'optimal' | 'timeLimit',
  values: readonly number[],
): Promise<AuditSolver> {
  const { constants, infinity } = await highs();
  const model = {
    options: { set: () => undefined },
    changeColCost: () => undefined,
    changeColBounds: () => undefined,
    clearSolver: () => undefined,
    run: () => ({ modelStatus: constants.modelStatus[status] }),
    getSolution: () => ({ colValue: Float64Array.from(values) }),
  };
  const withModel = (_data: unknown, use: (fake: unknown) => unknown): unknown => use(model);
  return { constants, infinity, withModel } as unknown as AuditSolver;
}

describe('the audit', () => {
  it('finds the whole interval with a true solver', async () => {
    expect(await audit(table(), WITHHELD)).toMatchObject({
      ok: true,
      intervals: [
        { low: 0, high: 7 },
        { low: 0, high: 7 },
      ],
    });
  });
  it('refuses where the solver gives up', async () => {
    expect(await audit(table(), WITHHELD, await sayingAlways('timeLimit', [0, 7]))).toEqual({ ok: false });
  });
  it.each([
    ['does not add up', [0, 9]],
    ['falls below nought', [-2, 9]],
    ['holds no number', [Number.NaN, 7]],
    ['adds up almost', [0.5, 6.4]],
  ])('makes no interval wider for a table that %s', async (_what, values) => {
    const judged = await audit(table(), WITHHELD, await sayingAlways('optimal', values));
    expect(judged.ok && judged.intervals.map(({ low, high }) => [low, high])).toEqual([
      [3, 3],
      [4, 4],
    ]);
  });
  it('says of a cell that one subtraction gives away exactly its value', async () => {
    expect(await audit(table(), new Set([at('a')]))).toMatchObject({
      ok: true,
      intervals: [{ low: 3, high: 3 }],
    });
  });
});

describe('a proof', () => {
  const [component] = gapsOf(table(), WITHHELD).components;
  if (component === undefined) throw new Error('the two gaps hang together');
  const floors = new Float64Array(2);
  const whole = (...numerators: readonly number[]) => ({
    numerators: Float64Array.from(numerators),
    denominator: 1,
  });
  it('is a table with the same total, none below its floor', () => {
    expect(isTable(component, whole(0, 7), floors)).toBe(true);
    expect(isTable(component, whole(1, 7), floors)).toBe(false);
    expect(isTable(component, whole(-1, 8), floors)).toBe(false);
    expect(isTable(component, whole(0, 7), Float64Array.of(1, 0))).toBe(false);
    expect(isTable(component, { numerators: Float64Array.of(7, 7), denominator: 2 }, floors)).toBe(true);
  });
  it('is not made of numbers too large to add exactly', () => {
    expect(isTable(component, whole(2 ** 53, 7 - 2 ** 53), floors)).toBe(false);
  });
  it('of no upper end is a direction that keeps every equation', () => {
    expect(isRay(component, whole(1, 1))).toBe(false);
    expect(isRay(component, whole(1, -1))).toBe(false);
    expect(isRay(component, whole(0, 0))).toBe(true);
  });
  it('reads the fractions a solver means', () => {
    expect(exactly([1 / 3, 0.5, 2])).toEqual({ numerators: Float64Array.of(2, 3, 12), denominator: 6 });
    expect(exactly([1 / 3, 1 / 7, 1 / 11, 1 / 13, 1 / 17])).toBeNull();
    expect(exactly([Number.POSITIVE_INFINITY])).toBeNull();
  });
});
