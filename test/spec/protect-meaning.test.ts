/** What protection means, sentence by sentence, and tables from the literature whose answer is known. */
import { describe, expect, it } from 'vitest';
import { protectDocument } from '../../pipeline/release/suppression/protect-document.ts';

const flat = (root: string, codes: readonly string[]) => ({ root, children: { [root]: codes } });
const grid = (rows: readonly string[], columns: readonly string[], values: readonly (readonly number[])[]) =>
  values.flatMap((row, at) =>
    row.map((value, place) => ({ cell: [rows[at] ?? '', columns[place] ?? ''], value })),
  );
const EXACT = { optimum: true, secondsLeft: () => 30 };

async function gaps(input: unknown, effort = EXACT) {
  const outcome = await protectDocument(input, effort);
  if (!outcome.ok) throw new Error(outcome.sentence);
  const { cells, audit } = outcome.document;
  const named = (status: string) =>
    cells
      .filter((cell) => cell.status === status)
      .map(({ cell }) => cell.join(' '))
      .toSorted();
  return { primary: named('primary'), secondary: named('secondary'), audit, cells, proved: outcome.proved };
}

/**
 * Investment by activity and region: the worked example of Fischetti and Salazar-González, "Solving the cell suppression
 * problem on tabular data with linear constraints", Management Science 47 (2001). Activity II in region C is sensitive.
 */
const INVESTMENT = {
  dims: [flat('Total', ['I', 'II', 'III']), flat('All', ['A', 'B', 'C'])],
  cells: grid(
    ['I', 'II', 'III'],
    ['A', 'B', 'C'],
    [
      [20, 50, 10],
      [8, 19, 22],
      [17, 32, 12],
    ],
  ),
  primary: [['II', 'C']],
};

describe('the investment table of Fischetti and Salazar-González', () => {
  it.each([true, false])(
    'loses 37 in three cells, and leaves 5 to 30 in the sensitive one (optimum asked for: %s)',
    async (optimum) => {
      const settings = { protection: { lower: 5, upper: 8 }, minimise: 'value' };
      const { secondary, audit } = await gaps(
        { ...INVESTMENT, settings },
        { optimum, secondsLeft: () => 30 },
      );
      expect(secondary).toEqual(['II A', 'III A', 'III C']);
      expect(audit.find(({ cell }) => cell.join(' ') === 'II C')).toMatchObject({ low: 5, high: 30 });
    },
  );
});

describe('protected means, to the last unit', () => {
  const pair = (lower: number, upper: number) => ({
    dims: [flat('T', ['a', 'b', 'c'])],
    cells: [
      { cell: ['a'], value: 5 },
      { cell: ['b'], value: 4 },
      { cell: ['c'], value: 90 },
    ],
    primary: [['a']],
    settings: { protection: { lower, upper } },
  });
  it('an interval that just reaches value + upper is enough', async () => {
    expect(
      (await gaps({ ...pair(5, 4), settings: { protection: { lower: 5, upper: 4 }, minimise: 'value' } }))
        .secondary,
    ).toEqual(['b']);
  });
  it('one unit more needs another gap', async () => {
    expect(
      (await gaps({ ...pair(5, 5), settings: { protection: { lower: 5, upper: 5 }, minimise: 'value' } }))
        .secondary,
    ).toEqual(['c']);
  });
  it('below nought nobody has to be misled', async () => {
    const { audit } = await gaps(pair(50, 4));
    expect(audit.find(({ cell }) => cell[0] === 'a')?.low).toBe(0);
  });
});

