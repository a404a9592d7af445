/** Gives an invented person a name in keeping with where the family comes from, the sex and the year of birth. */
import type { EthnicGroup } from './areas.ts';
import { type Heritage, OLDER_BRITISH, STOCK, YOUNG_COHORT_FROM } from './names.ts';
import { chance, pick, pickSkewed, type Random, weighted } from './random.ts';

export type Sex = 'F' | 'M';

/** Self-defined ethnicity in the police's 16+1 codes, which each feed maps to its own. */
export type Ethnicity =
  | 'W1'
  | 'W2'
  | 'W9'
  | 'M1'
  | 'M2'
  | 'M3'
  | 'M9'
  | 'A1'
  | 'A2'
  | 'A3'
  | 'A9'
  | 'B1'
  | 'B2'
  | 'B9'
  | 'O1'
  | 'O9';

/** Where a family comes from: what its people write under ethnicity, and what they are called. */
export interface Family {
  readonly ethnicity: Ethnicity;
  readonly heritage: Heritage;
}

/** Share of surnames that exist nowhere: made of two halves. The rest are common ones, which say nothing of anybody. */
const INVENTED_SURNAMES = 0.45;

type Share = readonly [share: number, ethnicity: Ethnicity, heritage: Heritage];

/** Parts of the census's five groups, roughly as in the Thames Valley in 2021. */
const FAMILIES: Readonly<Record<EthnicGroup, readonly Share[]>> = {
  white: [
    [0.86, 'W1', 'british'],
    [0.03, 'W2', 'irish'],
    [0.06, 'W9', 'polish'],
    [0.03, 'W9', 'portuguese'],
    [0.02, 'W9', 'british'],
  ],
  asian: [
    [0.44, 'A2', 'muslim-south-asian'],
    [0.22, 'A1', 'hindu'],
    [0.13, 'A1', 'sikh'],
    [0.07, 'A3', 'muslim-south-asian'],
    [0.06, 'O1', 'chinese'],
    [0.05, 'A9', 'hindu'],
    [0.03, 'A9', 'one-word'],
  ],
  black: [
    [0.34, 'B1', 'caribbean'],
    [0.58, 'B2', 'west-african'],
    [0.08, 'B9', 'caribbean'],
  ],
  mixed: [
    [0.35, 'M1', 'british'],
    [0.15, 'M2', 'west-african'],
    [0.3, 'M3', 'british'],
    [0.2, 'M9', 'portuguese'],
  ],
  other: [
    [0.5, 'O9', 'muslim-south-asian'],
    [0.3, 'O9', 'one-word'],
    [0.2, 'O9', 'british'],
  ],
};

export function drawFamily(random: Random, group: EthnicGroup): Family {
  const share = weighted(FAMILIES[group], ([part]) => part)?.(random);
  if (share === undefined) throw new Error(`No families are known for ${group}.`);
  return { ethnicity: share[1], heritage: share[2] };
}

export function drawForename(random: Random, heritage: Heritage, sex: Sex, born: number): string {
  const older = born < YOUNG_COHORT_FROM && heritage === 'british';
  const stock = older ? OLDER_BRITISH : STOCK[heritage];
  return pickSkewed(random, sex === 'F' ? stock.female : stock.male);
}

export function drawSurname(random: Random, heritage: Heritage): string {
  const stock = STOCK[heritage];
  if (!chance(random, INVENTED_SURNAMES)) return pickSkewed(random, stock.surnames);
  return pick(random, stock.halves[0]) + pick(random, stock.halves[1]);
}

/** The family's surname as a woman or a man bears it: Polish names have a form for each. */
export function surnameFor(surname: string, heritage: Heritage, sex: Sex): string {
  if (heritage === 'polish' && sex === 'F') return surname.replace(/(sk|ck)i$/, '$1a');
  if (heritage === 'sikh' && surname === 'Singh' && sex === 'F') return 'Kaur';
  if (heritage === 'sikh' && surname === 'Kaur' && sex === 'M') return 'Singh';
  if (heritage === 'muslim-south-asian' && surname === 'Begum' && sex === 'M') return 'Miah';
  return surname;
}
