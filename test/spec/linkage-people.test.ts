import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { explainPair, link } from '../../linkage/link.ts';
import type { LinkageModel, LinkInput } from '../../linkage/model.ts';

const model = parse(readFileSync('contracts/definitions/person-matching.v1.yaml', 'utf8')) as LinkageModel;
const COLUMNS = ['forename', 'surname', 'dob', 'postcode', 'sex', 'phone'] as const;
type Person = readonly (string | null)[];

/** Enough other people that a name shared by two is not a name shared by half the world. */
const crowd = Array.from({ length: 400 }, (_, index): Person => [
  `Crowd${String.fromCharCode(97 + (index % 26))}${String.fromCharCode(97 + Math.floor(index / 26))}`,
  `Other${String.fromCharCode(97 + ((index * 7) % 26))}${String.fromCharCode(97 + ((index * 11) % 26))}`,
  `19${String(40 + (index % 60))}-0${1 + (index % 9)}-${10 + (index % 19)}`,
  `ZZ${1 + (index % 9)} ${index % 10}A${String.fromCharCode(65 + (index % 26))}`,
  index % 2 === 0 ? 'F' : 'M',
  null,
]);

function linked(a: Person, b: Person): boolean {
  const people = [a, b, ...crowd];
  const input: LinkInput = {
    ids: people.map((_, row) => String(row)),
    sources: people.map((_, row) => (row === 0 ? 0 : 1)),
    columns: Object.fromEntries(
      COLUMNS.map((column, index) => [column, people.map((person) => person[index] ?? null)]),
    ),
  };
  const { clusters } = link(input, model);
  return clusters[0] === clusters[1];
}

const NIA: Person = ['Nia', 'Pretend-Okafor', '2009-03-14', 'ZZ5 5AA', 'F', '07700900111'];

describe('people known to two agencies', () => {
  it.each<[string, Person]>([
    ['in every particular', NIA],
    ['but for a typing error in the surname', ['Nia', 'Pretend-Okafro', '2009-03-14', 'ZZ5 5AA', 'F', null]],
    ['after moving away', ['Nia', 'Pretend-Okafor', '2009-03-14', 'ZZ9 1XY', 'F', null]],
    ['by one half of a double-barrelled name', ['Nia', 'Okafor', '2009-03-14', 'ZZ5 5AA', 'F', null]],
    ['with day and month of birth swapped', ['Nia', 'Pretend-Okafor', '2009-03-14', 'ZZ5 5AA', 'F', null]],
    ['with forename and surname swapped', ['Pretend-Okafor', 'Nia', '2009-03-14', 'ZZ5 5AA', 'F', null]],
    ['with neither postcode nor phone', ['Nia', 'Pretend-Okafor', '2009-03-14', null, 'F', null]],
  ])('are one person when they agree %s', (_, other) => {
    expect(linked(NIA, other)).toBe(true);
  });

  it('are found by a nickname', () => {
    expect(
      linked(
        ['Katarzyna', 'Exampleska', '2001-05-06', 'ZZ3 3CC', 'F', null],
        ['Kasia', 'Exampleska', '2001-05-06', 'ZZ3 3CC', 'F', null],
      ),
    ).toBe(true);
  });

  it.each<[string, Person]>([
    ['twins', ['Ama', 'Pretend-Okafor', '2009-03-14', 'ZZ5 5AA', 'F', '07700900111']],
    [
      'mother and daughter of one name',
      ['Nia', 'Pretend-Okafor', '1978-11-02', 'ZZ5 5AA', 'F', '07700900111'],
    ],
    ['brother and sister', ['Tunde', 'Pretend-Okafor', '2006-08-21', 'ZZ5 5AA', 'M', '07700900111']],
    ['strangers born on one day', ['Philippa', 'Fictionby', '2009-03-14', 'ZZ7 7BB', 'F', null]],
    ['a name alone', ['Nia', null, null, null, null, null]],
  ])('stay two when they are %s', (_, other) => {
    expect(linked(NIA, other)).toBe(false);
  });

  it('explains a pair comparison by comparison, and the steps sum to its weight', () => {
    const people = [NIA, ['Nia', 'Pretend-Okafor', '2009-03-14', null, 'F', null] as Person, ...crowd];
    const input: LinkInput = {
      ids: people.map((_, row) => String(row)),
      sources: people.map((_, row) => (row === 0 ? 0 : 1)),
      columns: Object.fromEntries(
        COLUMNS.map((column, index) => [column, people.map((person) => person[index] ?? null)]),
      ),
    };
    const steps = explainPair(input, model, 0, 1);
    const pair = link(input, model).pairs.find(({ a, b }) => a === 0 && b === 1);
    expect(steps.map(({ comparison, level }) => [comparison, level])).toEqual([
      ['prior', ''],
      ['forename', 'exact'],
      ['surname', 'exact'],
      ['date of birth', 'exact'],
      ['postcode', 'missing: no evidence'],
      ['sex', 'exact'],
      ['phone', 'missing: no evidence'],
    ]);
    const own = steps
      .filter(({ comparison }) => comparison !== 'surname')
      .reduce((sum, { bits }) => sum + bits, 0);
    const household = steps.find(({ comparison }) => comparison === 'surname')?.bits ?? 0;
    expect(pair?.weight).toBeCloseTo(own + Math.min(model.household?.capBits ?? Infinity, household), 9);
  });

  it('refuses a model whose probabilities are none', () => {
    const broken = {
      ...model,
      comparisons: model.comparisons.map((one) => ({ ...one, m: one.m.map(() => 0.9) })),
    };
    expect(() => link({ ids: [], sources: [], columns: {} }, broken)).toThrow(
      /forename: m probabilities sum to/,
    );
  });
});
