/** What an author writes in sql/reports/<id>/definition.yaml: the part of an agreement that a person decides. */

import { z } from 'zod';

import { hidesSomething } from './strict-json.ts';

const kebab = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const column = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);

/**
 * Prose partners read before they sign. Letters of one script only, so that none passes for another (a Cyrillic
 * "а" in an English word), and no full-width or mathematical forms of ordinary letters.
 */
const prose = z
  .string()
  .min(1)
  .max(4000)
  .refine((text) => !hidesSomething(text), 'holds an invisible or direction-changing character')
  .refine(
    (text) =>
      !/[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]|[\uff00-\uffef\u{1d400}-\u{1d7ff}]/u.test(
        text,
      ),
    'holds a letter that looks like another',
  );

/** Sources a parameter may be bound from. The caller of a release chooses none of them. */
const PARAMETER_SOURCES = [
  'period_start',
  'period_end',
  'snapshot',
  'definition_version',
  'retention_floor',
] as const;

const OUTPUT_ROLES = [
  'area',
  'area-name',
  'category',
  'category-label',
  'period',
  'measure',
  'persons',
] as const;

const measureSchema = z.strictObject({ count: column, persons: column, part_of: column.optional() });
const rateSchema = z.strictObject({ name: column, label: prose, numerator: column, denominator: column });

const disclosureSchema = z.strictObject({
  /** A count is unsafe while 1 to threshold - 1 distinct persons stand behind it. */
  threshold: z.int().min(3).max(100),
  round_to: z.int().min(1).max(100),
  symbol: z.literal('[c]'),
  measures: z.array(measureSchema).min(1),
  rates: z.array(rateSchema).optional(),
  /** Rates are given only where the released denominator is at least this. */
  minimum_denominator: z.int().min(10).max(10_000).optional(),
  totals: prose,
});
type DisclosureSettings = z.infer<typeof disclosureSchema>;

const calendarSchema = z.strictObject({
  frequency: z.enum(['monthly', 'quarterly']),
  /** Day of the month after the period's end on which the report is released. */
  day: z.int().min(1).max(28),
  covers: z.union([
    z.strictObject({ complete_quarters: z.int().min(1).max(24) }),
    z.strictObject({ complete_months: z.int().min(1).max(72) }),
  ]),
});

export const reportSchema = z
  .strictObject({
    id: kebab,
    version: z.int().positive(),
    title: prose,
    purpose: prose,
    level: z.union([z.literal(1), z.literal(2)]),
    lawful_basis: prose,
    gateway: prose,
    kind: z.literal('counts'),
    serious_violence_definition: z.string().regex(/^[a-z-]+\.v[0-9]+$/),
    risk_factor_definition: z
      .string()
      .regex(/^[a-z-]+\.v[0-9]+$/)
      .optional(),
    parameters: z.array(
      z.strictObject({ name: column, type: z.enum(['date', 'varchar']), from: z.enum(PARAMETER_SOURCES) }),
    ),
    geography: z.strictObject({ unit: prose, vintage: prose, tables: z.array(column) }),
    output: z.array(
      z.strictObject({
        name: column,
        type: z.enum(['varchar', 'date', 'bigint', 'integer', 'double', 'boolean']),
        role: z.enum(OUTPUT_ROLES),
        classification: kebab,
        description: prose,
      }),
    ),
    disclosure: disclosureSchema,
    calendar: calendarSchema,
    recipients: z.array(z.strictObject({ partner: kebab, role: kebab })).min(1),
    output_retention_days: z.int().positive().max(2192),
    expires: z.strictObject({ rule: z.literal('six-monthly-review'), months: z.int().min(1).max(6) }),
    notes: z.array(prose),
  })
  .superRefine((report, context) => {
    const fault = disclosureFault(report);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  });
export type ReportDeclaration = z.infer<typeof reportSchema>;

/** Every number that can be printed must be one that disclosure control judges. */
function disclosureFault(report: {
  readonly output: readonly { readonly name: string; readonly role: string }[];
  readonly disclosure: DisclosureSettings;
}): string | null {
  const columns = new Set(report.output.map(({ name }) => name));
  if (columns.size < report.output.length) return 'an output column is named twice';
  const judged = new Set(report.disclosure.measures.map(({ count }) => count));
  const unjudged = report.output.find(({ name, role }) => role === 'measure' && !judged.has(name));
  if (unjudged !== undefined) return `no disclosure rule judges the measure ${unjudged.name}`;
  const named = report.disclosure.measures.flatMap(({ count, persons, part_of }) => [
    count,
    persons,
    ...(part_of === undefined ? [] : [part_of]),
  ]);
  const unknown = named.find((name) => !columns.has(name));
  if (unknown !== undefined) return `disclosure names ${unknown}, which is not an output column`;
  const unprotected = (report.disclosure.rates ?? [])
    .flatMap(({ numerator, denominator }) => [numerator, denominator])
    .find((name) => !judged.has(name));
  return unprotected === undefined ? null : `a rate uses ${unprotected}, which no disclosure rule judges`;
}
