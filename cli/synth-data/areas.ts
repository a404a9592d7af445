/** Reads the real areas of the Thames Valley and the invented postcodes that lead to them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One 2021 LSOA with what the census says of it; counts of residents by broad ethnic group. */
export interface Lsoa {
  readonly lsoa21cd: string;
  readonly msoa: string;
  readonly lad24cd: string;
  readonly imdDecile: number;
  readonly residents: number;
  readonly groups: Readonly<Record<EthnicGroup, number>>;
  readonly postcodes: readonly string[];
}
export const ETHNIC_GROUPS = ['white', 'asian', 'black', 'mixed', 'other'] as const;
export type EthnicGroup = (typeof ETHNIC_GROUPS)[number];

/** Counts of recorded crime for the 13 districts by 2021 LSOA and published type, one month. */
export type CrimeCounts = ReadonlyMap<string, Readonly<Record<string, number>>>;

export interface Reference {
  readonly areas: readonly Lsoa[];
  readonly crimes: CrimeCounts;
  /** Fire authority name by local authority code. */
  readonly fireAuthority: ReadonlyMap<string, string>;
}

/** The areas alone, without postcodes: what the postcodes are made from. */
export function readAreas(folder: string): readonly Lsoa[] {
  return readTable(join(folder, 'lsoa21.csv')).map((row) => ({
    lsoa21cd: cell(row, 'lsoa21cd'),
    msoa: cell(row, 'lsoa21nm').slice(0, -1),
    lad24cd: cell(row, 'lad24cd'),
    imdDecile: Number(cell(row, 'imd25_decile')),
    residents: Number(cell(row, 'residents')),
    groups: {
      white: Number(cell(row, 'white')),
      asian: Number(cell(row, 'asian')),
      black: Number(cell(row, 'black')),
      mixed: Number(cell(row, 'mixed')),
      other: Number(cell(row, 'other_ethnic')),
    },
    postcodes: [],
  }));
}

export function readReference(folder: string): Reference {
  const postcodes = new Map<string, string[]>();
  for (const row of readTable(join(folder, 'postcodes.csv'))) {
    const area = cell(row, 'lsoa21cd');
    postcodes.set(area, [...(postcodes.get(area) ?? []), cell(row, 'postcode')]);
  }
  const areas = readAreas(folder).map((area) => ({ ...area, postcodes: postcodes.get(area.lsoa21cd) ?? [] }));
  const fireAuthority = new Map(
    readTable(join(folder, 'districts.csv')).map((row) => [cell(row, 'lad24cd'), cell(row, 'fra24nm')]),
  );
  return { areas, crimes: readCrimes(folder), fireAuthority };
}

/** Crimes of a 2011 area that was split are given to its first 2021 part; the spread is for calibration only. */
function readCrimes(folder: string): CrimeCounts {
  const successor = new Map<string, string>();
  for (const row of readTable(join(folder, 'lsoa11_lsoa21.csv'))) {
    const before = cell(row, 'lsoa11cd');
    if (!successor.has(before)) successor.set(before, cell(row, 'lsoa21cd'));
  }
  const counts = new Map<string, Record<string, number>>();
  for (const row of readTable(join(folder, 'crimes-2018-06.csv'))) {
    const area = successor.get(cell(row, 'lsoa11cd'));
    if (area === undefined) continue;
    const ofArea = counts.get(area) ?? {};
    const type = cell(row, 'crime_type');
    ofArea[type] = (ofArea[type] ?? 0) + Number(cell(row, 'count'));
    counts.set(area, ofArea);
  }
  return counts;
}

type Row = Readonly<Record<string, string>>;

/** The reference files quote a field only where it holds a comma. */
function readTable(path: string): readonly Row[] {
  const [header = '', ...lines] = readFileSync(path, 'utf8').trimEnd().split(/\r?\n/);
  const names = splitLine(header);
  return lines.map((line) =>
    Object.fromEntries(splitLine(line).map((value, at) => [names[at] ?? '', value])),
  );
}

function splitLine(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',');
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  );
}

function cell(row: Row, name: string): string {
  const value = row[name];
  if (value === undefined) throw new Error(`The reference files have no column ${name}.`);
  return value;
}
