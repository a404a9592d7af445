/** What the reports' declarations, their SQL and the code lists promise one another. */
import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { lintSql } from '../../pipeline/sql-lint/lint-sql.ts';
import { ask, linkedSchema, openTiny, reportSql, SNAPSHOT } from './tiny-tables.ts';

const root = new URL('../../', import.meta.url);
const yaml = (path: string): unknown => parse(readFileSync(new URL(path, root), 'utf8'));
const reports = readdirSync(new URL('sql/reports/', root));

const declaration = z.object({
  id: z.string(),
  level: z.number(),
  parameters: z.array(z.object({ name: z.string(), type: z.string(), from: z.string() })),
  output: z.array(z.object({ name: z.string(), type: z.string(), role: z.string() })),
  disclosure: z.object({ threshold: z.number(), round_to: z.number(), symbol: z.string() }),
});
const declared = (id: string): z.infer<typeof declaration> =>
  declaration.parse(yaml(`sql/reports/${id}/definition.yaml`));

describe.each(reports)('the report %s', (id) => {
  it('declares its parameters in the order of the question marks, a snapshot for every table', () => {
    const { parameters } = declared(id);
    const lint = lintSql(reportSql(id), linkedSchema);

    expect(parameters).toHaveLength(lint.parameters);
    expect(parameters.filter(({ from }) => from === 'snapshot')).toHaveLength(lint.tables.length);
    const casts = [...reportSql(id).matchAll(/cast\(\? as date\)|(?:\w+\.)?(\w+) = \?/g)].map(
      (mark) => mark[1] ?? 'date',
    );
    const expected = {
      period_start: 'date',
      period_end: 'date',
      snapshot: 'snapshot',
      definition_version: 'definition_version',
      retention_floor: 'date',
    };
    expect(casts).toEqual(parameters.map(({ from }) => expected[from as keyof typeof expected]));
  });

  it('declares its output columns by name, in order', async () => {
    const { parameters, output } = declared(id);
    const values = parameters.map(({ type }) => (type === 'date' ? '2026-01-01' : SNAPSHOT));
    const database = await openTiny({});
    const answer = await database.runAndReadAll(reportSql(id), values);

    expect(answer.columnNames()).toEqual(output.map(({ name }) => name));
    expect(await ask(database, reportSql(id), values)).toEqual([]);
  });

  it('withholds 1 to 7 persons and rounds to 5, as agreed', () => {
    expect(declared(id)).toMatchObject({
      id,
      level: 1,
      disclosure: { threshold: 8, round_to: 5, symbol: '[c]' },
    });
  });

  it('stays within what a person can read: 80 lines', () => {
    expect(reportSql(id).trimEnd().split('\n').length).toBeLessThanOrEqual(80);
  });
});

describe('the local definition of serious violence', () => {
  const definition = z
    .object({
      considered: z.record(z.string(), z.string()),
      kinds: z.array(
        z.object({ kind: z.string(), offences: z.array(z.object({ code: z.string(), needs: z.string() })) }),
      ),
      excluded: z.array(z.object({ code: z.string(), reason: z.string() })),
    })
    .parse(yaml('contracts/definitions/serious-violence.v1.yaml'));
  const codes = definition.kinds.flatMap(({ offences }) => offences.map(({ code }) => code));

  it('puts a code under one kind only, and none that it excludes', () => {
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => definition.excluded.some((excluded) => excluded.code === code))).toEqual(
      [],
    );
  });

  it('leaves out the simple possession of a knife', () => {
    expect(definition.excluded.map(({ code }) => code)).toContain('10D');
  });

  it('knows only the needs the reports judge', () => {
    const needs = new Set(
      definition.kinds.flatMap(({ offences }) => offences.map((offence) => offence.needs)),
    );
    const judged = new Set(['none', 'knife', 'firearm', 'county_lines']);
    expect([...needs].filter((need) => !judged.has(need))).toEqual([]);
    for (const id of reports)
      for (const need of judged) expect(reportSql(id)).toContain(`definition.needs = '${need}'`);
  });

  it('answers each consideration of section 13(6)', () => {
    expect(Object.keys(definition.considered).toSorted()).toEqual([
      'impact_on_community',
      'impact_on_victim',
      'maximum_penalty',
      'prevalence',
    ]);
  });
});

describe('the risk factors', () => {
  const { factors } = z
    .object({
      factors: z.array(z.object({ factor: z.string(), event_type: z.string(), codes: z.array(z.string()) })),
    })
    .parse(yaml('contracts/definitions/risk-factors.v1.yaml'));

  it('never speak of health, alcohol, drugs or disability (section 16(4))', () => {
    const withheld = /^(?:[12456][A-C]|15A)$/;
    expect(factors.flatMap(({ codes }) => codes).filter((code) => withheld.test(code))).toEqual([]);
  });

  it('give a code to one factor, and a factor to one kind of agency', () => {
    const codes = factors.flatMap(({ event_type, codes: own }) => own.map((code) => `${event_type} ${code}`));
    expect(new Set(codes).size).toBe(codes.length);
    expect(new Set(factors.map(({ factor }) => factor)).size).toBe(factors.length);
  });
});
