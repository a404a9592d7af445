/** Police involvements: occurrences spread as the real month is, the people in them, and how the police wrote them down. */
import type { Lsoa, Reference } from './areas.ts';
import { type Day, dateOf, dayDrawer, soonAfter, type Window } from './calendar.ts';
import type { Household } from './households.ts';
import {
  correctedIdentity,
  type Identity,
  type MistakeRates,
  writeDown,
  writeDownHome,
  writtenPostcode,
} from './mistakes.ts';
import { type Crowd, gather } from './crowd.ts';
import { OFFENCES, type OffenceKind, PARTIES } from './offences.ts';
import type { Person } from './people.ts';
import { type Place, placeOn } from './places.ts';
import { chance, pick, poisson, type Random } from './random.ts';
import type { Part, Raises } from './risk.ts';
import type { Sink } from './rows.ts';
import { spreadOver } from './spread.ts';

export const POLICE = { partner: 'thames-valley-police', feed: 'police-involvements' } as const;

export interface PolicePlan {
  readonly random: Random;
  readonly reference: Reference;
  readonly window: Window;
  readonly scale: number;
  /** The areas of one district, and the share of its people this part of the valley holds. */
  readonly areas: readonly Lsoa[];
  readonly share: number;
  readonly households: readonly Household[];
  readonly raises: Raises;
  readonly rates: MistakeRates;
  readonly next: (kind: 'INV' | 'NOM' | 'OCC') => string;
}

type Role = 'INVP' | 'SUSP' | 'VICT' | 'WITN';

/** What the police hold under one number; the same person may have several, and rarely one number holds two. */
interface Nominal {
  readonly ref: string;
  readonly identity: Identity;
}

const NEW_NOMINAL_FOR_KNOWN_PERSON = 0.1;
const NAMESAKE_CONFUSED = 0.15;
const HAPPENS_NEAR_HOME = 0.6;
const NO_LOCATION = 0.015;
const FLAG_NOT_CONSIDERED = 0.04;
const PROTECTED_WITNESS = 0.03;
const IN_A_REFUGE = 0.02;

/** What the writing of one occurrence shares with the others of the same part of the valley. */
interface Desk {
  readonly plan: PolicePlan;
  readonly sink: Sink;
  readonly crowd: Crowd;
  readonly nominals: Map<Person, readonly Nominal[]>;
}

export function policeInvolvements(plan: PolicePlan, sink: Sink): void {
  const { random, window } = plan;
  const desk: Desk = { plan, sink, crowd: gather(random, plan.households, plan.raises), nominals: new Map() };
  const years = window.months.length / 12;
  for (const kind of OFFENCES) {
    const spread = spreadOver(plan.reference, plan.areas, kind.spread);
    const count = poisson(random, kind.yearly * years * plan.scale * plan.share * spread.shareOfValley);
    const drawDay = dayDrawer(window, kind.season);
    for (let made = 0; made < count; made += 1) {
      const area = spread.draw?.(random);
      if (area !== undefined) occurrence(desk, kind, area, drawDay(random));
    }
  }
}

interface Flags {
  readonly knife: boolean;
  readonly firearm: boolean;
  readonly domestic: boolean;
  readonly countyLines: boolean;
}

function occurrence(desk: Desk, kind: OffenceKind, area: Lsoa, day: Day): void {
  const { random, window, next, rates } = desk.plan;
  const flags: Flags = {
    knife: chance(random, kind.knife ?? 0),
    firearm: chance(random, kind.firearm ?? 0),
    domestic: chance(random, kind.domestic ?? 0),
    countyLines: chance(random, kind.countyLines ?? 0),
  };
  const parts = drawParts(random, desk.crowd, kind, area, day, flags.domestic);
  const location = locationOf(random, parts, area, day, flags.domestic);
  const recorded = soonAfter(random, day, window.last);
  const unlocated = parts.length > 0 && chance(random, NO_LOCATION);
  const shared = {
    occurrence_ref: parts.length > 0 ? next('OCC') : '',
    ho_offence_code: kind.code,
    offence_date: dateOf(day),
    recorded_date: dateOf(recorded),
    location_postcode: unlocated ? '' : writtenPostcode(random, location.postcode, checkedAtDesk(rates)),
    knife_flag: flag(random, flags.knife),
    firearm_flag: flag(random, flags.firearm),
    domestic_flag: flag(random, flags.domestic),
    county_lines_flag: flag(random, flags.countyLines),
  };
  for (const part of parts) involvement(desk, shared, part, location, recorded, flags.domestic);
}

