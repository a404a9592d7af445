/** What always and never holds of a released table, whatever was counted. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readPrintedTable } from '../../pipeline/release/audit.ts';
import { prepareRelease } from '../../pipeline/release/prepare.ts';
import type { Pack } from '../../pipeline/release/pack.ts';
import {
  countsOfA,
  countsOfB,
  csvOfA,
  csvOfB,
  facts,
  FACTORS,
  KINDS,
  placesOfA,
  REPORT_A,
  REPORT_B,
  type CountOfA,
  type CountOfB,
} from './release-cast.ts';

const THRESHOLD = 8;

function packOf(resultCsv: string, report: typeof REPORT_A): Pack {
  const prepared = prepareRelease({ resultCsv, facts: facts(report), kinds: KINDS });
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.reasons));
  return prepared.pack;
}
const packOfA = (counts: readonly CountOfA[]): Pack => packOf(csvOfA(counts), REPORT_A);
const packOfB = (counts: readonly (readonly [CountOfB, CountOfB])[]): Pack =>
  packOf(csvOfB(counts), REPORT_B);
const cellsOfA = (pack: Pack) =>
  readPrintedTable(pack['table.csv'], ['district_code', 'kind', 'quarter_start']);
const cellsOfB = (pack: Pack) => readPrintedTable(pack['table.csv'], ['factor']);

describe('report A, whatever was counted', () => {
  it('prints every place once; no number over 1 to 7 persons; 0 only for none; the rest rounded to 5', () => {
    fc.assert(
      fc.property(countsOfA, (counts) => {
        const printed = new Map(cellsOfA(packOfA(counts)).map(({ at, value }) => [at.join('|'), value]));
        expect(printed.size).toBe(14 * 4 * 3);
        for (const [index, { code, kind, quarter }] of placesOfA.entries()) {
          const value = printed.get([code, kind, quarter].join('|'));
          const { offences, persons } = counts[index] ?? { offences: 0, persons: 0 };
          if (value === undefined) throw new Error('a row is missing');
          if (persons > 0 && persons < THRESHOLD) expect(value).toBeNull();
          else if (offences === 0) expect(value).toBe(0);
          else expect(value).toBe(Math.round(offences / 5) * 5 === 0 ? null : Math.round(offences / 5) * 5);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('prints as a total the sum of the printed cells, and no false zero', () => {
    fc.assert(
      fc.property(countsOfA, (counts) => {
        const cells = cellsOfA(packOfA(counts));
        const inner = cells.filter(({ at }) => !at.includes('Total'));
        for (const { at, value } of cells.filter((cell) => cell.at.includes('Total'))) {
          const parts = inner.filter((cell) =>
            cell.at.every((code, index) => at[index] === 'Total' || at[index] === code),
          );
          const sum = parts.reduce((so, part) => so + (part.value ?? 0), 0);
          const falseZero = sum === 0 && parts.some((part) => part.value === null);
          expect(value).toBe(falseZero ? null : sum);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is the same to the last byte whatever stands behind a withheld cell: bars, classes, order, totals, page and file', () => {
    fc.assert(
      fc.property(
        countsOfA,
        fc.array(fc.integer({ min: 1, max: 7 }), {
          minLength: placesOfA.length,
          maxLength: placesOfA.length,
        }),
        (counts, other) => {
          const swapped = counts.map((cell, index) => {
            const withheld = cell.persons > 0 && cell.persons < THRESHOLD;
            return withheld ? { offences: (other[index] ?? 1) * 3, persons: other[index] ?? 1 } : cell;
          });
          expect(packOfA(swapped)).toEqual(packOfA(counts));
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('report B, whatever was counted', () => {
  it('prints no count of 1 to 7 persons, nor a part that leaves 1 to 7 of its whole, nor one that is true of all', () => {
    fc.assert(
      fc.property(countsOfB, (counts) => {
        const printed = new Map(
          cellsOfB(packOfB(counts)).map(({ at, measure, value }) => [`${at.join()}|${measure}`, value]),
        );
        for (const [index, pair] of counts.entries())
          for (const [group, name] of [[pair[0], 'violent'] as const, [pair[1], 'others'] as const]) {
            const { known, withFactor } = group;
            const part = printed.get(`${FACTORS[index] ?? ''}|${name}_with_factor`);
            const whole = printed.get(`${FACTORS[index] ?? ''}|${name}_known`);
            if (known > 0 && known < THRESHOLD) expect(whole).toBeNull();
            const revealing = withFactor > 0 && (withFactor < THRESHOLD || known - withFactor < THRESHOLD);
            if (revealing) expect(part).toBeNull();
            if (withFactor === 0) expect(part).toBe(0);
          }
      }),
      { numRuns: 300 },
    );
  });

  it('makes rates from printed counts alone, over a denominator of at least 30', () => {
    fc.assert(
      fc.property(countsOfB, (counts) => {
        const printed = new Map(
          cellsOfB(packOfB(counts)).map(({ at, measure, value }) => [`${at.join()}|${measure}`, value]),
        );
        for (const factor of FACTORS)
          for (const group of ['violent', 'others']) {
            const part = printed.get(`${factor}|${group}_with_factor`) ?? null;
            const whole = printed.get(`${factor}|${group}_known`) ?? null;
            const rate = printed.get(`${factor}|rate_${group}`);
            if (part === null || whole === null || whole < 30) expect(rate).toBeNull();
            else expect(rate).toBeCloseTo((100 * part) / whole, 0.9);
          }
      }),
      { numRuns: 300 },
    );
  });
});
