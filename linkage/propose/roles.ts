/** Guesses what each column of an unknown file holds, from its header first and its values where the header is silent. */

export type Role =
  | 'forename'
  | 'surname'
  | 'middle'
  | 'second surname'
  | 'full name'
  | 'birth'
  | 'birth year'
  | 'birth month'
  | 'birth day'
  | 'sex'
  | 'postcode'
  | 'address'
  | 'house number'
  | 'place'
  | 'region'
  | 'phone'
  | 'email'
  | 'identifier'
  | 'other'
  | 'none';

/** What the values of a column look like. */
export interface Profile {
  readonly header: string;
  readonly rows: number;
  readonly filled: number;
  readonly distinct: number;
  /** Up to some thousand distinct values. */
  readonly sample: readonly string[];
  /** Values are the row numbers, or rise from row to row: a running number, which says nothing of the person. */
  readonly running: boolean;
}

/** Headers as people write them, letters only; the first that fits wins. */
const HEADERS: readonly (readonly [Role, RegExp])[] = [
  [
    'none',
    /^(cluster|entity|truth|match|label|true|unique|uniq|rec(ord)?|row|index|source|dataset|file|unnamed|link|dup(licate)?)(id|no|nr|num|number|key|name)?s?$/,
  ],
  ['email', /e?mail/],
  ['phone', /phone|mobile|(^|[^a-z])tel|^(tel|cell|fax)/],
  [
    'identifier',
    /ssn|soc(ial)?sec|socialinsurance|nhs|nino|natins|nationalid|natid|passport|licen[cs]e|taxid|voter(reg)?(num|no|id)|ncid|ssid|pps|insurance/,
  ],
  [
    'birth year',
    /^(by|yob|birthy(ear|r)?|y(ea)?r(of)?birth|(dob|birth|b|d)_?y(ea)?r(yyy)?|y(ea)?r(ofbirth)?|anasci|geburtsjahr|annee|dobyear|dobyyyy|jahr|ano|anno)$/,
  ],
  [
    'birth month',
    /^(bm|mob|birthm(onth|on)?|m(on(th)?)?ofbirth|(dob|birth|b|d)_?mo?n?(th)?|mon(th)?|mm|geburtsmonat|monat|mes|mese)$/,
  ],
  [
    'birth day',
    /^(bd|birthd(ay)?|d(ay)?ofbirth|(dob|birth|b)_?da?y?|day|dd|geburtstag|tag|dia|giorno|dobday|dobdd)$/,
  ],
  [
    'birth',
    /birthdate|dateofbirth|(^|[^a-z])dob|^dob|datebirth|dateb|^bdate|geburtsdatum|^birth$|born|datenaiss|fechanac|datanasc/,
  ],
  ['second surname', /^(l(ast)?name|surname)(c)?2$|secondsurname|maiden/],
  ['middle', /middle|^mname|^mi$|midname|secondname|^(f|first)name(c)?2$|othername/],
  [
    'full name',
    /^(full|whole|complete|first_?and_?sur|person|patient|client)_?name$|^name$|^names$|firstandsurname/,
  ],
  [
    'surname',
    /^(sur|last|family|l|s)_?name|^ln$|nachname|apellido|cognome|nazwisko|^sn$|(pername|name)2$|^lnamec1|lastname|surname|familyname/,
  ],
  [
    'forename',
    /^(first|given|fore|christian|f|g)_?name|^fn$|^gn$|vorname|nombre|prenom|^imie|(pername|name)1$|^fnamec1|firstname|givenname|forename|^first$|^given$|nick/,
  ],
  ['sex', /^(sex|gender|sesso|geschlecht|sexo|sexe)(code|cd)?$/],
  ['postcode', /postcode|postalcode|^postal$|zip|^pc$|enumpc|^plz$|codpostal|^cap$/],
  ['house number', /(street|house|st|address|building|flat|hse)_?(num|number|no|nr|nbr)$|^housenum/],
  [
    'place',
    /city|town|suburb|village|^place|birthplace|placeofbirth|locality|municip|^muni$|parish|^ort$|ciudad|comune|county/,
  ],
  ['region', /^state|region|province|^dept$|department|country|nation|regio/],
  ['address', /addr|street|^road|enumcap|^add\d?$|residence|strasse|domicil|line[123]$/],
];

