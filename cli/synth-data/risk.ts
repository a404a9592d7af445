/** How age, sex and what other agencies had found change a person's chance of meeting violence. */
import { type Day, yearsBetween } from './calendar.ts';
import type { Person } from './people.ts';

/** What raises a person's chance, from a day on. */
export interface Raise {
  readonly from: Day;
  readonly suspect: number;
  readonly victim: number;
}
export type Raises = Map<Person, Raise>;

/** Strengths are invented so that reports have something to show; they are no finding about anybody. */
const FACTOR_STRENGTH: Readonly<Record<string, number>> = {
  '24A': 12,
  '13A': 12,
  '10A': 7,
  '14A': 6,
  '18B': 6,
  '11A': 5,
  '12A': 5,
  '3A': 3,
  '3B': 3,
  '18A': 3,
  '16A': 2.5,
  '17A': 2.5,
  firesetter: 8,
  'arson-threat': 9,
  'safeguarding-referral': 3,
};

/** The strongest factor counts, from the day it was first found. */
export function raise(raises: Raises, person: Person, factor: string, day: Day): void {
  const suspect = FACTOR_STRENGTH[factor] ?? 1.5;
  const known = raises.get(person);
  if (known !== undefined && known.suspect >= suspect) return;
  raises.set(person, { from: day, suspect, victim: Math.sqrt(suspect) });
}

const SUSPECT_BY_AGE = [
  [10, 0],
  [13, 0.3],
  [15, 1],
  [25, 1.5],
  [35, 1],
  [45, 0.6],
  [60, 0.25],
  [200, 0.05],
] as const;
const VICTIM_BY_AGE = [
  [5, 0.05],
  [10, 0.15],
  [16, 0.7],
  [25, 1.5],
  [45, 1],
  [65, 0.55],
  [200, 0.2],
] as const;
const HIGHEST_BY_AGE = 1.5;
const WOMEN_AS_SUSPECTS = 0.25;

/** How a person meets violence. */
export type Part = 'suspect' | 'victim';

/** Weight apart from time: what the draw is made by. */
export const standingWeight = (person: Person, part: Part, raises: Raises): number =>
  person.exposure[part] *
  (part === 'suspect' && person.sex === 'F' ? WOMEN_AS_SUSPECTS : 1) *
  (raises.get(person)?.[part] ?? 1);

/** Share of the standing weight that holds on a day: what a draw is kept or thrown away by. */
export function shareOn(person: Person, part: Part, day: Day, raises: Raises): number {
  const age = yearsBetween(person.born, day);
  const [, byAge] = (part === 'suspect' ? SUSPECT_BY_AGE : VICTIM_BY_AGE).find(([below]) => age < below) ?? [
    0, 0,
  ];
  const raised = raises.get(person);
  const early = raised !== undefined && day <= raised.from ? 1 / raised[part] : 1;
  return born(person, day) ? (byAge / HIGHEST_BY_AGE) * early : 0;
}

const born = (person: Person, day: Day): boolean => person.born <= day;
