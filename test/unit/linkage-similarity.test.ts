import { describe, expect, it } from 'vitest';
import {
  foldName,
  jaroWinkler,
  postcodeDistrict,
  postcodeSector,
  soundex,
  swapDayAndMonth,
} from '../../linkage/similarity.ts';

describe('measures of likeness', () => {
  // Published examples of Winkler (1990) and of every textbook since.
  it.each([
    ['martha', 'marhta', 0.9611],
    ['dixon', 'dicksonx', 0.8133],
    ['dwayne', 'duane', 0.84],
    ['abc', 'xyz', 0],
    ['', 'a', 0],
    ['same', 'same', 1],
  ])('gives %s and %s a Jaro–Winkler similarity of %d', (left, right, expected) => {
    expect(jaroWinkler(left, right)).toBeCloseTo(expected, 3);
    expect(jaroWinkler(right, left)).toBe(jaroWinkler(left, right));
  });

  // The National Archives' examples of American Soundex.
  it.each([
    ['Washington', 'w252'],
    ['Lee', 'l000'],
    ['Gutierrez', 'g362'],
    ['Pfister', 'p236'],
    ['Jackson', 'j250'],
    ['Tymczak', 't522'],
    ['Ashcraft', 'a261'],
    ['', ''],
    ['王', ''],
  ])('codes %s as %s', (name, code) => {
    expect(soundex(name)).toBe(code);
  });

  it.each([
    ["O'Fictionally", 'ofictionally'],
    ['Pretend-Okafor', 'pretend okafor'],
    ['Łukasz', 'lukasz'],
    ['  Nía   ', 'nia'],
    ['St. Invented', 'st invented'],
  ])('folds %s to %s', (name, folded) => {
    expect(foldName(name)).toBe(folded);
    expect(foldName(folded)).toBe(folded);
  });

  it('reads sector and district off a postcode, spaced or not', () => {
    expect([postcodeSector('ZZ1 2AB'), postcodeDistrict('ZZ12AB')]).toEqual(['ZZ12', 'ZZ1']);
  });

  it.each([
    ['2001-02-11', '2001-11-02'],
    ['2001-11-02', '2001-02-11'],
    ['2001-02-13', null],
  ])('swaps day and month of %s to %s', (date, swapped) => {
    expect(swapDayAndMonth(date)).toBe(swapped);
  });
});
