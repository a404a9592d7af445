/** The audit: it refuses every table from which a withheld count follows, and says how wide the doubt is in the others. */

import { describe, expect, it } from 'vitest';

import {
  auditTable,
  readPrintedTable,
  type AuditSettings,
  type ReadCell,
  type TrueCell,
} from '../../pipeline/release/audit.ts';

const SUM = 'sum of printed rounded cells';
const settings: AuditSettings = { threshold: 8, round_to: 5, measures: [{ count: 'n' }], totals: SUM };
/** Exact counts with true totals: what the audit must say of tables that are made in another way than ours. */
const exact: AuditSettings = { ...settings, round_to: 1, totals: 'true totals' };
const truth = (counts: Readonly<Record<string, number>>): readonly TrueCell[] =>
  Object.entries(counts).map(([place, count]) => ({ at: [place], measure: 'n', count, persons: count }));
const printed = (values: Readonly<Record<string, number | null>>): readonly ReadCell[] =>
  Object.entries(values).map(([place, value]) => ({ at: [place], measure: 'n', value }));
const codes = (...given: Parameters<typeof auditTable>): readonly string[] => {
  const audit = auditTable(...given);
  return audit.ok ? [] : audit.faults.map(({ code }) => code);
};

describe('the audit passes', () => {
  it('a table whose total adds the printed cells, and finds no bound on the withheld one', () => {
    const audit = auditTable(
      printed({ a: 20, b: null, c: 10, Total: 30 }),
      truth({ a: 21, b: 3, c: 9 }),
      settings,
    );
    expect(audit).toEqual({ ok: true, intervals: [{ at: ['b'], measure: 'n', low: 0, high: null }] });
  });
  it('a withheld part of a printed whole, and finds the whole as its bound', () => {
    const parts: AuditSettings = {
      ...settings,
      measures: [{ count: 'part', part_of: 'whole' }, { count: 'whole' }],
    };
    const audit = auditTable(
      [
        { at: ['a'], measure: 'part', value: null },
        { at: ['a'], measure: 'whole', value: 20 },
      ],
      [
        { at: ['a'], measure: 'part', count: 4, persons: 4 },
        { at: ['a'], measure: 'whole', count: 19, persons: 19 },
      ],
      parts,
    );
    expect(audit).toEqual({ ok: true, intervals: [{ at: ['a'], measure: 'part', low: 0, high: 22.5 }] });
  });
});

