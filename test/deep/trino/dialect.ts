/** One statement for every function the lint allows, on values where engines like to differ: the list is only as good as this. */

/** By function: expressions over `t (day, other, word, whole, part, flag)`, one value a row. */
export const EXPRESSIONS: Readonly<Record<string, readonly string[]>> = {
  abs: ['abs(whole)', 'abs(cast(whole as double))'],
  coalesce: ["coalesce(word, upper(word), 'none')", 'coalesce(day, other)'],
  count: ['count(*)', 'count(word)', 'count(distinct word)', 'count(distinct case when flag then word end)'],
  date_diff: [
    "date_diff('year', day, other)",
    "date_diff('month', day, other)",
    "date_diff('day', day, other)",
    "date_diff('quarter', day, other)",
  ],
  date_trunc: [
    "cast(date_trunc('quarter', day) as date)",
    "cast(date_trunc('month', day) as date)",
    "cast(date_trunc('year', day) as date)",
    "cast(date_trunc('week', day) as date)",
  ],
  dense_rank: ['dense_rank() over (order by word, day)'],
  extract: [
    'extract(year from day)',
    'extract(quarter from day)',
    'extract(month from day)',
    'extract(day from day)',
  ],
  lag: ['lag(whole) over (order by part)', 'lag(whole, 2) over (order by part)'],
  lead: ['lead(whole) over (order by part)'],
  length: ['length(word)'],
  lower: ['lower(word)'],
  max: ['max(word)', 'max(day)', 'max(whole)'],
  min: ['min(word)', 'min(day)', 'min(whole)'],
  nullif: ["nullif(word, 'a')", 'nullif(whole, 3)'],
  rank: ['rank() over (order by word)', 'rank() over (partition by flag order by word desc)'],
  round: [
    'round(cast(whole as double) / part, 1)',
    'round(cast(whole as double) / 7, 3)',
    'round(25e-1)',
    'round(-25e-1)',
    'round(125e-2, 1)',
  ],
  row_number: ['row_number() over (order by part)'],
  sum: ['sum(whole)', 'sum(cast(whole as double))', 'sum(case when flag then 1 else 0 end)'],
  trim: ['trim(word)'],
  upper: ['upper(word)'],
};

/** What the grammar allows beside functions. */
export const OPERATORS: readonly string[] = [
  "cast(day + interval '3' month as date)",
  "cast(day + interval '1' month * whole as date)",
  "cast(day - interval '1' year as date)",
  "cast(day + interval '1' day as date)",
  "cast('2026-02-28' as date)",
  'day < other',
  "day between date '2024-02-29' and date '2026-12-31'",
  'whole % 4',
  '-whole',
  'whole * part - 2',
  "word || '-' || word",
  "word like 'b%'",
  "word in ('a', 'B')",
  "word not in ('a', 'B')",
  'word is distinct from upper(word)',
  'flag and word is not null',
  'not flag or flag',
  "case word when 'a' then 1 when 'b' then 2 else 3 end",
  'case when whole > 2 then whole end',
];

const ROWS = `(values
    (date '2000-11-24', date '2026-11-23', 'a', 7, 1, true),
    (date '2024-02-29', date '2025-02-28', 'b ', 5, 2, false),
    (date '2024-01-31', date '2024-02-29', 'B', 3, 3, true),
    (date '2025-12-31', date '2026-01-01', '', 0, 4, false),
    (date '2026-03-31', date '2026-03-30', 'zebra', -3, 5, true),
    (cast(null as date), date '2026-01-01', cast(null as varchar), cast(null as integer), 6, cast(null as boolean))
) as t (day, other, word, whole, part, flag)`;

/** A statement per expression; an aggregate answers one row, everything else one per input row. */
export function dialectStatements(): readonly string[] {
  const perRow = (expression: string): string =>
    `select part, ${expression} as answer from ${ROWS} order by part`;
  return [
    ...Object.entries(EXPRESSIONS).flatMap(([name, expressions]) =>
      expressions.map((expression) =>
        ['count', 'sum', 'min', 'max'].includes(name)
          ? `select ${expression} as answer from ${ROWS}`
          : perRow(expression),
      ),
    ),
    ...OPERATORS.map(perRow),
    `select word, count(*) as found from ${ROWS} group by word order by word`,
    `select word, count(*) as found from ${ROWS} group by word order by word desc`,
    `select flag, sum(whole) as total from ${ROWS} group by flag having count(*) > 0 order by flag`,
    `select word from ${ROWS} where whole > 2 union select word from ${ROWS} where whole <= 2 order by word`,
    `select word from ${ROWS} except select 'a' as word from ${ROWS} order by word`,
  ];
}
