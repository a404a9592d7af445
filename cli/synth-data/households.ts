/** Households of invented people: families, pairs, people alone, sharers and institutions, and who is who's kin. */
import { ETHNIC_GROUPS, type Lsoa } from './areas.ts';
import { bornAged, type Day, yearOf, yearsBetween } from './calendar.ts';
import { drawFamily, drawForename, drawSurname, type Family, type Sex } from './naming.ts';
import { type MemberDrawer, memberDrawer, type Person, type Setting } from './people.ts';
import type { Home } from './places.ts';
import { between, chance, pick, type Random, weighted } from './random.ts';

export interface Household {
  readonly people: readonly Person[];
  readonly homes: readonly Home[];
  readonly area: Lsoa;
  readonly institution: boolean;
  readonly relations: readonly Relation[];
}

/** What `to` is to `of`. */
export interface Relation {
  readonly of: Person;
  readonly to: Person;
  readonly type: 'MOTH' | 'FATH' | 'SIBL';
}

const KINDS = [
  { kind: 'alone', share: 0.24 },
  { kind: 'couple', share: 0.16 },
  { kind: 'two-parents', share: 0.3 },
  { kind: 'one-parent', share: 0.14 },
  { kind: 'three-generations', share: 0.05 },
  { kind: 'sharers', share: 0.08 },
  { kind: 'institution', share: 0.03 },
] as const;
export type HouseholdKind = (typeof KINDS)[number]['kind'];
const kindDrawer = weighted(KINDS, ({ share }) => share);

const SEXES = ['F', 'M'] as const;

/** One birth in sixty-five, as in England and Wales. */
const TWINS = 1 / 65;
const YOUNGEST_PARENT_DAYS = 17 * 365;
const DAYS_BETWEEN_BIRTHS = 290;
const NAMED_AFTER_FATHER = 0.06;
const TEENAGE_MOTHER = 0.1;
/** A family's origin follows the census counts of its area; one in ten couples crosses them. */
const MIXED_COUPLE = 0.1;

export const drawHouseholdKind = (random: Random): HouseholdKind => kindDrawer?.(random).kind ?? 'alone';

export function drawHousehold(
  random: Random,
  kind: HouseholdKind,
  area: Lsoa,
  childAges: readonly [number, number],
  setting: Setting,
): Household {
  const family = drawOrigin(random, area);
  const homes =
    kind === 'institution'
      ? [{ from: Number.NEGATIVE_INFINITY, place: setting.places.drawPlace(random, area) }]
      : setting.places.drawHomes(random, area);
  const member = memberDrawer(random, family, area, homes, setting);
  const made = (people: readonly Person[], relations: readonly Relation[] = []): Household => ({
    people,
    homes,
    area,
    institution: kind === 'institution',
    relations,
  });
  if (kind === 'institution' || kind === 'sharers')
    return made(drawLodgers(random, kind, area, homes, setting));
  const surname = drawSurname(random, family.heritage);
  const parents = drawAdults(random, kind, family, surname, member);
  if (kind === 'alone' || kind === 'couple') return made(parents);
  const children = drawChildren(random, family, parents, childAges, surname, member, setting);
  const elders = kind === 'three-generations' ? [member({ sex: 'F', ages: [60, 88], surname })] : [];
  const motherhoods = children.flatMap((child) => drawMotherhood(random, child, member, setting));
  return made(
    [...parents, ...children, ...elders, ...motherhoods.map(({ of }) => of)],
    [...children.flatMap((child) => parentage(child, parents)), ...siblings(children), ...motherhoods],
  );
}

function drawOrigin(random: Random, area: Lsoa): Family {
  const group = weighted(ETHNIC_GROUPS, (name) => area.groups[name])?.(random) ?? 'white';
  return drawFamily(random, group);
}

function drawAdults(
  random: Random,
  kind: HouseholdKind,
  family: Family,
  surname: string,
  member: MemberDrawer,
): readonly Person[] {
  const sex: Sex = chance(random, kind === 'one-parent' ? 0.86 : 0.45) ? 'F' : 'M';
  const withChildren = kind === 'two-parents' || kind === 'one-parent' || kind === 'three-generations';
  const head = member({ sex, ages: withChildren ? [24, 52] : [19, 88], surname });
  if (kind === 'alone' || kind === 'one-parent') return [head];
  const otherSex: Sex = sex === 'F' ? 'M' : 'F';
  const sharesName = chance(random, 0.7);
  const partner = member({
    sex: chance(random, 0.03) ? sex : otherSex,
    born: head.born + between(random, -2_000, 2_000),
    surname: sharesName
      ? surname
      : drawSurname(random, chance(random, MIXED_COUPLE) ? 'british' : family.heritage),
    mayChangeName: sharesName,
  });
  return [head, partner];
}

