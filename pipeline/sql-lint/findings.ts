/** What the lint may find: a closed set of rules, each with the sentence that says how to put it right. */
import type { Token } from './tokens.ts';

export interface Finding {
  readonly line: number;
  readonly column: number;
  readonly rule: Rule;
  readonly message: string;
  readonly remedy: string;
}

export type Rule = keyof typeof REMEDIES;

export const REMEDIES = {
  characters: 'Write plain printable ASCII with line feeds only.',
  header: 'Begin with two comment lines: what the statement means; its grain and parameters.',
  comment: 'Use -- comments: the engines read nested block comments differently.',
  'single-statement': 'Keep one statement, without a semicolon.',
  length: 'Keep a statement within 100 lines of at most 160 characters, so that those who sign can read it.',
  syntax:
    'Use only what both engines read alike: with, select, joins spelt out, group by, set operations, order by.',
  'lower-case': 'Write keywords and names in lower case, without quotation marks.',
  star: 'Name each column: a star changes its meaning when a table grows.',
  alias: 'Give every computed column an alias with `as`, of two letters or more.',
  'order-by': 'End with an order by that names every output column which is not an aggregate.',
  function: 'Use an allowed function; each was seen to answer alike on Athena’s engine and on DuckDB.',
  clock: 'Bind the date as a parameter: a report must answer the same whenever it runs.',
  'time-zone': 'Do time-zone sums before publishing; the linked tables hold dates.',
  random: 'Leave chance out of an agreed report.',
  approximate: 'Use an exact aggregate: approximate ones differ between engines and runs.',
  literal: "Use ? or a typed literal: a whole number, a string, or date 'YYYY-MM-DD'; 1e-1 instead of 0.1.",
  'implicit-cast': "Compare like with like: write date 'YYYY-MM-DD' or cast the value.",
  division:
    'Write round(cast(x as double) / y, digits): decimal and whole-number division differ between engines.',
  'cast-type': 'Cast to date or double only; other casts round or spell values differently.',
  'date-arithmetic': 'Wrap it in cast(... as date): one engine answers a timestamp.',
  table: 'Read tables of the linked schema by their bare names.',
  column: 'Name columns the tables in this select have; qualify them where two have the same.',
  snapshot: 'Give every table its own `<table>.snapshot = ?` in where, or in the on of its own join.',
} as const;

export function finding(at: Pick<Token, 'line' | 'column'>, rule: Rule, message: string): Finding {
  return { line: at.line, column: at.column, rule, message, remedy: REMEDIES[rule] };
}