const letters = (header: string): string =>
  header
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');

const UK_POSTCODE = /^[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}$/i;
const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;
const DATE =
  /^(\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}|(19|20)\d{6}|\d{1,2}[- ][a-z]{3,9}[- ]\d{2,4})(t.*| 00:00.*)?$/i;

export function roleOf(profile: Profile): Role {
  const header = letters(profile.header);
  const like = (pattern: RegExp): number =>
    profile.sample.length === 0
      ? 0
      : profile.sample.filter((value) => pattern.test(value)).length / profile.sample.length;
  if (profile.filled === 0 || profile.distinct < 2) return 'none';
  const named = HEADERS.find(([, pattern]) => pattern.test(header))?.[0];
  if (named === 'none') return 'none';
  if (named !== undefined) return checked(named, profile, like);
  if (profile.running) return 'none';
  if (like(EMAIL) > 0.8) return 'email';
  if (like(DATE) > 0.9) return header.includes('date') || profile.distinct > 40 ? 'birth' : 'other';
  if (like(UK_POSTCODE) > 0.8) return 'postcode';
  // A header that speaks of an id, on values that are nearly all different: a key of the file, not of the person.
  if (
    /id$|^id|key$|^key|^pk|code$|^no$|^nr$|number$/.test(header) &&
    profile.distinct > profile.filled * 0.98
  )
    return 'none';
  return 'other';
}

/** A header may promise what the values do not keep. */
function checked(role: Role, profile: Profile, like: (pattern: RegExp) => number): Role {
  if (role === 'birth') {
    if (like(DATE) > 0.5) return 'birth';
    if (like(/^(1[6-9]|20)\d\d(\.0)?$/) > 0.8) return 'birth year';
    return 'other';
  }
  if (role === 'birth day' && like(DATE) > 0.5) return 'birth';
  if (role === 'birth year' && like(DATE) > 0.5) return 'birth';
  if ((role === 'birth day' || role === 'birth month') && like(/^\d{1,2}(\.0)?$|^[a-z]{3,9}$/i) < 0.7)
    return 'other';
  if (role === 'birth year' && like(/^\d{2,4}(\.0)?$/) < 0.7) return 'other';
  if (role === 'forename' || role === 'surname') return like(/\d{3}/) > 0.5 ? 'other' : role;
  if (role === 'address' && like(/^\d+[a-z]?$/i) > 0.8) return 'house number';
  if (role === 'place' && like(/^\d+$/) > 0.8) return 'region';
  return role;
}

/** Order of the parts of written dates, by which the fewest have a month above twelve; a year in front shows itself. */
export function dateOrderOf(sample: readonly string[]): 'ymd' | 'dmy' | 'mdy' {
  let yearFirst = 0;
  let dayFirst = 0;
  let monthFirst = 0;
  for (const value of sample) {
    const parts = value.split(/[-/. T]/);
    if (/^\d{8}$/.test(value)) {
      const year = Number(value.slice(0, 4));
      const month = Number(value.slice(4, 6));
      if (year > 1700 && year < 2100 && month <= 12) yearFirst++;
      else if (Number(value.slice(0, 2)) > 12) dayFirst++;
      else if (Number(value.slice(2, 4)) > 12) monthFirst++;
    } else if ((parts[0] ?? '').length === 4) yearFirst++;
    else if (Number(parts[0]) > 12) dayFirst++;
    else if (Number(parts[1]) > 12) monthFirst++;
  }
  if (dayFirst + monthFirst === 0 && yearFirst > 0) return 'ymd';
  return monthFirst > dayFirst ? 'mdy' : 'dmy';
}