describe('the audit refuses', () => {
  it('attack: a total that leaks, because it is the true margin with one gap', () => {
    expect(codes(printed({ a: 20, b: null, Total: 25 }), truth({ a: 20, b: 5 }), exact)).toEqual([
      'derivable',
    ]);
    expect(codes(printed({ a: 20, b: null, Total: 25 }), truth({ a: 20, b: 5 }), settings)).toEqual([
      'number-false',
    ]);
  });
  it('a total of 0 over something withheld', () => {
    expect(codes(printed({ a: 0, b: null, Total: 0 }), truth({ a: 0, b: 5 }), settings)).toEqual([
      'number-false',
    ]);
  });
  it('attack: two gaps that two crossing true totals still give away', () => {
    const cells = { '["x","p"]': 3, '["x","q"]': 40, '["y","p"]': 50, '["y","q"]': 5 };
    const at = (key: string) => JSON.parse(key) as string[];
    const real = Object.entries(cells).map(([key, count]) => ({
      at: at(key),
      measure: 'n',
      count,
      persons: count,
    }));
    const table: ReadCell[] = [
      ...real.map(({ at: place, count }) => ({ at: place, measure: 'n', value: count < 8 ? null : count })),
      { at: ['x', 'Total'], measure: 'n', value: 45 },
      { at: ['Total', 'q'], measure: 'n', value: 45 },
    ];
    expect(codes(table, real, exact)).toEqual(['derivable', 'derivable']);
  });
  it('attack: a rate made from true counts beside a withheld numerator', () => {
    const rated: AuditSettings = {
      ...settings,
      measures: [{ count: 'part', part_of: 'whole' }, { count: 'whole' }],
      rates: [{ name: 'rate', numerator: 'part', denominator: 'whole' }],
    };
    const cells = [
      { at: ['a'], measure: 'part', count: 3, persons: 3 },
      { at: ['a'], measure: 'whole', count: 100, persons: 100 },
    ];
    const table = (rate: number | null): ReadCell[] => [
      { at: ['a'], measure: 'part', value: null },
      { at: ['a'], measure: 'whole', value: 100 },
      { at: ['a'], measure: 'rate', value: rate },
    ];
    expect(codes(table(null), cells, rated)).toEqual([]);
    expect(codes(table(3), cells, rated)).toEqual(['derivable']);
  });
  it.each([
    ['a missing row', { a: 20 }, { a: 20, b: 3 }, ['cell-missing']],
    ['a row that is not in the result', { a: 20, b: 5 }, { a: 20 }, ['cell-unknown']],
    ['a number over too few persons', { a: 5 }, { a: 4 }, ['number-unsafe']],
    ['a false zero', { a: 0 }, { a: 4 }, ['number-unsafe', 'number-false']],
    ['a zero printed as a number', { a: 5 }, { a: 0 }, ['number-false']],
    ['an unrounded count', { a: 21 }, { a: 21 }, ['number-false']],
    ['a count rounded the wrong way', { a: 25 }, { a: 21 }, ['number-false']],
    ['something that is no number', { a: NaN }, { a: 21 }, ['number-false', 'number-false']],
  ])('%s', (_what, values, counts, faults) => {
    expect(codes(printed(values), truth(counts as Record<string, number>), settings)).toEqual(faults);
  });
  it('a row printed twice', () => {
    expect(codes([...printed({ a: 20 }), ...printed({ a: 20 })], truth({ a: 20 }), settings)).toEqual([
      'cell-unknown',
    ]);
  });
  it('printed values that no table fits, because then nothing is proved', () => {
    const table = printed({ a: 20, b: null, Total: 5 });
    expect(codes(table, truth({ a: 20, b: 3 }), exact)).toEqual(['not-solved']);
  });
});

describe('the audit fails closed', () => {
  const parts: AuditSettings = {
    ...settings,
    measures: [{ count: 'part', part_of: 'whole' }, { count: 'whole' }],
  };
  const cells = [
    { at: ['a'], measure: 'part', count: 4, persons: 4 },
    { at: ['a'], measure: 'whole', count: 19, persons: 19 },
  ];
  const table: readonly ReadCell[] = [
    { at: ['a'], measure: 'part', value: null },
    { at: ['a'], measure: 'whole', value: 20 },
  ];
  const whole = '[["a"],"whole"]';
  it.each(['infeasible', 'timedout', 'cycled'] as const)(
    'when a solver says %s, whatever table comes with it',
    (status) => {
      const solver = () => ({ status, result: 0, variables: [[whole, 20] as [string, number]] });
      expect(auditTable(table, cells, parts, solver)).toMatchObject({
        ok: false,
        faults: [{ code: 'not-solved' }],
      });
    },
  );
  it('when a solver calls a table optimal that does not fit what is printed', () => {
    const solver = () => ({
      status: 'optimal' as const,
      result: 99,
      variables: [[whole, 99] as [string, number]],
    });
    expect(auditTable(table, cells, parts, solver)).toMatchObject({
      ok: false,
      faults: [{ code: 'not-solved' }],
    });
  });
  it('when a minimum is called unbounded', () => {
    const solver = () => ({ status: 'unbounded' as const, result: -Infinity, variables: [] });
    expect(auditTable(table, cells, parts, solver)).toMatchObject({
      ok: false,
      faults: [{ code: 'not-solved' }],
    });
  });
});

describe('the audit reads', () => {
  it('table.csv as a recipient does', () => {
    const csv = 'code,name,measure,value\r\nE1,"Here, there",n,[c]\r\nTotal,Total,n,15\r\n';
    expect(readPrintedTable(csv, ['code'])).toEqual([
      { at: ['E1'], measure: 'n', value: null },
      { at: ['Total'], measure: 'n', value: 15 },
    ]);
  });
});
