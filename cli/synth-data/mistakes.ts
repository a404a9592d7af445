/** What an agency writes down of a person: the truth, with the slips clerks, callers and scanners make. */
import { type Day, dateOf, yearOf } from './calendar.ts';
import type { Ethnicity, Sex } from './naming.ts';
import { NICKNAMES, TRANSLITERATIONS } from './names.ts';
import type { Person } from './people.ts';
import { type Place, placeOn } from './places.ts';
import { between, chance, pick, pickLetter, type Random, whole } from './random.ts';

/** Shares of what is written down, each from 0 to 1. */
export interface MistakeRates {
  readonly typing: number;
  readonly scanning: number;
  readonly nickname: number;
  readonly transliteration: number;
  readonly swappedNames: number;
  readonly formerSurname: number;
  readonly halfSurname: number;
  readonly marksDropped: number;
  readonly upperCase: number;
  readonly dateSlip: number;
  readonly dayForMonth: number;
  readonly defaultDate: number;
  readonly wrongSex: number;
  readonly formerHome: number;
  readonly postcodeSlip: number;
  readonly missingForename: number;
  readonly missingDob: number;
  readonly missingSex: number;
  readonly missingEthnicity: number;
  readonly missingPostcode: number;
  readonly missingUprn: number;
  readonly missingPhone: number;
  readonly missingMiddleNames: number;
}

export const USUAL_MISTAKES: MistakeRates = {
  typing: 0.03,
  scanning: 0.008,
  nickname: 0.07,
  transliteration: 0.12,
  swappedNames: 0.004,
  formerSurname: 0.35,
  halfSurname: 0.3,
  marksDropped: 0.4,
  upperCase: 0.06,
  dateSlip: 0.015,
  dayForMonth: 0.006,
  defaultDate: 0.008,
  wrongSex: 0.003,
  formerHome: 0.15,
  postcodeSlip: 0.008,
  missingForename: 0.006,
  missingDob: 0.03,
  missingSex: 0.01,
  missingEthnicity: 0.15,
  missingPostcode: 0.05,
  missingUprn: 0.5,
  missingPhone: 0.4,
  missingMiddleNames: 0.5,
};

/** What stands in an agency's system about a person; an empty string where nothing does. */
export interface Identity {
  readonly forename: string;
  readonly middleNames: string;
  readonly surname: string;
  readonly dob: string;
  readonly sex: Sex | 'U' | '';
  readonly ethnicity: Ethnicity | '';
  readonly phone: string;
}

export function writeDown(random: Random, person: Person, on: Day, rates: MistakeRates): Identity {
  const surname = slip(random, writtenSurname(random, person, on, rates), rates);
  const forename = slip(random, writtenForename(random, person, rates), rates);
  const swapped = chance(random, rates.swappedNames) && forename !== '';
  const upper = chance(random, rates.upperCase);
  const family = swapped ? forename : surname;
  return {
    forename: swapped ? surname : forename,
    middleNames: chance(random, rates.missingMiddleNames) ? '' : person.middleNames,
    surname: upper ? family.toUpperCase() : family,
    dob: writtenDob(random, person.born, on, rates),
    sex: writtenSex(random, person.sex, rates),
    ethnicity: chance(random, rates.missingEthnicity) ? '' : person.family.ethnicity,
    phone: chance(random, rates.missingPhone) ? '' : writtenPhone(random, person.phone),
  };
}

/** Name, date of birth and sex as they truly are, under a feed's column names. */
export const correctedIdentity = (person: Person, prefix = ''): Readonly<Record<string, string>> => ({
  [`${prefix}forename`]: person.family.heritage === 'one-word' ? '' : person.forename,
  [`${prefix}surname`]: person.surname,
  [`${prefix}dob`]: dateOf(person.born),
  [`${prefix}sex`]: person.sex,
});

/** Postcode and property number of a home; old homes linger. */
export function writeDownHome(
  random: Random,
  person: Person,
  on: Day,
  rates: MistakeRates,
): { readonly postcode: string; readonly uprn: string; readonly place: Place } {
  const place = placeOn(person.homes, on);
  const believed = chance(random, rates.formerHome) ? placeOn(person.homes, on - 400) : place;
  return {
    postcode: writtenPostcode(random, believed.postcode, rates),
    uprn: chance(random, rates.missingUprn) ? '' : believed.uprn,
    place,
  };
}

/** The outward half keeps its invented area, so that no slip can make a real postcode. */
export function writtenPostcode(random: Random, postcode: string, rates: MistakeRates): string {
  if (chance(random, rates.missingPostcode)) return '';
  let written = postcode;
  if (chance(random, rates.postcodeSlip)) {
    const at = between(random, postcode.length - 2, postcode.length - 1);
    written = postcode.slice(0, at) + pickLetter(random, 'ABDEFGHJLN') + postcode.slice(at + 1);
  }
  if (chance(random, 0.1 * rates.upperCase)) written = written.toLowerCase();
  return chance(random, 2 * rates.upperCase) ? written.replace(' ', '') : written;
}

