/** Parts of local Athena judged on their own: spelling of results, partitions by date, literals, states. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Table } from '../../local/athena/catalog.ts';
import { isFinal, NEXT, STATES } from '../../local/athena/executions.ts';
import { projectPartitions } from '../../local/athena/projection.ts';
import { readCsv, writeCsv } from '../../local/athena/result-file.ts';
import { bindParameters, readExecute, singleStatement } from '../../local/athena/statement.ts';
import { tokenize } from '../../local/athena/tokens.ts';
import { javaDouble } from '../../local/athena/values.ts';

describe('a result file', () => {
  it('gives back every value, and tells null from an empty text', () => {
    const cell = fc.option(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é') }));
    const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
      fc.record({
        columns: fc.array(fc.record({ name: fc.string({ minLength: 1 }), type: fc.constant('varchar') }), {
          minLength: width,
          maxLength: width,
        }),
        rows: fc.array(fc.array(cell, { minLength: width, maxLength: width })),
      }),
    );
    fc.assert(
      fc.property(table, (result) => {
        expect(readCsv(writeCsv(result))).toEqual([result.columns.map(({ name }) => name), ...result.rows]);
      }),
    );
  });

  it.each([
    [1, '1.0'],
    [-0.5, '-0.5'],
    [12345678, '1.2345678E7'],
    [0.0001, '1.0E-4'],
    [1e21, '1.0E21'],
    [Number.NaN, 'NaN'],
    [-Infinity, '-Infinity'],
  ])('spells the double %d as Java does: %s', (value, text) => {
    expect(javaDouble(value)).toBe(text);
  });
});

describe('date projection', () => {
  const table: Table = {
    database: 'd',
    name: 't',
    columns: [],
    location: 's3://b/collection_month=${month}/',
    partitions: [
      {
        name: 'month',
        type: 'varchar',
        projection: {
          type: 'date',
          format: 'yyyy-MM',
          range: ['NOW-75MONTHS', 'NOW'],
          interval: 1,
          unit: 'MONTHS',
        },
      },
    ],
  };
  const months = (now: string): readonly string[] =>
    projectPartitions(table, [], new Date(now)).map(({ values }) => values['month'] ?? '');

  it('has every month of its range once, on any day', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2020-01-01'), max: new Date('2040-12-31'), noInvalidDate: true }),
        (now) => {
          const found = months(now.toISOString());
          expect(found).toHaveLength(76);
          expect(new Set(found).size).toBe(76);
          expect(found.at(-1)).toBe(now.toISOString().slice(0, 7));
        },
      ),
    );
  });

  it('does not lose February on the 31st', () => {
    expect(months('2026-03-31T12:00:00Z').slice(-2)).toEqual(['2026-02', '2026-03']);
  });
});

describe('a statement', () => {
  it('is bound only where a question mark stands for a parameter', () => {
    const sql = `select '?', "?" -- ?\n, /* ? */ ? from t where a = ?`;
    expect(bindParameters(sql, ["'x''y?'", "date '2026-01-01'"])).toBe(
      `select '?', "?" -- ?\n, /* ? */  'x''y?'  from t where a =  date '2026-01-01' `,
    );
  });

  it('never takes anything but one literal for a parameter', () => {
    const literal =
      /^(?:'(?:[^']|'')*'|-?\s*[\d.].*|true|false|null|(?:date|timestamp|decimal)\s*'(?:[^']|'')*')$/is;
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom("'", '"', '-', '/', '*', ';', '?', 'a', '1', ' ', '\n', '(', 'date'),
        }),
        (text) => {
          try {
            bindParameters('select ?', [text]);
          } catch {
            return;
          }
          expect(text.trim()).toMatch(literal);
          expect(
            tokenize(text).some(({ kind, text: own }) => kind === 'comment' || own === ';' || own === '('),
          ).toBe(false);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('may end with one semicolon and hold no second statement', () => {
    expect(singleStatement("select ';' as mark;")).toBe("select ';' as mark");
    expect(() => singleStatement('select 1; select 2')).toThrow(/Only one sql statement/);
  });

  it('executes a prepared statement by name with literals', () => {
    expect(readExecute("EXECUTE my_one USING 'a,b', 2")).toEqual({
      name: 'my_one',
      parameters: ["'a,b'", '2'],
    });
    expect(readExecute('execute plain')).toEqual({ name: 'plain', parameters: [] });
    expect(readExecute('select execute from t')).toBeNull();
  });
});

describe('the states of an execution', () => {
  it('end in success, failure or cancellation, and nothing follows these', () => {
    expect(STATES.filter(isFinal)).toEqual(['SUCCEEDED', 'FAILED', 'CANCELLED']);
    for (const state of STATES) if (!isFinal(state)) expect(NEXT[state]).toContain('CANCELLED');
  });
});