function involvement(
  desk: Desk,
  shared: Readonly<Record<string, string>>,
  { person, role }: Participant,
  location: Place,
  recorded: Day,
  domestic: boolean,
): void {
  const { random, rates, next } = desk.plan;
  const nominal = nominalFor(desk, person, recorded);
  const home = writeDownHome(random, person, recorded, rates);
  const key = next('INV');
  desk.sink.row({
    ...POLICE,
    key,
    collected: recorded,
    values: {
      involvement_ref: key,
      ...shared,
      nominal_ref: nominal.ref,
      role,
      ...columnsOf(nominal.identity),
      home_postcode: home.postcode,
      home_uprn: home.uprn,
      safety_marker: safetyMarker(random, role, domestic),
    },
    entity: person.entity,
    corrected: () => correctedIdentity(person),
    places: [
      { of: 'home', place: home.place },
      { of: 'location', place: location },
    ],
  });
}

/** Domestic offences happen in the home of the first person in them, where that lies in the area's district. */
function locationOf(
  random: Random,
  [first]: readonly Participant[],
  area: Lsoa,
  day: Day,
  domestic: boolean,
): Place {
  const home = first === undefined ? null : placeOn(first.person.homes, day);
  if (domestic && home?.lad24cd === area.lad24cd) return home;
  return { uprn: '', postcode: pick(random, area.postcodes), lsoa21cd: area.lsoa21cd, lad24cd: area.lad24cd };
}

interface Participant {
  readonly person: Person;
  readonly role: Role;
}

function drawParts(
  random: Random,
  crowd: Crowd,
  kind: OffenceKind,
  area: Lsoa,
  day: Day,
  domestic: boolean,
): readonly Participant[] {
  const chances = PARTIES[kind.parties];
  const taken = new Set<Person>();
  const parts: Participant[] = [];
  const add = (role: Role, person: Person | null): void => {
    if (person === null || taken.has(person) || person.born > day) return;
    taken.add(person);
    parts.push({ person, role });
  };
  const draw = (part: Part): Person | null => crowd.draw(part, area, day, chance(random, HAPPENS_NEAR_HOME));
  repeat(random, chances.victims, () => add('VICT', draw('victim')));
  const [victim] = parts;
  repeat(random, chances.suspects, () => {
    const atHome = domestic && victim !== undefined ? crowd.adultsWith(victim.person) : [];
    add('SUSP', atHome.length > 0 ? pick(random, atHome) : draw('suspect'));
  });
  repeat(random, chances.witnesses, () => add('WITN', draw('victim')));
  repeat(random, chances.involved, () => add('INVP', draw('victim')));
  return parts;
}

function repeat(random: Random, chances: readonly number[], act: () => void): void {
  let left = random();
  for (const share of chances) {
    left -= share;
    if (left < 0) return;
    act();
  }
}

function nominalFor({ plan, crowd, nominals }: Desk, person: Person, day: Day): Nominal {
  const { random, rates, next } = plan;
  const known = nominals.get(person) ?? [];
  if (known.length > 0 && !chance(random, NEW_NOMINAL_FOR_KNOWN_PERSON)) return pick(random, known);
  const mixedUp = crowd.namesakesOf(person).flatMap((other) => nominals.get(other) ?? []);
  const nominal =
    mixedUp.length > 0 && chance(random, NAMESAKE_CONFUSED)
      ? pick(random, mixedUp)
      : { ref: next('NOM'), identity: writeDown(random, person, day, rates) };
  nominals.set(person, [...known, nominal]);
  return nominal;
}

/** Identity columns as the police name them. */
function columnsOf(identity: Identity): Readonly<Record<string, string>> {
  return {
    forename: identity.forename,
    middle_names: identity.middleNames,
    surname: identity.surname,
    dob: identity.dob,
    sex: identity.sex,
    ethnicity: identity.ethnicity === '' ? 'NS' : identity.ethnicity,
    phone: identity.phone,
  };
}

const flag = (random: Random, raised: boolean): string =>
  raised ? 'Y' : chance(random, FLAG_NOT_CONSIDERED) ? '' : 'N';

function safetyMarker(random: Random, role: Role, domestic: boolean): string {
  if (role === 'WITN' && chance(random, PROTECTED_WITNESS)) return 'WITNESS';
  return role === 'VICT' && domestic && chance(random, IN_A_REFUGE) ? 'REFUGE' : '';
}

/** The place of an offence is checked on a map: a slip in it is rare, and where it is not known it is left out. */
const checkedAtDesk = (rates: MistakeRates): MistakeRates => ({
  ...rates,
  missingPostcode: 0,
  postcodeSlip: rates.postcodeSlip / 4,
});
