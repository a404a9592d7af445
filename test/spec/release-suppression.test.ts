/** Secondary suppression: tables small enough to check by hand, and every input that is refused by name. */

import { describe, expect, it } from 'vitest';

import { protectDocument } from '../../pipeline/release/suppression/protect-document.ts';

const dim = (root: string, leaves: readonly string[]) => ({ root, children: { [root]: leaves } });
const dims = [dim('T', ['a', 'b', 'c']), dim('U', ['x', 'y', 'z'])];
const cells = (rows: readonly (readonly number[])[]) =>
  rows.flatMap((row, index) =>
    row.map((value, at) => ({ cell: ['abc'[index] ?? '', 'xyz'[at] ?? ''], value })),
  );
const statusOf = async (input: unknown): Promise<Readonly<Record<string, string>>> => {
  const outcome = await protectDocument(input);
  if (!outcome.ok) throw new Error(outcome.sentence);
  return Object.fromEntries(
    outcome.document.cells
      .filter(({ status }) => status !== 'published')
      .map(({ cell, status }) => [cell.join(''), status]),
  );
};

describe('a table with one unsafe cell', () => {
  const table = {
    dims,
    cells: cells([
      [3, 20, 30],
      [20, 40, 50],
      [30, 50, 60],
    ]),
  };
  it('loses the three other corners of the cheapest rectangle, and nothing more', async () => {
    expect(await statusOf(table)).toEqual({
      ax: 'primary',
      ay: 'secondary',
      bx: 'secondary',
      by: 'secondary',
    });
  });
  it('keeps every cell and total in the answer, and tells how far each gap is open', async () => {
    const outcome = await protectDocument(table);
    expect(outcome.ok && outcome.document.cells).toHaveLength(16);
    expect(outcome.ok && outcome.document.audit.find(({ cell }) => cell.join('') === 'ax')).toMatchObject({
      as: 'outsider',
      low: 0,
      high: 23,
    });
  });
  it('needs no secondary cell where no total is between it and the reader', async () => {
    expect(await statusOf({ ...table, primary: [] })).toEqual({});
  });
  it('withholds what is named instead of what the threshold finds', async () => {
    expect(
      await statusOf({ ...table, primary: [['c', 'z']], settings: { protection: { lower: 1, upper: 1 } } }),
    ).toMatchObject({ cz: 'primary' });
  });
});

describe('a table protected against its own contributors', () => {
  it('withholds a cell whose rest a partner could work out', async () => {
    const by = cells([
      [40, 20, 30],
      [20, 40, 50],
      [30, 50, 60],
    ]).map((cell, index) => ({
      ...cell,
      by: index === 0 ? { police: 37, county: 3 } : { police: cell.value / 2, county: cell.value / 2 },
    }));
    expect(await statusOf({ dims, cells: by })).toMatchObject({ ax: 'primary' });
  });
});

describe('a hierarchy', () => {
  it('is protected through its sub-totals too', async () => {
    const tree = { root: 'T', children: { T: ['n', 's'], n: ['a', 'b'], s: ['c', 'd'] } };
    const outcome = await statusOf({
      dims: [tree],
      cells: [
        ['a', 3],
        ['b', 30],
        ['c', 40],
        ['d', 50],
      ].map(([cell, value]) => ({ cell: [cell], value })),
    });
    expect(outcome).toEqual({ a: 'primary', b: 'secondary' });
  });
});

describe('bad input is refused with its name', () => {
  it.each([
    ['negative', [{ cell: ['a', 'x'], value: -1 }], '(a, x) is negative'],
    [
      'doubled',
      [
        { cell: ['a', 'x'], value: 1 },
        { cell: ['a', 'x'], value: 1 },
      ],
      '(a, x) is given twice',
    ],
    ['unknown', [{ cell: ['a', 'q'], value: 1 }], '(a, q) is not an inner cell'],
    ['a total', [{ cell: ['T', 'x'], value: 1 }], '(T, x) is not an inner cell'],
    ['more of a partner than there is', [{ cell: ['a', 'x'], value: 1, by: { police: 2 } }], '(a, x)'],
  ])('a cell that is %s', async (_what, given, words) => {
    const outcome = await protectDocument({ dims, cells: given });
    expect(outcome).toMatchObject({ ok: false, code: 'bad-input' });
    expect(outcome.ok || outcome.sentence).toContain(words);
  });
});

describe('a cell that stands alone', () => {
  it('takes every total above it with it, and zeros stay printed', async () => {
    const lone = { dims, cells: [{ cell: ['a', 'x'], value: 3 }] };
    expect(await statusOf(lone)).toEqual({ ax: 'primary', aU: 'primary', Tx: 'primary', TU: 'primary' });
  });
});
