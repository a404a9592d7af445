/** Each rule of the lint of agreed SQL with statements it accepts and statements it refuses. */
import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { REMEDIES, type Rule } from '../../pipeline/sql-lint/findings.ts';
import { lintSql } from '../../pipeline/sql-lint/lint-sql.ts';
import { readSchema } from '../../pipeline/sql-lint/schema.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const schema = readSchema(read('sql/schema/linked.yaml'));

const HEADER = '-- What the statement means, in one line.\n-- One row per district; parameters: snapshot.\n';
const lint = (statement: string): ReturnType<typeof lintSql> => lintSql(HEADER + statement, schema);
const rulesOf = (statement: string): readonly Rule[] => [
  ...new Set(lint(statement).findings.map(({ rule }) => rule)),
];

/** A small select over events with `expression` as its only computed column. */
const computing = (expression: string): string =>
  `select event_record.code, ${expression} as answer\nfrom event_record where event_record.snapshot = ? ` +
  'group by event_record.code, event_record.event_date, event_record.knife order by code, answer';
const where = (condition: string): string =>
  `select event_record.code, count(*) as found\nfrom event_record where event_record.snapshot = ? and ${condition}\ngroup by event_record.code order by code`;

const CASES: Readonly<
  Partial<Record<Rule, { readonly accepted: readonly string[]; readonly refused: readonly string[] }>>
