/** Walks the whole synthetic valley once, part by part, and hands every row to a sink: nothing is kept between parts. */
import { join } from 'node:path';
import { type Lsoa, readReference, type Reference } from './areas.ts';
import { type Window, windowBefore } from './calendar.ts';
import { FIRE, FIRE_VISITS, fireVisits } from './fire.ts';
import { drawHousehold, drawHouseholdKind, type Household } from './households.ts';
import { type MistakeRates, USUAL_MISTAKES } from './mistakes.ts';
import type { Setting } from './people.ts';
import { placeMaker } from './places.ts';
import { policeInvolvements } from './police.ts';
import { chance, poisson, pick, type Random, randomStream, weighted } from './random.ts';
import type { Raises } from './risk.ts';
import type { Sink, ValleyOptions } from './rows.ts';
import { type Council, COUNCILS, KNOWN_CHILD_AGES, socialCareAssessments, stayWith } from './social-care.ts';

/** Households whose people may meet the police, over 36 months at scale 1. */
const HOUSEHOLDS = 12_000;
/** Visited homes beside those of the police's people: most visits go to older people who meet nobody else. */
const VISITED_HOUSEHOLDS = 2_600;
/** A family that moves to the other council's area is most often known there too, under other numbers. */
const KNOWN_AFTER_MOVE = 0.8;
const MONTHS = 36;
/** Six years, as long as anything is held. */
const LONGEST_MONTHS = 72;
/** A part holds no more households than this, so that a valley of any size fits in memory. */
const HOUSEHOLDS_IN_A_PART = 4_000;

export const REFERENCE_FOLDER = join(import.meta.dirname, '../../contracts/reference');

export interface Valley {
  readonly window: Window;
  readonly people: number;
}

export function walkValley(
  options: ValleyOptions,
  sink: Sink,
  reference = readReference(REFERENCE_FOLDER),
): Valley {
  const months = options.months ?? MONTHS;
  if (!Number.isInteger(months) || months < 1 || months > LONGEST_MONTHS) {
    throw new RangeError(`A valley covers 1 to ${LONGEST_MONTHS} whole months.`);
  }
  const window = windowBefore(options.until, months);
  const scale = options.scale ?? 1;
  const rates = { ...USUAL_MISTAKES, ...options.mistakes };
  const counters = countersFrom(1);
  const size = (scale * window.months.length) / MONTHS;
  const residents = reference.areas.reduce((sum, area) => sum + area.residents, 0);
  for (const [district, areas] of byDistrict(reference.areas)) {
    const shareOfPeople = areas.reduce((sum, area) => sum + area.residents, 0) / residents;
    const parts = Math.max(1, Math.ceil((HOUSEHOLDS * size * shareOfPeople) / HOUSEHOLDS_IN_A_PART));
    for (let part = 0; part < parts; part += 1) {
      const random = randomStream(options.seed, district, part);
      walkPart(
        { random, reference, window, scale, size, rates, counters, district, areas, shareOfPeople, parts },
        sink,
      );
    }
  }
  return { window, people: counters.last('person') };
}

interface Part {
  readonly random: Random;
  readonly reference: Reference;
  readonly window: Window;
  readonly scale: number;
  readonly size: number;
  readonly rates: MistakeRates;
  readonly counters: Counters;
  readonly district: string;
  readonly areas: readonly Lsoa[];
  readonly shareOfPeople: number;
  readonly parts: number;
}

function walkPart(part: Part, sink: Sink): void {
  const { random, reference, window, counters, areas, parts, rates } = part;
  const { first, last } = window;
  const setting: Setting = {
    places: placeMaker(reference, first, last, () => counters.next('place')),
    nextEntity: () => `E${String(counters.next('person')).padStart(8, '0')}`,
    first,
    last,
  };
  const raises: Raises = new Map();
  const ordinary = drawHouseholds(
    random,
    areas,
    poisson(random, (HOUSEHOLDS * part.size * part.shareOfPeople) / parts),
    setting,
  );
  const families = knownFamilies(part, setting, sink, raises);
  const everybody = [...ordinary, ...families];
  visitedHomes(part, setting, everybody, sink, raises);
  for (const relation of everybody.flatMap(({ relations }) => relations)) sink.relation(relation);
  policeInvolvements(
    {
      random,
      reference,
      window,
      scale: part.scale,
      areas,
      share: 1 / parts,
      households: everybody,
      raises,
      rates,
      next: (kind) => counters.number('TVP', kind),
    },
    sink,
  );
}