function drawChildren(
  random: Random,
  family: Family,
  parents: readonly Person[],
  ages: readonly [number, number],
  surname: string,
  member: MemberDrawer,
  setting: Setting,
): readonly Person[] {
  const youngestParent = Math.max(...parents.map(({ born }) => born));
  const father = parents.find(({ sex }) => sex === 'M');
  const children: Person[] = [];
  const add = (born: Day, sex: Sex): void => {
    const taken = children.map(({ forename }) => forename);
    const named = sex === 'M' && father !== undefined && chance(random, NAMED_AFTER_FATHER);
    const forename =
      named && !taken.includes(father.forename)
        ? father.forename
        : unusedForename(random, family, sex, born, taken);
    children.push(member({ sex, born, surname, forename }));
  };
  const couldBeBorn = (born: Day): boolean =>
    born >= youngestParent + YOUNGEST_PARENT_DAYS &&
    children.every((sibling) => Math.abs(sibling.born - born) >= DAYS_BETWEEN_BIRTHS);
  for (let left = pick(random, [1, 1, 2, 2, 2, 3, 4]); left > 0; left -= 1) {
    const tries = Array.from({ length: 12 }, () => bornAged(random, setting.first, ages));
    const born = tries.find(couldBeBorn);
    if (born === undefined) continue;
    add(born, pick(random, SEXES));
    if (chance(random, TWINS)) add(born, pick(random, SEXES));
  }
  return children;
}

/** Brothers and sisters have names of their own, unless the family's stock of names is very small. */
function unusedForename(
  random: Random,
  { heritage }: Family,
  sex: Sex,
  born: Day,
  taken: readonly string[],
): string {
  let forename = drawForename(random, heritage, sex, yearOf(born));
  for (let attempt = 0; attempt < 20 && taken.includes(forename); attempt += 1) {
    forename = drawForename(random, heritage, sex, yearOf(born));
  }
  return forename;
}

/** A daughter of 15 to 19 may have a child of her own at home: the one mother who is in the same feed as her child. */
function drawMotherhood(
  random: Random,
  mother: Person,
  member: MemberDrawer,
  setting: Setting,
): readonly Relation[] {
  const age = yearsBetween(mother.born, setting.first);
  if (mother.sex === 'M' || age < 15 || age > 19 || !chance(random, TEENAGE_MOTHER)) return [];
  const born = setting.first + between(random, -300, 300);
  const child = member({ sex: pick(random, SEXES), born, surname: mother.surname });
  return [{ of: child, to: mother, type: 'MOTH' }];
}

const parentage = (child: Person, parents: readonly Person[]): readonly Relation[] =>
  parents.map((parent) => ({ of: child, to: parent, type: parent.sex === 'F' ? 'MOTH' : 'FATH' }) as const);

const siblings = (children: readonly Person[]): readonly Relation[] =>
  children.flatMap((of) =>
    children.filter((to) => to !== of).map((to) => ({ of, to, type: 'SIBL' }) as const),
  );

/** People under one roof who are not kin: each of another origin, all at one address. */
function drawLodgers(
  random: Random,
  kind: 'institution' | 'sharers',
  area: Lsoa,
  homes: readonly Home[],
  setting: Setting,
): readonly Person[] {
  const [count, ages] =
    kind === 'sharers'
      ? ([between(random, 2, 5), [18, 32]] as const)
      : pick(random, [
          [between(random, 6, 14), [17, 45]] as const,
          [between(random, 5, 12), [68, 92]] as const,
          [between(random, 3, 6), [11, 17]] as const,
        ]);
  return Array.from({ length: count }, () => {
    const family = drawOrigin(random, area);
    const member = memberDrawer(random, family, area, homes, setting);
    const surname = drawSurname(random, family.heritage);
    return member({ sex: chance(random, 0.4) ? 'F' : 'M', ages, surname });
  });
}