describe('a lone count', () => {
  it('takes every total above it along, and an unbounded end is null', async () => {
    const { primary, secondary, audit, cells } = await gaps({
      dims: [flat('T', ['a', 'b']), flat('U', ['x', 'y'])],
      cells: [{ cell: ['a', 'x'], value: 3 }],
      settings: { threshold: 5 },
    });
    expect(primary).toEqual(['T U', 'T x', 'a U', 'a x']);
    expect(secondary).toEqual([]);
    expect(audit.every(({ low, high }) => low === 0 && high === null)).toBe(true);
    expect(cells.find(({ cell }) => cell.join(' ') === 'b y')).toEqual({
      cell: ['b', 'y'],
      value: 0,
      status: 'published',
    });
  });
});

describe('several attackers', () => {
  it('a partner that knows its own records cannot work out the rest', async () => {
    const { primary, audit } = await gaps({
      dims: [flat('T', ['a', 'b', 'c'])],
      cells: [
        { cell: ['a'], value: 40, by: { police: 38, county: 2 } },
        { cell: ['b'], value: 50, by: { police: 25, county: 25 } },
        { cell: ['c'], value: 60, by: { police: 30, county: 30 } },
      ],
      settings: { threshold: 5, protection: { lower: 2, upper: 5 } },
    });
    expect(primary).toEqual(['a']);
    const seen = audit.find(({ cell, as }) => cell[0] === 'a' && as === 'police');
    expect(seen?.low).toBe(38);
    expect(seen?.high ?? Infinity).toBeGreaterThanOrEqual(45);
  });
  it('two groupings of the same cells are protected jointly', async () => {
    const areas = (children: Record<string, string[]>) => [{ root: 'all', children }];
    const input = {
      dims: areas({ all: ['n', 's'], n: ['a', 'b'], s: ['c', 'd'] }),
      cells: [
        ['a', 3],
        ['b', 30],
        ['c', 40],
        ['d', 50],
      ].map(([code, value]) => ({ cell: [code], value })),
      settings: { threshold: 5, protection: { lower: 3, upper: 5 } },
    };
    expect((await gaps(input)).secondary).toEqual(['b']);
    // Now b can be had from its other total, less d: so d goes too, and c.
    const linked = [{ dims: areas({ all: ['o', 'p'], o: ['a', 'c'], p: ['b', 'd'] }) }];
    const { secondary, cells } = await gaps({ ...input, linked });
    expect(secondary).toHaveLength(3);
    expect(cells.map(({ cell }) => cell[0]).toSorted()).toEqual([
      'a',
      'all',
      'b',
      'c',
      'd',
      'n',
      'o',
      'p',
      's',
    ]);
  });
  it('a linked grouping may end in totals of the table, and may not call something else by the same name', async () => {
    const dims = [{ root: 'all', children: { all: ['n', 's'], n: ['a', 'b'], s: ['c'] } }];
    const cells = ['a', 'b', 'c'].map((code) => ({ cell: [code], value: 20 }));
    const twice = await protectDocument({ dims, cells, linked: [{ dims: [flat('n', ['a', 'c'])] }] });
    expect(twice).toMatchObject({ ok: false, code: 'bad-input' });
    const known = await protectDocument({ dims, cells, linked: [{ dims: [flat('east', ['n', 'c'])] }] });
    expect(known.ok && known.document.cells.find(({ cell }) => cell[0] === 'east')?.value).toBe(60);
  });
});

describe('sums', () => {
  it('are exact with decimals', async () => {
    const { cells } = await gaps({
      dims: [flat('T', ['a', 'b'])],
      cells: [
        { cell: ['a'], value: 10.1 },
        { cell: ['b'], value: 10.2 },
      ],
    });
    expect(cells.find(({ cell }) => cell[0] === 'T')?.value).toBe(20.3);
  });
  it('may be of codes that JavaScript has names for', async () => {
    const { cells } = await gaps({
      dims: [flat('constructor', ['toString', 'valueOf'])],
      cells: [
        { cell: ['toString'], value: 10 },
        { cell: ['valueOf'], value: 11 },
      ],
    });
    expect(cells.find(({ cell }) => cell[0] === 'constructor')?.value).toBe(21);
  });
});