function writtenForename(random: Random, person: Person, rates: MistakeRates): string {
  if (person.family.heritage === 'one-word' || chance(random, rates.missingForename)) return '';
  const nicknames = NICKNAMES[person.forename];
  if (nicknames !== undefined && chance(random, rates.nickname)) return pick(random, nicknames);
  return transliterated(random, person.forename, rates);
}

function writtenSurname(random: Random, person: Person, on: Day, rates: MistakeRates): string {
  const { former } = person;
  const old = former !== null && (on < former.until || chance(random, rates.formerSurname));
  const surname = old ? former.surname : person.surname;
  const halves = surname.split('-');
  if (halves.length > 1 && chance(random, rates.halfSurname)) return pick(random, halves);
  return transliterated(random, surname, rates);
}

function transliterated(random: Random, name: string, rates: MistakeRates): string {
  const forms = TRANSLITERATIONS.find((known) => known.includes(name));
  const written = forms !== undefined && chance(random, rates.transliteration) ? pick(random, forms) : name;
  if (!/[^A-Za-z ]/.test(written) || !chance(random, rates.marksDropped)) return written;
  return written
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('ł', 'l')
    .replaceAll('Ł', 'L')
    .replace(/['-]/g, () => pick(random, ['', ' ']))
    .trim();
}

const NEIGHBOURS: Readonly<Record<string, string>> = {
  a: 'qsz',
  b: 'vgn',
  c: 'xdv',
  d: 'sfe',
  e: 'wrd',
  f: 'dgr',
  g: 'fht',
  h: 'gjy',
  i: 'uok',
  j: 'hku',
  k: 'jli',
  l: 'kop',
  m: 'nj',
  n: 'bmh',
  o: 'ipl',
  p: 'ol',
  q: 'wa',
  r: 'etf',
  s: 'adw',
  t: 'ryg',
  u: 'yij',
  v: 'cbf',
  w: 'qes',
  x: 'zcs',
  y: 'tuh',
  z: 'xas',
};

/** Letters a scanner takes for one another; none becomes a digit, which no name may hold. */
const SCANNED: readonly (readonly [string, string])[] = [
  ['rn', 'm'],
  ['m', 'rn'],
  ['cl', 'd'],
  ['li', 'h'],
  ['vv', 'w'],
  ['u', 'v'],
  ['e', 'c'],
  ['i', 'l'],
];

function slip(random: Random, name: string, rates: MistakeRates): string {
  if (name.length > 3 && chance(random, rates.typing)) return mistyped(random, name);
  if (name.length > 3 && chance(random, rates.scanning)) {
    const fitting = SCANNED.filter(([seen]) => name.includes(seen, 1));
    if (fitting.length === 0) return name;
    const [seen, taken] = pick(random, fitting);
    return name.charAt(0) + name.slice(1).replace(seen, taken);
  }
  return name;
}

function mistyped(random: Random, name: string): string {
  const at = between(random, 1, name.length - 2);
  const [before, letter, after] = [name.slice(0, at), name.charAt(at), name.slice(at + 1)];
  const kind = whole(random, 4);
  if (kind === 0) return before + after;
  if (kind === 1) return before + letter + letter + after;
  if (kind === 2) return before + after.charAt(0) + letter + after.slice(1);
  return before + pickLetter(random, NEIGHBOURS[letter.toLowerCase()] ?? letter) + after;
}

function writtenDob(random: Random, born: Day, on: Day, rates: MistakeRates): string {
  if (chance(random, rates.missingDob)) return '';
  if (chance(random, rates.defaultDate)) return `${yearOf(born)}-01-01`;
  const dob = dateOf(born);
  const [year, month, day] = [dob.slice(0, 4), dob.slice(5, 7), dob.slice(8)];
  if (chance(random, rates.dayForMonth) && Number(day) <= 12)
    return notAfter(`${year}-${day}-${month}`, dob, on);
  if (!chance(random, rates.dateSlip)) return dob;
  const moved = pick(random, [
    born + 1,
    born - 1,
    born + 10,
    born - 9,
    born + 31,
    born - 30,
    born + 365,
    born - 365,
  ]);
  return notAfter(dateOf(moved), dob, on);
}

/** A birth that had not happened yet would be seen at the desk. */
const notAfter = (written: string, dob: string, on: Day): string => (written <= dateOf(on) ? written : dob);

function writtenSex(random: Random, sex: Sex, rates: MistakeRates): Sex | 'U' {
  if (chance(random, rates.missingSex)) return 'U';
  return chance(random, rates.wrongSex) ? (sex === 'F' ? 'M' : 'F') : sex;
}

const writtenPhone = (random: Random, phone: string): string =>
  pick(random, [phone, phone, phone.replaceAll(' ', ''), phone.replace(/^0/, '+44 ')]);
