/** A table as somebody hands it in: inner cells and hierarchies; every total and every equation follows from them. */

import { z } from 'zod';

import { Lattice, nameOf, type Equation, type GivenCell } from './lattice.ts';

const code = z.string().min(1).max(100);
const dimension = z.strictObject({ root: code, children: z.record(code, z.array(code).min(1)) });
const amount = z.number().nonnegative();
const documentSchema = z.strictObject({
  dims: z.array(dimension).min(1).max(6),
  cells: z.array(z.unknown()),
  primary: z.array(z.array(code)).optional(),
  linked: z.array(z.strictObject({ dims: z.array(dimension).min(1).max(6) })).optional(),
  settings: z
    .strictObject({
      threshold: z.number().positive().optional(),
      protection: z.strictObject({ lower: amount, upper: amount }).optional(),
      minimise: z.enum(['count', 'value']).optional(),
    })
    .optional(),
});
const cellSchema = z.strictObject({
  cell: z.array(code),
  value: z.number(),
  by: z.record(code, z.number()).optional(),
});

export interface SuppressionTable {
  readonly cells: readonly (readonly string[])[];
  /** Whole numbers of 1/scale, so that sums are exact. */
  readonly values: Float64Array;
  readonly scale: number;
  /** What each partner supplied of each cell, totals included. */
  readonly by: ReadonlyMap<string, Float64Array>;
  readonly equations: readonly Equation[];
  readonly primary: ReadonlySet<number>;
  readonly protection: { readonly lower: number; readonly upper: number };
  readonly minimise: 'count' | 'value';
}
export type TableDocument =
  { readonly ok: true; readonly table: SuppressionTable } | { readonly ok: false; readonly sentence: string };

/** Unsafe is 0 < value < threshold; the default is the threshold of the reports (NHS practice: 1 to 7 withheld). */
const THRESHOLD = 8;

export function readTableDocument(input: unknown): TableDocument {
  const parsed = documentSchema.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refused(
      `The table does not have the expected form, at ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  }
  const { dims, primary, linked = [], settings = {} } = parsed.data;
  const given: GivenCell[] = [];
  for (const [index, raw] of parsed.data.cells.entries()) {
    const cell = cellSchema.safeParse(raw);
    if (!cell.success) return refused(`${whichCell(raw, index)}: ${cell.error.issues[0]?.message ?? ''}.`);
    given.push(cell.data);
  }
  const { threshold = THRESHOLD, protection = { lower: threshold, upper: threshold } } = settings;
  const scale = scaleOf([
    ...given.flatMap(({ value, by = {} }) => [value, ...Object.values(by)]),
    threshold,
    protection.lower,
    protection.upper,
  ]);
  const lattice = Lattice.of([dims, ...linked.map((other) => other.dims)], scale);
  if (typeof lattice === 'string') return refused(lattice);
  const fault = lattice.fill(given);
  if (fault !== null) return refused(fault);
  const named = primary?.map((cell) => lattice.indexOf(cell));
  const unknown = named?.indexOf(undefined) ?? -1;
  if (unknown !== -1) return refused(`There is no cell ${nameOf(primary?.[unknown] ?? [])} to withhold.`);
  return {
    ok: true,
    table: {
      cells: lattice.cells,
      values: Float64Array.from(lattice.values),
      scale,
      by: new Map([...lattice.by].map(([partner, own]) => [partner, Float64Array.from(own)])),
      equations: lattice.equations,
      primary: new Set(named?.filter((index) => index !== undefined) ?? lattice.unsafe(threshold * scale)),
      protection: {
        lower: Math.round(protection.lower * scale),
        upper: Math.round(protection.upper * scale),
      },
      minimise: settings.minimise ?? 'count',
    },
  };
}

const refused = (sentence: string): TableDocument => ({ ok: false, sentence });

/** A cell that cannot be read is named by its codes where it has any. */
function whichCell(raw: unknown, index: number): string {
  const named = z.object({ cell: z.array(z.string()) }).safeParse(raw);
  return named.success
    ? `The cell ${nameOf(named.data.cell)} cannot be read`
    : `Cell number ${index + 1} cannot be read`;
}

/** More decimals than anybody publishes; below, sums of scaled values stay exact. */
const DECIMALS = 6;

function scaleOf(values: readonly number[]): number {
  const decimals = values.map((value) => {
    const [, fraction = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
    return Math.max(0, fraction.length - Number(exponent));
  });
  return (
    10 **
    Math.min(
      DECIMALS,
      decimals.reduce((most, count) => Math.max(most, count), 0),
    )
  );
}
