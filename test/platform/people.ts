/** Four visibly fictitious people known to police and Oxfordshire's social care, as small extracts. */
import { contractOf, csv, row, type Cells } from '../spec/deliveries.ts';

const child = (number: number, cells: Cells): Cells =>
  row(contractOf('social-care-children'), number, {
    middle_names: '',
    phone: '',
    uprn: '',
    related_person_id: '',
    relation_type: '',
    placement_marker: '',
    ...cells,
  });
const involvement = (number: number, cells: Cells): Cells =>
  row(contractOf('police-involvements'), number, {
    middle_names: '',
    phone: '',
    home_uprn: '',
    safety_marker: '',
    county_lines_flag: 'N',
    firearm_flag: 'N',
    domestic_flag: 'N',
    ...cells,
  });

const NIA = { forename: 'Nia', surname: 'Pretend-Okafor', dob: '2009-03-14', sex: 'F', ethnicity: '' };
const TUNDE = { forename: 'Tunde', surname: 'Pretend-Okafor', dob: '2006-08-21', sex: 'M', ethnicity: '' };
const KASIA = { forename: 'Katarzyna', surname: 'Exampleska', dob: '2008-11-30', sex: 'F', ethnicity: '' };
const IDRIS = { forename: 'Idris', surname: 'Madeupson', dob: '1999-01-02', sex: 'M', ethnicity: '' };

export const CHILDREN: readonly Cells[] = [
  child(1, {
    person_id: 'OX-1',
    ...NIA,
    postcode: 'ZZ22 0AA',
    assessment_date: '2026-02-03',
    factor_codes: '13A',
  }),
  child(2, {
    person_id: 'OX-2',
    ...TUNDE,
    postcode: 'ZZ22 0AA',
    assessment_date: '2026-02-03',
    factor_codes: '3A;10A',
    related_person_id: 'OX-1',
    relation_type: 'SIBL',
  }),
  child(3, {
    person_id: 'OX-3',
    ...KASIA,
    postcode: 'ZZ23 0AA',
    assessment_date: '2026-05-19',
    factor_codes: '24A',
  }),
];

export const INVOLVEMENTS: readonly Cells[] = [
  involvement(1, {
    occurrence_ref: 'OCC-1',
    nominal_ref: 'N-1',
    role: 'VICT',
    ...NIA,
    home_postcode: 'ZZ22 0AA',
    location_postcode: 'ZZ22 0AA',
    ho_offence_code: '8N',
    knife_flag: 'Y',
    offence_date: '2026-04-01',
    recorded_date: '2026-04-02',
  }),
  involvement(2, {
    occurrence_ref: 'OCC-1',
    nominal_ref: 'N-2',
    role: 'SUSP',
    ...IDRIS,
    home_postcode: 'ZZ24 0AA',
    location_postcode: 'ZZ22 0AA',
    ho_offence_code: '8N',
    knife_flag: 'Y',
    offence_date: '2026-04-01',
    recorded_date: '2026-04-02',
  }),
  involvement(3, {
    occurrence_ref: 'OCC-2',
    nominal_ref: 'N-2',
    role: 'SUSP',
    ...IDRIS,
    home_postcode: 'ZZ24 0AA',
    location_postcode: 'ZZ24 0AA',
    ho_offence_code: '5D',
    knife_flag: 'N',
    offence_date: '2026-06-09',
    recorded_date: '2026-06-10',
  }),
];

export const childrenFile = (rows: readonly Cells[] = CHILDREN): string =>
  csv(contractOf('social-care-children'), rows);
export const childrenChanges = (rows: readonly Cells[]): string =>
  csv(contractOf('social-care-children'), rows, ['change']);
export const involvementsFile = (rows: readonly Cells[] = INVOLVEMENTS): string =>
  csv(contractOf('police-involvements'), rows);
