/** How offences of a type are spread over areas: as the real month is, with a little everywhere for rare types. */
import type { Lsoa, Reference } from './areas.ts';
import type { Spread } from './offences.ts';
import { type Random, weighted } from './random.ts';

export interface SpreadOver {
  readonly draw: ((random: Random) => Lsoa) | null;
  /** These areas' part of all such crimes of the real month. */
  readonly shareOfValley: number;
}

/** Areas where the real month has none of a rare type still get a little, by their violence and residents. */
export function spreadOver(reference: Reference, areas: readonly Lsoa[], type: Spread): SpreadOver {
  const weightOf = (area: Lsoa): number => {
    const counts = reference.crimes.get(area.lsoa21cd) ?? {};
    const violence = counts['Violence and sexual offences'] ?? 0;
    return (counts[type] ?? 0) + 0.02 * violence + area.residents / 40_000;
  };
  const whole = totalWeight(reference, type, weightOf);
  return {
    draw: weighted(areas, weightOf),
    shareOfValley: areas.reduce((sum, area) => sum + weightOf(area), 0) / whole,
  };
}

const totals = new WeakMap<Reference, Map<Spread, number>>();

function totalWeight(reference: Reference, type: Spread, weightOf: (area: Lsoa) => number): number {
  const known = totals.get(reference) ?? new Map<Spread, number>();
  totals.set(reference, known);
  const total = known.get(type) ?? reference.areas.reduce((sum, area) => sum + weightOf(area), 0);
  known.set(type, total);
  return total;
}
