/** One invented person: who he or she is and where at home, before any agency has met them. */
import type { Lsoa } from './areas.ts';
import { bornAged, type Day, yearOf } from './calendar.ts';
import { drawForename, drawSurname, type Family, type Sex, surnameFor } from './naming.ts';
import type { Home, PlaceMaker } from './places.ts';
import { between, chance, normal, pick, type Random } from './random.ts';

export interface Person {
  readonly entity: string;
  readonly family: Family;
  readonly sex: Sex;
  readonly born: Day;
  readonly forename: string;
  readonly middleNames: string;
  readonly surname: string;
  /** What the person was called until a day, where marriage or a parting changed it. */
  readonly former: { readonly surname: string; readonly until: Day } | null;
  readonly homes: readonly Home[];
  readonly phone: string;
  /** How often things happen to this person against an average one of the same age and sex. */
  readonly exposure: { readonly suspect: number; readonly victim: number };
}

/** What the making of people shares: where they may live, when, and the next free number. */
export interface Setting {
  readonly places: PlaceMaker;
  readonly nextEntity: () => string;
  readonly first: Day;
  readonly last: Day;
}

export interface MemberPlan {
  readonly sex: Sex;
  /** Ages on the first day; `born` comes before it. */
  readonly ages?: readonly [number, number];
  readonly born?: Day;
  readonly surname: string;
  readonly forename?: string;
  readonly mayChangeName?: boolean;
}
export type MemberDrawer = (plan: MemberPlan) => Person;

const CHANGES_NAME = 0.09;
const KEEPS_BOTH_NAMES = 0.2;
const SHARES_LANDLINE = 0.45;
const LEAVES_HOME = 0.5;

/** Draws people who live together: same homes, one landline. */
export function memberDrawer(
  random: Random,
  family: Family,
  area: Lsoa,
  homes: readonly Home[],
  setting: Setting,
): MemberDrawer {
  const landline = setting.places.drawPhone(random);
  return (plan) => {
    const born = plan.born ?? bornAged(random, setting.first, plan.ages ?? [18, 60]);
    const surname = surnameFor(plan.surname, family.heritage, plan.sex);
    const changes = plan.mayChangeName === true && chance(random, CHANGES_NAME);
    const before = drawSurname(random, family.heritage);
    return {
      entity: setting.nextEntity(),
      family,
      sex: plan.sex,
      born,
      forename: plan.forename ?? drawForename(random, family.heritage, plan.sex, yearOf(born)),
      middleNames: drawMiddleNames(random, family, plan.sex, yearOf(born)),
      surname: changes && chance(random, KEEPS_BOTH_NAMES) ? `${before}-${surname}` : surname,
      former: changes ? { surname: before, until: between(random, setting.first, setting.last) } : null,
      homes: leavingHome(random, born, setting, homes, area),
      phone: chance(random, SHARES_LANDLINE) ? landline : setting.places.drawPhone(random),
      exposure: { suspect: Math.exp(1.1 * normal(random)), victim: Math.exp(0.7 * normal(random)) },
    };
  };
}

function drawMiddleNames(random: Random, { heritage }: Family, sex: Sex, year: number): string {
  if (heritage === 'one-word') return '';
  const count = pick(random, [0, 0, 1, 1, 1, 2]);
  return Array.from({ length: count }, () => drawForename(random, heritage, sex, year)).join(' ');
}

/** A young adult may set up a home of his or her own within the window. */
function leavingHome(
  random: Random,
  born: Day,
  { first, last, places }: Setting,
  homes: readonly Home[],
  area: Lsoa,
): readonly Home[] {
  const leaves = born + Math.round(365.2425 * (18 + 5 * random()));
  if (leaves <= first || leaves >= last || !chance(random, LEAVES_HOME)) return homes;
  return [...homes.filter(({ from }) => from < leaves), places.drawMove(random, area, leaves)];
}
