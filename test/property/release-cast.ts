/** Made-up results of both reports, and the facts a pack prints beside them. Nobody in them exists. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse } from 'yaml';

import { reportSchema, type ReportDeclaration } from '../../pipeline/agreement/report-declaration.ts';
import type { Release } from '../../pipeline/release/release-facts.ts';

const reportOf = (id: string): ReportDeclaration =>
  reportSchema.parse(parse(readFileSync(`sql/reports/${id}/definition.yaml`, 'utf8')));
export const REPORT_A = reportOf('serious-violence-by-district');
export const REPORT_B = reportOf('risk-factors-before-violence');

interface Topology {
  readonly objects: {
    readonly areas: { readonly geometries: readonly { id: string; properties: { name: string } }[] };
  };
}
export const DISTRICTS = JSON.parse(
  readFileSync('contracts/reference/districts.topo.json', 'utf8'),
) as Topology;
export const KINDS = ['Homicide and grievous harm', 'Knife-involved violence', 'County lines'];
const QUARTERS = ['2026-04-01', '2026-07-01'];
export const FACTORS = ['gangs', 'missing', 'neglect'];

export const facts = (report: ReportDeclaration): Omit<Release, 'table'> => ({
  release: 'release-1',
  releasedAt: '2026-11-24T02:00:00.000Z',
  report,
  period: { id: '2026-Q3', start: '2026-04-01', end: '2026-10-01' },
  snapshot: {
    snapshot: 's-1',
    publishedAt: '2026-11-24T01:00:00.000Z',
    extracted: {
      'thames-valley-police/police-involvements': '2026-11-22',
      'pretend-fire/fire-home-visits': null,
    },
  },
  definition: {
    digest: 'ab'.repeat(32),
    expires: '2027-05-24T00:00:00.000Z',
    sql: 'select 1 < 2',
    registerDigest: 'cd'.repeat(32),
  },
  agreedBy: [
    {
      partner: 'thames-valley-police',
      name: 'Thames Valley Police',
      signer: 'tvp-approver',
      signedAt: '2026-11-23T10:00:00.000Z',
      expires: '2027-05-24T00:00:00.000Z',
    },
  ],
  seriousViolence: { id: 'serious-violence.v1', title: 'Local definition', statement: 'Words.' },
  partnerNames: { 'thames-valley-police': 'Thames Valley Police' },
  districts: DISTRICTS,
});

/** One cell of report A: how many offences, and persons behind them. */
export interface CountOfA {
  readonly offences: number;
  readonly persons: number;
}
export const placesOfA = DISTRICTS.objects.areas.geometries.flatMap(({ id, properties }) =>
  KINDS.flatMap((kind) => QUARTERS.map((quarter) => ({ code: id, name: properties.name, kind, quarter }))),
);
const quoted = (values: readonly (string | number)[]): string =>
  values.map((value) => `"${value}"`).join(',');
export const csvOfA = (counts: readonly CountOfA[]): string =>
  [
    REPORT_A.output.map(({ name }) => name),
    ...placesOfA.map(({ code, name, kind, quarter }, index) => [
      code,
      name,
      kind,
      quarter,
      counts[index]?.offences ?? 0,
      counts[index]?.persons ?? 0,
    ]),
  ]
    .map(quoted)
    .join('\n') + '\n';

export interface CountOfB {
  readonly known: number;
  readonly withFactor: number;
}
/** Two groups for each factor: violent first, others second. */
export const csvOfB = (counts: readonly (readonly [CountOfB, CountOfB])[]): string =>
  [
    REPORT_B.output.map(({ name }) => name),
    ...counts.map(([violent, others], index) => [
      FACTORS[index] ?? '',
      `Factor ${index}`,
      violent.withFactor,
      violent.known,
      others.withFactor,
      others.known,
    ]),
  ]
    .map(quoted)
    .join('\n') + '\n';

/** Small cells are the point, so most are small. */
const people = fc.oneof(
  { weight: 3, arbitrary: fc.nat(9) },
  { weight: 2, arbitrary: fc.nat(60) },
  fc.nat(900),
);
export const countOfA: fc.Arbitrary<CountOfA> = people.chain((persons) =>
  persons === 0
    ? fc.constant({ offences: 0, persons: 0 })
    : fc.integer({ min: 1, max: Math.max(1, persons * 2) }).map((offences) => ({ offences, persons })),
);
export const countsOfA = fc.array(countOfA, { minLength: placesOfA.length, maxLength: placesOfA.length });
const countOfB: fc.Arbitrary<CountOfB> = people.chain((known) =>
  fc.oneof(fc.nat(known), fc.constant(known)).map((withFactor) => ({ known, withFactor })),
);
export const countsOfB = fc.array(fc.tuple(countOfB, countOfB), {
  minLength: FACTORS.length,
  maxLength: FACTORS.length,
});
