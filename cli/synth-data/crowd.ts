/** Who may take part in an offence: everybody in one part of the valley, drawn by weight and by nearness. */
import type { Lsoa } from './areas.ts';
import type { Day } from './calendar.ts';
import type { Household } from './households.ts';
import type { Person } from './people.ts';
import { chance, type Random, weighted } from './random.ts';
import { type Part, type Raises, shareOn, standingWeight } from './risk.ts';

export interface Crowd {
  readonly draw: (part: Part, area: Lsoa, day: Day, near: boolean) => Person | null;
  readonly adultsWith: (person: Person) => readonly Person[];
  readonly namesakesOf: (person: Person) => readonly Person[];
}

/** Everybody who may take part, drawn by weight from the neighbourhood (MSOA) or the whole part of the valley. */
export function gather(random: Random, households: readonly Household[], raises: Raises): Crowd {
  const people = households.flatMap((household) => household.people);
  const homeOf = new Map(
    households.flatMap((household) => household.people.map((person) => [person, household])),
  );
  const near = new Map<string, Person[]>();
  for (const household of households) {
    const neighbours = near.get(household.area.msoa) ?? [];
    neighbours.push(...household.people);
    near.set(household.area.msoa, neighbours);
  }
  const drawers = new Map<string, ((random: Random) => Person) | null>();
  const drawer = (part: Part, msoa: string): ((random: Random) => Person) | null => {
    const key = `${part} ${msoa}`;
    const known = drawers.get(key);
    if (known !== undefined) return known;
    const made = weighted(msoa === '' ? people : (near.get(msoa) ?? []), (person) =>
      standingWeight(person, part, raises),
    );
    drawers.set(key, made);
    return made;
  };
  return {
    draw: (part, area, day, isNear) => {
      const draw = (isNear ? drawer(part, area.msoa) : null) ?? drawer(part, '');
      // A rare part of the valley may hold nobody of the right age: a role is then left unknown.
      for (let attempt = 0; draw !== null && attempt < 60; attempt += 1) {
        const person = draw(random);
        if (chance(random, shareOn(person, part, day, raises))) return person;
      }
      return null;
    },
    adultsWith: (person) =>
      (homeOf.get(person)?.people ?? []).filter(
        (other) => other !== person && other.born < person.born + 12_000,
      ),
    namesakesOf: (person) =>
      (homeOf.get(person)?.people ?? []).filter(
        (other) => other !== person && other.surname === person.surname && other.forename === person.forename,
      ),
  };
}
