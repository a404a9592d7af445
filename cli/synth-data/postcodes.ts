/**
 * Makes the invented postcodes of the demo: real small areas, postcodes that no letter can ever be addressed to.
 *
 * The area `ZZ` passes the shape of a UK postcode but is not one: Royal Mail uses no Z in second place, and the
 * NHS has taken `ZZ99` for pseudo postcodes (no fixed abode, abroad), so the area cannot be given to a town.
 * District numbers stop far short of 99. Inward letters are those Royal Mail uses, so that strict checks pass.
 * Districts nest in local authorities and sectors in MSOAs, because linkage compares sectors and districts.
 */
import type { Lsoa } from './areas.ts';

export interface PostcodeRow {
  readonly postcode: string;
  readonly lsoa21cd: string;
  readonly lad24cd: string;
}

export const INVENTED_AREA = 'ZZ';
const FIRST_DISTRICT = 10;
const SECTORS_PER_DISTRICT = 10;
const RESIDENTS_PER_POSTCODE = 280;
/** Royal Mail leaves out C, I, K, M, O and V in the last two letters. */
const INWARD_LETTERS = 'ABDEFGHJLNPQRSTUWXYZ';

/** Four to eight postcodes for every LSOA, in the order of the areas given. */
export function inventPostcodes(areas: readonly Lsoa[]): readonly PostcodeRow[] {
  const rows: PostcodeRow[] = [];
  let district = FIRST_DISTRICT;
  for (const authority of grouped(areas, (area) => area.lad24cd)) {
    let sector = 0;
    for (const msoa of grouped(authority, (area) => area.msoa)) {
      if (sector === SECTORS_PER_DISTRICT) [district, sector] = [district + 1, 0];
      const outward = `${INVENTED_AREA}${district} ${sector}`;
      let unit = 0;
      for (const area of msoa) {
        for (let made = 0; made < postcodesOf(area); made += 1, unit += 1) {
          rows.push({
            postcode: outward + unitLetters(unit),
            lsoa21cd: area.lsoa21cd,
            lad24cd: area.lad24cd,
          });
        }
      }
      sector += 1;
    }
    district += 1;
  }
  return rows;
}

/** The reference file as it stands in contracts/reference. */
export const postcodesCsv = (rows: readonly PostcodeRow[]): string =>
  [
    'postcode,lsoa21cd,lad24cd',
    ...rows.map((row) => `${row.postcode},${row.lsoa21cd},${row.lad24cd}`),
    '',
  ].join('\n');

const postcodesOf = (area: Lsoa): number =>
  Math.min(8, Math.max(4, Math.round(area.residents / RESIDENTS_PER_POSTCODE)));

function unitLetters(unit: number): string {
  const [first, second] = [Math.floor(unit / INWARD_LETTERS.length), unit % INWARD_LETTERS.length];
  return INWARD_LETTERS.charAt(first) + INWARD_LETTERS.charAt(second);
}

function grouped(areas: readonly Lsoa[], keyOf: (area: Lsoa) => string): readonly (readonly Lsoa[])[] {
  const groups = new Map<string, Lsoa[]>();
  for (const area of [...areas].sort((one, other) => order(keyOf(one), keyOf(other)))) {
    const group = groups.get(keyOf(area)) ?? [];
    group.push(area);
    groups.set(keyOf(area), group);
  }
  return [...groups.values()];
}

const order = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
