/** Children's social care: assessments of children two councils know, the factors found, and who is whose kin. */
import { type Day, dateOf, type Window, yearsBetween } from './calendar.ts';
import type { Household } from './households.ts';
import { correctedIdentity, type MistakeRates, writeDown, writeDownHome } from './mistakes.ts';
import type { Ethnicity } from './naming.ts';
import type { Person } from './people.ts';
import type { Home } from './places.ts';
import { between, chance, type Random } from './random.ts';
import { raise, type Raises } from './risk.ts';
import type { Sink, SyntheticRow } from './rows.ts';

export const SOCIAL_CARE_FEED = 'social-care-children';
export interface Council {
  readonly partner: string;
  readonly districts: readonly string[];
  /** Families known in 36 months at scale 1. */
  readonly families: number;
  /** Prefix of the council's own numbers. */
  readonly short: string;
  readonly upperCaseSurnames: boolean;
}
export const COUNCILS: readonly Council[] = [
  {
    partner: 'oxfordshire-county-council',
    districts: ['E07000177', 'E07000178', 'E07000179', 'E07000180', 'E07000181'],
    families: 1_970,
    short: 'OXC',
    upperCaseSurnames: false,
  },
  {
    partner: 'reading-borough-council',
    districts: ['E06000038'],
    families: 1_480,
    short: 'RBC',
    upperCaseSurnames: true,
  },
];

/** Ages of children in families social care knows; more of them near the ages of violence than in the whole care list. */
export const KNOWN_CHILD_AGES = [5, 17] as const;
const ELDEST_KNOWN = 17;

/** Shares of assessments that found a factor; factors that speak of health or substance use are not sent at all. */
const FACTORS: readonly (readonly [code: string, share: number, youngest: number])[] = [
  ['3A', 0.2, 0],
  ['3B', 0.24, 0],
  ['17A', 0.22, 0],
  ['16A', 0.18, 0],
  ['18A', 0.12, 0],
  ['19A', 0.05, 0],
  ['14A', 0.13, 9],
  ['10A', 0.12, 10],
  ['13A', 0.07, 10],
  ['24A', 0.09, 10],
  ['11A', 0.05, 10],
  ['12A', 0.03, 8],
  ['18B', 0.05, 6],
  ['8B', 0.04, 0],
  ['22A', 0.01, 0],
];
const NO_FACTOR_FOUND = '21';
const LOOKED_AFTER = 0.05;

export interface SocialCarePlan {
  readonly random: Random;
  readonly council: Council;
  readonly window: Window;
  readonly stays: readonly Stay[];
  readonly raises: Raises;
  readonly rates: MistakeRates;
  readonly next: (kind: 'EP' | 'P') => string;
}

/** The days of the window a family lived in a council's districts: only then does that council assess its children. */
export interface Stay {
  readonly family: Household;
  readonly from: Day;
  readonly to: Day;
}

/** The first stay; null where the family never lived there in the window. */
export function stayWith(council: Council, family: Household, window: Window): Stay | null {
  const inside = (home: Home): boolean => council.districts.includes(home.place.lad24cd);
  const arrival = family.homes.findIndex(inside);
  const arrived = family.homes[arrival];
  if (arrived === undefined) return null;
  const left = family.homes.slice(arrival).find((home) => !inside(home));
  const from = Math.max(window.first, arrived.from);
  const to = Math.min(window.last, (left?.from ?? Number.POSITIVE_INFINITY) - 1);
  return from <= to ? { family, from, to } : null;
}

export function socialCareAssessments(plan: SocialCarePlan, sink: Sink): void {
  for (const stay of plan.stays) {
    const children = stay.family.people.filter(
      (person) => yearsBetween(person.born, plan.window.first) <= ELDEST_KNOWN,
    );
    if (children.length > 0) familyAssessments(plan, sink, stay, children);
  }
}

function familyAssessments(
  plan: SocialCarePlan,
  sink: Sink,
  { family, from, to }: Stay,
  children: readonly Person[],
): void {
  const { random } = plan;
  const numbers = new Map(children.map((child) => [child, plan.next('P')]));
  const firstKnown = between(random, from, to);
  for (const child of children) {
    const relatives = family.relations
      .filter(({ of, to }) => of === child && numbers.has(to))
      .map(({ to, type }) => ({ number: numbers.get(to) ?? '', type }));
    const written = writeDown(random, child, firstKnown, plan.rates);
    const surname = plan.council.upperCaseSurnames ? written.surname.toUpperCase() : written.surname;
    const lookedAfter = chance(random, LOOKED_AFTER);
    const assessments = between(random, 1, 4);
    let day = Math.max(firstKnown, child.born + 1);
    for (let made = 0; made < assessments && day <= to; made += 1) {
      const { values, places, found } = assessment(plan, child, day);
      const relative = relatives[made % Math.max(1, relatives.length)];
      for (const factor of found) raise(plan.raises, child, factor, day);
      sink.row(
        row(plan.council, child, day, places, {
          ...values,
          episode_ref: plan.next('EP'),
          person_id: numbers.get(child) ?? '',
          forename: written.forename,
          middle_names: written.middleNames,
          surname,
          dob: written.dob,
          sex: written.sex,
          ethnicity: written.ethnicity === '' ? 'NOBT' : CENSUS_ETHNICITY[written.ethnicity],
          phone: written.phone,
          related_person_id: relative?.number ?? '',
          relation_type: relative?.type ?? '',
          placement_marker: lookedAfter ? 'Y' : 'N',
        }),
      );
      day += between(random, 60, 420);
    }
  }
}

const row = (
  council: Council,
  child: Person,
  day: Day,
  places: SyntheticRow['places'],
  values: Readonly<Record<string, string>>,
): SyntheticRow => ({
  partner: council.partner,
  feed: SOCIAL_CARE_FEED,
  key: values['episode_ref'] ?? '',
  collected: day,
  values,
  entity: child.entity,
  corrected: () => correctedIdentity(child),
  places,
});

function assessment(
  { random, rates }: SocialCarePlan,
  child: Person,
  day: Day,
): {
  readonly values: Readonly<Record<string, string>>;
  readonly places: SyntheticRow['places'];
  readonly found: readonly string[];
} {
  const age = yearsBetween(child.born, day);
  const found = FACTORS.filter(([, share, youngest]) => age >= youngest && chance(random, share)).map(
    ([code]) => code,
  );
  const home = writeDownHome(random, child, day, rates);
  const start = Math.max(child.born, day - between(random, 10, 45));
  return {
    values: {
      postcode: home.postcode,
      uprn: home.uprn,
      episode_start: dateOf(start),
      assessment_date: dateOf(day),
      factor_codes: found.length === 0 ? NO_FACTOR_FOUND : found.join(';'),
    },
    places: [{ of: 'home', place: home.place }],
    found,
  };
}

/** The police's 16+1 codes in the codes of the children in need census. */
const CENSUS_ETHNICITY: Readonly<Record<Ethnicity, string>> = {
  W1: 'WBRI',
  W2: 'WIRI',
  W9: 'WOTH',
  M1: 'MWBC',
  M2: 'MWBA',
  M3: 'MWAS',
  M9: 'MOTH',
  A1: 'AIND',
  A2: 'APKN',
  A3: 'ABAN',
  A9: 'AOTH',
  B1: 'BCRB',
  B2: 'BAFR',
  B9: 'BOTH',
  O1: 'CHNE',
  O9: 'OOTH',
};