> = {
  star: {
    accepted: [where('true')],
    refused: [
      'select * from area where snapshot = ? order by lad24cd',
      'select area.* from area where area.snapshot = ? order by lad24cd',
      where('event_record.record_ref in (select * from area where area.snapshot = ?)'),
    ],
  },
  alias: {
    accepted: [
      'select distinct area.lad24cd as district from area where area.snapshot = ? order by district',
    ],
    refused: [
      'select area.lad24cd, count(*) from area where area.snapshot = ? group by area.lad24cd order by lad24cd',
      'select aa.lad24cd as x from area as aa where aa.snapshot = ? order by x',
      'select a.lad24cd from area as a where a.snapshot = ? order by lad24cd',
      'select area.lad24cd, area.lad24nm as lad24cd from area where area.snapshot = ? order by lad24cd',
    ],
  },
  'order-by': {
    accepted: [
      'select area.lad24cd, area.lad24nm, count(*) as areas from area where area.snapshot = ? group by area.lad24cd, area.lad24nm order by lad24cd desc, lad24nm',
    ],
    refused: [
      'select area.lad24cd from area where area.snapshot = ?',
      'select area.lad24cd, area.lad24nm from area where area.snapshot = ? order by lad24cd',
      'select area.lad24cd from area where area.snapshot = ? order by 1',
      'select count(*) as areas, area.lad24cd from area where area.snapshot = ? group by area.lad24cd order by areas',
    ],
  },
  function: {
    accepted: [
      'count(distinct event_record.record_ref)',
      'min(event_record.event_date)',
      'upper(event_record.code)',
      'extract(year from event_record.event_date)',
      "date_diff('year', event_record.event_date, date '2026-01-01')",
    ].map(computing),
    refused: [
      'avg(length(event_record.code))',
      "concat(event_record.code, 'x')",
      'substr(event_record.code, 1)',
      'extract(dow from event_record.event_date)',
      "read_text('x')",
      "current_setting('x')",
      'max_by(event_record.code, event_record.event_date)',
    ].map(computing),
  },
  clock: {
    accepted: [where('event_record.event_date < cast(? as date)')],
    refused: [
      where('event_record.event_date < current_date'),
      where('event_record.event_date < cast(now() as date)'),
      where('event_record.event_date < current_timestamp'),
    ],
  },
  'time-zone': {
    accepted: [where("event_record.event_date < date '2026-01-01'")],
    refused: [
      where("event_record.event_date at time zone 'Europe/London' < date '2026-01-01'"),
      where('at_timezone(event_record.event_date) is null'),
    ],
  },
  random: {
    accepted: [where('true')],
    refused: [
      where('random() < 1'),
      'select area.lad24cd from area tablesample bernoulli (10) where area.snapshot = ? order by lad24cd',
    ],
  },
  approximate: {
    accepted: [computing('count(distinct event_record.code)')],
    refused: [computing('approx_distinct(event_record.code)')],
  },
  literal: {
    accepted: [
      where("event_record.code in ('1', '2')"),
      where('length(event_record.code) > 2'),
      computing('round(cast(count(*) as double) / 1e1, 1)'),
    ],
    refused: [
      where('length(event_record.code) > 2.5'),
      where("event_record.event_date < date '2026-02-30'"),
      where("event_record.event_date < date '1 May 2026'"),
    ],
  },
  'implicit-cast': {
    accepted: [
      where("event_record.event_date between date '2026-01-01' and cast(? as date)"),
      where('event_record.knife = true'),
    ],
    refused: [
      where("event_record.event_date < '2026-01-01'"),
      where("event_record.knife = 'yes'"),
      where('event_record.code = 1'),
      where('event_record.code in (1, 2)'),
      where("coalesce(event_record.event_date, '2026-01-01') is null"),
    ],
  },
  division: {
    accepted: [
      computing('round(cast(count(*) as double) / count(distinct event_record.code), 1)'),
      computing('round(100 * cast(count(*) as double) / 7, 1)').replace(
        '100 * cast(count(*) as double) / 7',
        '100 * (cast(count(*) as double) / 7)',
      ),
    ],
    refused: [
      computing('count(*) / 2'),
      computing('cast(count(*) as double) / 2'),
      computing('round(count(*) / 2, 1)'),
      computing('round(1e0 * count(*) / 2, 1)'),
    ],
  },
  'cast-type': {
    accepted: [computing('cast(count(*) as double)')],
    refused: [
      computing('cast(event_record.code as integer)'),
      computing('cast(event_record.event_date as timestamp)'),
      computing('cast(count(*) as varchar)'),
    ],
  },
  'date-arithmetic': {
    accepted: [
      computing("cast(event_record.event_date + interval '3' month as date)"),
      computing("cast(date_trunc('quarter', event_record.event_date) as date)"),
    ],
    refused: [
      computing("event_record.event_date + interval '1' day"),
      computing("date_trunc('quarter', event_record.event_date)"),
    ],
  },
  table: {
    accepted: [
      'with chosen as (select area.lad24cd from area where area.snapshot = ?) select distinct chosen.lad24cd from chosen order by lad24cd',
    ],
    refused: [
      'select person.forename from person order by forename',
      'select released_cells.value from released_cells order by value',
      'with area as (select risk_factor.code from risk_factor where risk_factor.snapshot = ?) select area.code from area order by code',
      'select area.lad24cd from area inner join area on area.snapshot = ? where area.snapshot = ? order by lad24cd',
    ],
  },
  column: {
    accepted: [where('event_record.occurrence_ref is not null')],
    refused: [
      where('event_record.forename is null'),
      where('nothing.code is null'),
      'select event_record.record_ref from event_record inner join person_record on event_record.record_ref = person_record.record_ref where event_record.snapshot = ? and person_record.snapshot = ? and collection_date is null order by record_ref',
    ],
  },
  snapshot: {
    accepted: [
      'select area.lad24cd from area left join risk_factor on risk_factor.code = area.lad24cd and risk_factor.snapshot = ? where area.snapshot = ? order by lad24cd',
      'select area.lad24cd from area where snapshot = ? order by lad24cd',
    ],
    refused: [
      'select area.lad24cd from area order by lad24cd',
      "select area.lad24cd from area where area.snapshot = 'snap-1' order by lad24cd",
      'select area.lad24cd from area where area.snapshot in (?) order by lad24cd',
      'select area.lad24cd from area where area.snapshot = ? or true order by lad24cd',
      'select area.lad24cd from area where not area.snapshot = ? order by lad24cd',
      'select area.lad24cd from area where area.snapshot = ? and area.snapshot = ? order by lad24cd',
      'select area.lad24cd, area.snapshot from area where area.snapshot = ? order by lad24cd, snapshot',
      'select area.lad24cd from area left join risk_factor on area.snapshot = ? and risk_factor.snapshot = ? order by lad24cd',
      'select area.lad24cd from area full join risk_factor on risk_factor.snapshot = ? where area.snapshot = ? order by lad24cd',
      'select area.lad24cd from area inner join risk_factor on area.snapshot = risk_factor.snapshot where area.snapshot = ? order by lad24cd',
    ],
  },
  'single-statement': {
    accepted: [where('true')],
    refused: [`${where('true')};`, `${where('true')}; ${where('true')}`],
  },
  'lower-case': {
    accepted: [where('true')],
    refused: [where('true').replace('select', 'SELECT'), where('event_record."code" is null')],
  },
  comment: { accepted: [`${where('true')} -- a remark`], refused: [`${where('true')} /* a remark */`] },
  syntax: {
    accepted: [
      where('true'),
      `${where('true').replace(' order by code', '')} union all ${where('true').replace('order by code', 'order by code, found')}`,
    ],
    refused: [
      '',
      'delete from area',
      'copy area to x',
      'select area.lad24cd from area, risk_factor where area.snapshot = ? order by lad24cd',
      'select area.lad24cd from tvt_linked.area where area.snapshot = ? order by lad24cd',
      "select content from read_text('/etc/hosts') order by content",
      'select area.lad24cd from area where area.snapshot = ? order by lad24cd limit 1',
      'select area.lad24cd from area where area.snapshot = ? order by lad24cd offset 1',
      'with recursive numbers as (select 1 as number) select numbers.number from numbers order by number',
      where("event_record.code ~ 'x'"),
      where('event_record.code::date is null'),
      where("event_record.code = 'open"),
      where('count(distinct (event_record.code, event_record.role)) > 1'),
    ],
  },
};

