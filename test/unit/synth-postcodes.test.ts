/** The invented postcodes: shaped like real ones, leading to real areas, never real themselves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAreas } from '../../cli/synth-data/areas.ts';
import { inventPostcodes, postcodesCsv } from '../../cli/synth-data/postcodes.ts';
import { REFERENCE_FOLDER } from '../../cli/synth-data/valley.ts';

const areas = readAreas(REFERENCE_FOLDER);
const rows = inventPostcodes(areas);
const msoaOf = new Map(areas.map(({ lsoa21cd, msoa }) => [lsoa21cd, msoa]));

describe('the invented postcodes', () => {
  it('stand in contracts/reference as they are made from the areas beside them', () => {
    expect(readFileSync(join(REFERENCE_FOLDER, 'postcodes.csv'), 'utf8')).toBe(postcodesCsv(rows));
  });

  it('have the shape of a UK postcode and an area no letter can be sent to, apart from the NHS pseudo postcodes', () => {
    for (const { postcode } of rows) {
      expect(postcode).toMatch(/^ZZ[1-8][0-9] [0-9][ABD-HJLNP-UW-Z]{2}$/);
    }
    expect(new Set(rows.map(({ postcode }) => postcode)).size).toBe(rows.length);
  });

  it('lead to every one of the 1,486 areas, four to eight to each', () => {
    const counts = new Map<string, number>();
    for (const { lsoa21cd } of rows) counts.set(lsoa21cd, (counts.get(lsoa21cd) ?? 0) + 1);
    expect(counts.size).toBe(1_486);
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(4);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(8);
  });

  it('nest: a district lies in one local authority, a sector in one MSOA', () => {
    const authorities = new Map<string, Set<string>>();
    const msoas = new Map<string, Set<string>>();
    for (const { postcode, lad24cd, lsoa21cd } of rows) {
      const [district = '', inward = ''] = postcode.split(' ');
      const sector = `${district} ${inward.charAt(0)}`;
      authorities.set(district, (authorities.get(district) ?? new Set()).add(lad24cd));
      msoas.set(sector, (msoas.get(sector) ?? new Set()).add(msoaOf.get(lsoa21cd) ?? ''));
    }
    expect([...authorities.values()].every(({ size }) => size === 1)).toBe(true);
    expect([...msoas.values()].every(({ size }) => size === 1)).toBe(true);
  });

  it('keep the reference data whole: 13 districts, 2,517,108 residents', () => {
    expect(new Set(areas.map(({ lad24cd }) => lad24cd)).size).toBe(13);
    expect(areas.reduce((sum, { residents }) => sum + residents, 0)).toBe(2_517_108);
  });
});
