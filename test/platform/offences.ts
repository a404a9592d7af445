/** Thirteen visibly fictitious suspects of as many knife offences in one district and quarter, and three in another. */
import { readFileSync } from 'node:fs';
import { contractOf, csv, row, type Cells } from '../spec/deliveries.ts';

export const OXFORD = 'E07000178';
export const READING = 'E06000038';
export const CHERWELL = 'E07000177';

/** An invented postcode that the reference file places in a district. */
const postcodeIn = (district: string): string =>
  readFileSync(new URL('../../contracts/reference/postcodes.csv', import.meta.url), 'utf8')
    .split('\n')
    .find((line) => line.trim().endsWith(district))
    ?.split(',')[0] ?? '';

const NAMES = [
  ['Abel', 'Notreal'],
  ['Bronwen', 'Fictionby'],
  ['Cuthbert', 'Madeupson'],
  ['Delyth', 'Exampleska'],
  ['Ebenezer', 'Pretendham'],
  ['Fatoumata', 'Inventley'],
  ['Gwilym', 'Storybook'],
  ['Hortense', 'Specimen'],
  ['Ignatius', 'Trialby'],
  ['Jagoda', 'Dummyton'],
  ['Kwabena', 'Fauxley'],
  ['Lettice', 'Unreal'],
  ['Mordecai', 'Nobodyson'],
  ['Nobuko', 'Mockford'],
  ['Octavia', 'Testwell'],
  ['Peregrine', 'Imaginer'],
] as const;

/** @param onDate day of all offences, YYYY-MM-DD. */
export const offences = (onDate: string): readonly Cells[] =>
  NAMES.map(([forename, surname], index) => {
    const district = index < 13 ? OXFORD : READING;
    return row(contractOf('police-involvements'), index + 1, {
      occurrence_ref: `OCC-${index + 1}`,
      nominal_ref: `N-${index + 1}`,
      role: 'SUSP',
      forename,
      middle_names: '',
      surname,
      dob: `${1960 + index * 2}-${String(1 + (index % 12)).padStart(2, '0')}-${String(3 + index).padStart(2, '0')}`,
      sex: index % 2 === 0 ? 'M' : 'F',
      ethnicity: '',
      phone: '',
      home_postcode: '',
      home_uprn: '',
      location_postcode: postcodeIn(district),
      ho_offence_code: '8N',
      knife_flag: 'Y',
      firearm_flag: 'N',
      domestic_flag: 'N',
      county_lines_flag: 'N',
      safety_marker: '',
      offence_date: onDate,
      recorded_date: onDate,
    });
  });

export const offencesFile = (rows: readonly Cells[]): string => csv(contractOf('police-involvements'), rows);
export const offenceChanges = (rows: readonly Cells[]): string =>
  csv(contractOf('police-involvements'), rows, ['change']);