function drawHouseholds(
  random: Random,
  areas: readonly Lsoa[],
  count: number,
  setting: Setting,
): readonly Household[] {
  const drawArea = weighted(areas, ({ residents }) => residents);
  return Array.from({ length: count }, () =>
    drawHousehold(
      random,
      drawHouseholdKind(random),
      drawArea?.(random) ?? pick(random, areas),
      [0, 22],
      setting,
    ),
  );
}

/** Families social care knows live more often in deprived areas. */
function knownFamilies(part: Part, setting: Setting, sink: Sink, raises: Raises): readonly Household[] {
  const council = COUNCILS.find(({ districts }) => districts.includes(part.district));
  if (council === undefined) return [];
  const { random, areas, counters, window, rates } = part;
  const drawArea = weighted(areas, ({ residents, imdDecile }) => residents * (11 - imdDecile));
  const count = poisson(random, (council.families * part.size * shareOfCouncil(part, council)) / part.parts);
  const families = Array.from({ length: count }, () =>
    drawHousehold(
      random,
      chance(random, 0.5) ? 'one-parent' : 'two-parents',
      drawArea?.(random) ?? pick(random, areas),
      KNOWN_CHILD_AGES,
      setting,
    ),
  );
  for (const each of COUNCILS) {
    const stays = families
      .filter(() => each === council || chance(random, KNOWN_AFTER_MOVE))
      .flatMap((family) => stayWith(each, family, window) ?? []);
    const next = (kind: 'EP' | 'P'): string => counters.number(each.short, kind);
    socialCareAssessments({ random, council: each, window, stays, raises, rates, next }, sink);
  }
  return families;
}

function shareOfCouncil(part: Part, council: Council): number {
  const ofCouncil = part.reference.areas.filter(({ lad24cd }) => council.districts.includes(lad24cd));
  const sum = (areas: readonly Lsoa[]): number =>
    areas.reduce((total, { residents }) => total + residents, 0);
  return sum(part.areas) / sum(ofCouncil);
}

function visitedHomes(
  part: Part,
  setting: Setting,
  known: readonly Household[],
  sink: Sink,
  raises: Raises,
): void {
  const { random, reference, areas, window, rates, counters } = part;
  if (reference.fireAuthority.get(part.district) !== FIRE.fireAuthority) return;
  const share = shareOfFireArea(part) / part.parts;
  const drawArea = weighted(areas, ({ residents }) => residents);
  const others = Array.from({ length: poisson(random, VISITED_HOUSEHOLDS * part.size * share) }, () =>
    drawHousehold(
      random,
      chance(random, 0.6) ? 'alone' : 'couple',
      drawArea?.(random) ?? pick(random, areas),
      [0, 17],
      setting,
    ),
  );
  const visits = poisson(random, FIRE_VISITS * part.size * share);
  const next = (): string => counters.number('RBF', 'V');
  const plan = { random, window, raises, rates, next };
  fireVisits({ ...plan, visits: Math.round(visits * 0.5), households: known }, sink);
  fireVisits({ ...plan, visits: visits - Math.round(visits * 0.5), households: others }, sink);
}

function shareOfFireArea(part: Part): number {
  const inArea = part.reference.areas.filter(
    ({ lad24cd }) => part.reference.fireAuthority.get(lad24cd) === FIRE.fireAuthority,
  );
  const sum = (areas: readonly Lsoa[]): number =>
    areas.reduce((total, { residents }) => total + residents, 0);
  return sum(part.areas) / sum(inArea);
}

function byDistrict(areas: readonly Lsoa[]): readonly (readonly [string, readonly Lsoa[]])[] {
  const codes = [...new Set(areas.map(({ lad24cd }) => lad24cd))].sort();
  return codes.map((code) => [code, areas.filter(({ lad24cd }) => lad24cd === code)]);
}

interface Counters {
  readonly next: (of: string) => number;
  readonly last: (of: string) => number;
  /** The agency's own number, e.g. TVP-INV-0000001. */
  readonly number: (agency: string, kind: string) => string;
}

function countersFrom(start: number): Counters {
  const counts = new Map<string, number>();
  const next = (of: string): number => {
    const count = counts.get(of) ?? start;
    counts.set(of, count + 1);
    return count;
  };
  return {
    next,
    last: (of) => (counts.get(of) ?? start) - start,
    number: (agency, kind) => `${agency}-${kind}-${String(next(`${agency} ${kind}`)).padStart(8, '0')}`,
  };
}
