/** Where invented people live: invented postcodes in real areas, property and telephone numbers nobody has. */
import type { Lsoa, Reference } from './areas.ts';
import { between, chance, pick, type Random, weighted, whole } from './random.ts';
import type { Day } from './calendar.ts';

export interface Place {
  readonly uprn: string;
  readonly postcode: string;
  readonly lsoa21cd: string;
  readonly lad24cd: string;
}

/** Homes stand in order of time; the first was always there. */
export interface Home {
  readonly from: Day;
  readonly place: Place;
}

export interface PlaceMaker {
  readonly drawPlace: (random: Random, area: Lsoa) => Place;
  /** A home and, for one household in some, those it moves to in the window. */
  readonly drawHomes: (random: Random, area: Lsoa) => readonly Home[];
  readonly drawMove: (random: Random, from: Lsoa, day: Day) => Home;
  readonly drawPhone: (random: Random) => string;
  readonly areaOf: (lsoa21cd: string) => Lsoa;
}

/** About one household in nine moves in a year; most stay in the district. */
const MOVES_A_YEAR = 0.11;
const STAYS_IN_DISTRICT = 0.7;

/** UPRNs of twelve digits that begin with 999 are given to no property. */
const FIRST_UPRN = 999_000_000_000;

/** Numbers Ofcom keeps for drama: no telephone rings. */
export const DRAMA_NUMBERS = [
  '0118 496 0',
  '0118 496 0',
  '01632 960',
  '01632 960',
  '020 7946 0',
  '0113 496 0',
  '0114 496 0',
  '0115 496 0',
  '0116 496 0',
  '0117 496 0',
  '0121 496 0',
  '0131 496 0',
  '0141 496 0',
  '0151 496 0',
  '0161 496 0',
  '029 2018 0',
] as const;
export const DRAMA_MOBILES = '07700 900';
const MOBILE = 0.45;

/** `firstPlace` keeps the property numbers of one part of the valley apart from those of another. */
export function placeMaker(reference: Reference, first: Day, last: Day, nextPlace: () => number): PlaceMaker {
  const areas = new Map(reference.areas.map((area) => [area.lsoa21cd, area]));
  const anywhere = weighted(reference.areas, ({ residents }) => residents);
  const inDistrict = new Map(
    [...new Set(reference.areas.map(({ lad24cd }) => lad24cd))].map((district) => [
      district,
      weighted(
        reference.areas.filter(({ lad24cd }) => lad24cd === district),
        ({ residents }) => residents,
      ),
    ]),
  );
  const drawPlace = (random: Random, area: Lsoa): Place => ({
    uprn: String(FIRST_UPRN + nextPlace()),
    postcode: pick(random, area.postcodes),
    lsoa21cd: area.lsoa21cd,
    lad24cd: area.lad24cd,
  });
  const drawMove = (random: Random, from: Lsoa, day: Day): Home => {
    const draw = chance(random, STAYS_IN_DISTRICT) ? inDistrict.get(from.lad24cd) : anywhere;
    return { from: day, place: drawPlace(random, draw?.(random) ?? from) };
  };
  const drawHomes = (random: Random, area: Lsoa): readonly Home[] => {
    const homes: Home[] = [{ from: Number.NEGATIVE_INFINITY, place: drawPlace(random, area) }];
    for (let year = first; year <= last; year += 365) {
      if (chance(random, MOVES_A_YEAR)) homes.push(drawMove(random, area, between(random, year, year + 364)));
    }
    return homes;
  };
  const areaOf = (lsoa21cd: string): Lsoa => {
    const area = areas.get(lsoa21cd);
    if (area === undefined) throw new Error(`No area ${lsoa21cd} is known.`);
    return area;
  };
  return { drawPlace, drawHomes, drawMove, drawPhone, areaOf };
}

/** The home on a day. */
export function placeOn(homes: readonly Home[], day: Day): Place {
  const home = homes.findLast(({ from }) => from <= day) ?? homes[0];
  if (home === undefined) throw new Error('A person needs a home.');
  return home.place;
}

function drawPhone(random: Random): string {
  const digits = String(whole(random, 1000)).padStart(3, '0');
  return (chance(random, MOBILE) ? DRAMA_MOBILES : pick(random, DRAMA_NUMBERS)) + digits;
}
