/** Home visits of the Royal Berkshire fire service: an address each, an occupant where one was met. */
import { anyDay, type Day, dateOf, type Window, yearsBetween } from './calendar.ts';
import type { Household } from './households.ts';
import { correctedIdentity, type MistakeRates, writeDown, writtenPostcode } from './mistakes.ts';
import type { Person } from './people.ts';
import { placeOn } from './places.ts';
import { between, chance, pick, type Random } from './random.ts';
import { raise, type Raises } from './risk.ts';
import type { Sink } from './rows.ts';

export const FIRE = {
  partner: 'royal-berkshire-fire-and-rescue',
  feed: 'fire-home-visits',
  fireAuthority: 'Royal Berkshire',
} as const;
/** Visits in 36 months at scale 1. */
export const FIRE_VISITS = 6_000;

export interface FirePlan {
  readonly random: Random;
  readonly window: Window;
  readonly visits: number;
  readonly households: readonly Household[];
  readonly raises: Raises;
  readonly rates: MistakeRates;
  readonly next: () => string;
}

const OCCUPANT_MET = 0.62;
const ARSON_THREAT = 0.04;
const FIRESETTER = 0.06;
const SAFEGUARDING = 0.08;
const FLAG_NOT_CONSIDERED = 0.1;

export function fireVisits(plan: FirePlan, sink: Sink): void {
  if (plan.households.length === 0) return;
  for (let made = 0; made < plan.visits; made += 1) {
    visit(plan, sink, pick(plan.random, plan.households), anyDay(plan.random, plan.window));
  }
}

function visit(plan: FirePlan, sink: Sink, household: Household, day: Day): void {
  const { random, rates } = plan;
  const place = placeOn(household.homes, day);
  const atHome = household.people.filter(
    (person) => person.born < day && placeOn(person.homes, day).uprn === place.uprn,
  );
  const youngsters = atHome.filter((person) => ages(person, day, 8, 17));
  const adults = atHome.filter((person) => ages(person, day, 18, 120));
  const firesetter = youngsters.length > 0 && chance(random, FIRESETTER);
  const threatened = chance(random, ARSON_THREAT);
  const safeguarding = chance(random, SAFEGUARDING);
  const met = firesetter ? youngsters : adults;
  const occupant =
    met.length > 0 && (firesetter || threatened || chance(random, OCCUPANT_MET)) ? pick(random, met) : null;
  const threatenedPeople = threatened ? atHome : [];
  if (occupant !== null && firesetter) raise(plan.raises, occupant, 'firesetter', day);
  if (occupant !== null && safeguarding) raise(plan.raises, occupant, 'safeguarding-referral', day);
  for (const person of threatenedPeople) raise(plan.raises, person, 'arson-threat', day);
  const key = plan.next();
  const written = occupant === null ? null : writeDown(random, occupant, day, rates);
  sink.row({
    partner: FIRE.partner,
    feed: FIRE.feed,
    key,
    collected: day,
    values: {
      visit_ref: key,
      uprn: chance(random, rates.missingUprn / 5) ? '' : place.uprn,
      postcode: writtenPostcode(random, place.postcode, { ...rates, missingPostcode: 0 }),
      visit_date: dateOf(day),
      visit_type: firesetter
        ? 'FSET'
        : threatened
          ? 'ARSN'
          : pick(random, ['HFSV', 'HFSV', 'HFSV', 'HFSV', 'POST']),
      referral_source: pick(random, ['SELF', 'SELF', 'POLI', 'SOCI', 'HOUS', 'FIRE', 'OTHR', '']),
      outcome:
        occupant === null
          ? pick(random, ['NOAC', 'NOAC', 'REFU', 'DONE'])
          : pick(random, ['DONE', 'DONE', 'PART']),
      occupant_forename: written?.forename ?? '',
      occupant_surname: written?.surname ?? '',
      occupant_dob: written?.dob ?? '',
      occupant_sex: written?.sex ?? '',
      phone: written?.phone ?? '',
      hoarding_level: chance(random, 0.3) ? String(pick(random, [1, 1, 1, 2, 2, 3, 4, 6, 8])) : '',
      arson_threat_flag: flag(random, threatened),
      firesetter_flag: flag(random, firesetter),
      alarms_fitted: occupant === null ? '0' : String(between(random, 0, 4)),
      safeguarding_referral_flag: flag(random, safeguarding && occupant !== null),
    },
    entity: occupant?.entity ?? null,
    corrected: () => (occupant === null ? { alarms_fitted: '2' } : correctedIdentity(occupant, 'occupant_')),
    places: [{ of: 'visit', place }],
  });
}

const ages = (person: Person, day: Day, from: number, to: number): boolean => {
  const age = yearsBetween(person.born, day);
  return age >= from && age <= to;
};

const flag = (random: Random, raised: boolean): string =>
  raised ? 'Y' : chance(random, FLAG_NOT_CONSIDERED) ? '' : 'N';
