/** The demo's valley is worth reading: volumes like life's, few cells too small to print, factors that show. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { CONTRACTS_FOLDER } from '../../cli/synth-data/extract-layout.ts';
import { readReference } from '../../cli/synth-data/areas.ts';
import type { SyntheticRow } from '../../cli/synth-data/rows.ts';
import { REFERENCE_FOLDER, walkValley } from '../../cli/synth-data/valley.ts';

const definition = z
  .object({
    kinds: z.array(
      z.object({
        kind: z.string(),
        offences: z.array(
          z.object({ code: z.string(), needs: z.enum(['none', 'knife', 'firearm', 'county_lines']) }),
        ),
      }),
    ),
  })
  .parse(parse(readFileSync(join(CONTRACTS_FOLDER, 'definitions/serious-violence.v1.yaml'), 'utf8')));

const reference = readReference(REFERENCE_FOLDER);
const districts = [...new Set(reference.areas.map(({ lad24cd }) => lad24cd))];

/** Two seeds, so that nothing hangs on one. */
describe.each([20, 777])('the demo’s valley, seed %i', (seed) => {
  const rows: SyntheticRow[] = [];
  beforeAll(() => {
    walkValley(
      { seed, until: '2026-11-24' },
      { row: (row) => rows.push(row), relation: () => undefined },
      reference,
    );
  });
  const of = (feed: string): readonly SyntheticRow[] => rows.filter((row) => row.feed === feed);

  it('is as large as planned', () => {
    expect(of('police-involvements').length).toBeGreaterThan(45_000);
    expect(of('police-involvements').length).toBeLessThan(62_000);
    expect(of('social-care-children').length).toBeGreaterThan(12_500);
    expect(of('fire-home-visits').length).toBeGreaterThan(5_500);
  });

  it('has about as many knife offences a year as were published for the police area', () => {
    const knife = of('police-involvements').filter(
      ({ values }) => values['knife_flag'] === 'Y' && values['ho_offence_code'] !== '10D',
    );
    const yearly = new Set(knife.map(({ values }) => values['occurrence_ref'])).size / 3;

    expect(yearly).toBeGreaterThan(950);
    expect(yearly).toBeLessThan(1_200);
  });

  it('leaves at most a third of the cells of district, kind and quarter with 1 to 7 persons', () => {
    const persons = new Map<string, Set<string>>();
    for (const { values, entity, places } of of('police-involvements')) {
      const kind = kindOf(values);
      const date = values['offence_date'] ?? '';
      const district = places.find((place) => place.of === 'location')?.place.lad24cd;
      if (kind === null || values['role'] === 'WITN' || values['role'] === 'INVP') continue;
      if (date < '2024-10-01' || date >= '2026-10-01') continue;
      const cell = `${district} ${kind} ${date.slice(0, 4)} ${Math.ceil(Number(date.slice(5, 7)) / 3)}`;
      persons.set(cell, (persons.get(cell) ?? new Set()).add(entity ?? ''));
    }
    const cells = districts.length * definition.kinds.length * 8;
    const small = [...persons.values()].filter(({ size }) => size < 8).length;

    expect(small / cells).toBeLessThan(1 / 3);
    expect(persons.size / cells).toBeGreaterThan(0.9);
  });

  it('shows gangs and exploitation more often before serious violence than without it', () => {
    const violence = new Map<string, string>();
    for (const { values, entity } of of('police-involvements')) {
      const date = values['offence_date'] ?? '';
      if (entity === null || kindOf(values) === null || !['SUSP', 'VICT'].includes(values['role'] ?? ''))
        continue;
      if ((violence.get(entity) ?? '9') > date) violence.set(entity, date);
    }
    const known = new Map<string, { found: boolean }>();
    for (const { values, entity } of of('social-care-children')) {
      const date = values['assessment_date'] ?? '';
      if (entity === null || (violence.get(entity) ?? '9') <= date) continue;
      const person = known.get(entity) ?? { found: false };
      person.found ||= /13A|24A/.test(values['factor_codes'] ?? '');
      known.set(entity, person);
    }
    const share = (violent: boolean): number => {
      const people = [...known].filter(([entity]) => violence.has(entity) === violent);
      expect(people.length).toBeGreaterThan(300);
      return people.filter(([, { found }]) => found).length / people.length;
    };

    expect(share(true)).toBeGreaterThan(1.4 * share(false));
  });

  it('spreads offences over districts as the real month did', () => {
    const violence = new Map(districts.map((district) => [district, 0]));
    for (const { lsoa21cd, lad24cd } of reference.areas) {
      const count = reference.crimes.get(lsoa21cd)?.['Violence and sexual offences'] ?? 0;
      violence.set(lad24cd, (violence.get(lad24cd) ?? 0) + count);
    }
    const real = [...violence.values()].reduce((sum, count) => sum + count, 0);
    const made = of('police-involvements').filter(({ values }) => values['ho_offence_code'] === '105A');
    for (const district of districts) {
      const here = made.filter(({ places }) => places[1]?.place.lad24cd === district).length / made.length;
      expect(Math.abs(here - (violence.get(district) ?? 0) / real)).toBeLessThan(0.03);
    }
  });
});

function kindOf(values: Readonly<Record<string, string>>): string | null {
  const holds = {
    none: true,
    knife: values['knife_flag'] === 'Y',
    firearm: values['firearm_flag'] === 'Y',
    county_lines: values['county_lines_flag'] === 'Y',
  };
  const found = definition.kinds.find(({ offences }) =>
    offences.some(({ code, needs }) => code === values['ho_offence_code'] && holds[needs]),
  );
  return found?.kind ?? null;
}