describe('the lint of agreed SQL', () => {
  const rows = (kind: 'accepted' | 'refused'): readonly (readonly [Rule, string])[] =>
    Object.entries(CASES).flatMap(([rule, cases]) =>
      cases[kind].map((statement) => [rule as Rule, statement] as const),
    );

  it.each(rows('accepted'))('accepts, under the rule %s: %s', (_rule, statement) => {
    expect(lint(statement).findings).toEqual([]);
  });

  it.each(rows('refused'))('refuses, by the rule %s: %s', (rule, statement) => {
    expect(rulesOf(statement)).toContain(rule);
    expect(lint(statement).ok).toBe(false);
  });

  it('has a case for every rule', () => {
    const elsewhere: readonly Rule[] = ['characters', 'header', 'length'];
    expect([...Object.keys(CASES), ...elsewhere].toSorted()).toEqual(Object.keys(REMEDIES).toSorted());
  });

  it.each([
    ['a right-to-left override', '\u202e'],
    ['a Cyrillic letter that looks Latin', '\u0430'],
    ['a space without width', '\u200b'],
    ['a no-break space', '\u00a0'],
    ['a full-width quote', '\uff07'],
    ['a carriage return', '\r'],
    ['a tab', '\t'],
    ['a character outside the basic plane', '\u{1d41a}'],
  ])('refuses %s anywhere, comments and strings included', (_name, character) => {
    for (const statement of [
      where(`event_record.code = '${character}'`),
      `${where('true')} -- ${character}`,
      where(`true${character}`),
    ]) {
      expect(rulesOf(statement)).toContain('characters');
    }
  });

  it('refuses a statement without its two header lines, or too long or wide to read', () => {
    const rules = (text: string): readonly string[] => lintSql(text, schema).findings.map(({ rule }) => rule);

    expect(rules(where('true'))).toContain('header');
    expect(rules(`-- only one line of header here\n${where('true')}`)).toContain('header');
    expect(rules(`${HEADER}${'\n'.repeat(120)}${where('true')}`)).toContain('length');
    expect(rules(`${HEADER}${where(`true${' '.repeat(200)}`)}`)).toContain('length');
  });

  it('names where a finding is and how to put it right', () => {
    expect(lint(where('true\n  and event_record.forename is null')).findings).toEqual([
      {
        line: 5,
        column: 7,
        rule: 'column',
        message: 'no column event_record.forename here',
        remedy: REMEDIES.column,
      },
    ]);
  });

  it('never takes the inside of a string or a comment for SQL', () => {
    expect(lint(where("event_record.code = 'now(); select * -- /*'")).findings).toEqual([]);
    expect(lint(`${where('true')} -- select * from person; random()`).findings).toEqual([]);
  });

  it.each(['serious-violence-by-district', 'risk-factors-before-violence'])(
    'accepts %s, and lists what it reads',
    (id) => {
      const result = lintSql(read(`sql/reports/${id}/query.sql`), schema);

      expect(result.findings).toEqual([]);
      expect(result.parameters).toBe(9);
      expect(result.tables).toContain('event_record');
      expect(result.columns).toContain('person_record.restricted');
    },
  );

  it('judges any text without throwing, and accepts none that an edit made unreadable', () => {
    const agreed = read('sql/reports/serious-violence-by-district/query.sql');
    fc.assert(
      fc.property(fc.nat(agreed.length), fc.nat(40), fc.string({ maxLength: 12 }), (at, cut, put) => {
        const edited = agreed.slice(0, at) + put + agreed.slice(at + cut);
        const result = lintSql(edited, schema);
        expect(result.ok).toBe(result.findings.length === 0);
      }),
      { numRuns: 300 },
    );
  });
});
