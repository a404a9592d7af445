/** Judges expressions: columns that exist, allowed functions, comparisons without implicit casts, safe arithmetic. */
import { finding, type Finding } from './findings.ts';
import { ALLOWED_FUNCTIONS, CAST_TYPES, EXTRACT_UNITS } from './functions.ts';
import { comparable, lookUp, type KnownType, type Scope } from './scope.ts';
import type { Expression, Query } from './syntax.ts';
import type { Token } from './tokens.ts';

/** What the walk gathers beside its findings. */
export interface Gathered {
  readonly findings: Finding[];
  /** `table.column` of schema tables. */
  readonly columns: Set<string>;
  readonly functions: Set<string>;
}

export interface Surroundings {
  readonly scope: Scope;
  readonly gathered: Gathered;
  /** Judges a query inside an expression. */
  readonly judgeQuery: (query: Query) => void;
  /** Columns already accepted as the binding of a snapshot. */
  readonly bindings: ReadonlySet<Token>;
}

/** The expression an expression stands in, as far as a rule asks for it. */
interface Parent {
  readonly insideRound: boolean;
  readonly castToDate: boolean;
}
const ALONE: Parent = { insideRound: false, castToDate: false };

export function judgeExpression(
  expression: Expression,
  around: Surroundings,
  parent: Parent = ALONE,
): KnownType {
  const report = (at: Token, ...rest: readonly [Finding['rule'], string]): void => {
    around.gathered.findings.push(finding(at, ...rest));
  };
  const inner = (child: Expression, castToDate = false): KnownType =>
    judgeExpression(child, around, { insideRound: parent.insideRound, castToDate });
  switch (expression.kind) {
    case 'star':
      report(expression.at, 'star', 'a star instead of named columns');
      return 'unknown';
    case 'parameter':
      return 'unknown';
    case 'literal':
      return judgeLiteral(expression, report);
    case 'column':
      return judgeColumn(expression, around, report);
    case 'subquery':
      around.judgeQuery(expression.query);
      return 'unknown';
    case 'cast':
      if (!CAST_TYPES.has(expression.type))
        report(expression.at, 'cast-type', `a cast to ${expression.type}`);
      inner(expression.operand, expression.type === 'date');
      return expression.type === 'date' ? 'date' : expression.type === 'double' ? 'double' : 'unknown';
    case 'call':
      return judgeCall(expression, around, parent, report);
    case 'binary':
      return judgeBinary(expression, parent, report, inner);
    case 'group': {
      const types = expression.parts.map((part) => inner(part));
      if (['in', 'between', 'is distinct from', 'like'].includes(expression.word))
        judgeTypes(expression.at, types, report);
      return expression.word === 'case' || expression.word === 'minus' ? 'unknown' : 'boolean';
    }
  }
}

type Report = (at: Token, rule: Finding['rule'], message: string) => void;
type Of<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>;

function judgeLiteral(literal: Of<'literal'>, report: Report): KnownType {
  if (literal.type === 'decimal') report(literal.at, 'literal', 'a decimal number');
  if (literal.type === 'date' && !isDate(literal.value))
    report(literal.at, 'literal', 'a date that is not YYYY-MM-DD');
  return literal.type === 'null' ? 'unknown' : literal.type;
}

function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const time = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

function judgeColumn(column: Of<'column'>, around: Surroundings, report: Report): KnownType {
  const found = lookUp(around.scope, column.table, column.name);
  const spelt = column.table === null ? column.name : `${column.table}.${column.name}`;
  if (found.kind !== 'found') {
    report(
      column.at,
      'column',
      found.kind === 'missing' ? `no column ${spelt} here` : `${spelt} stands for several columns`,
    );
    return 'unknown';
  }
  if (found.source !== null && found.source.table !== null) {
    around.gathered.columns.add(`${found.source.table}.${column.name}`);
    if (column.name === 'snapshot' && !around.bindings.has(column.at)) {
      report(column.at, 'snapshot', 'the snapshot used otherwise than bound by = ?');
    }
  }
  return found.type;
}

function judgeCall(call: Of<'call'>, around: Surroundings, parent: Parent, report: Report): KnownType {
  if (!ALLOWED_FUNCTIONS.has(call.name))
    report(call.at, 'function', `the function ${call.name} is not on the list`);
  around.gathered.functions.add(call.name);
  const [first] = call.args;
  if (call.name === 'extract' && first?.kind === 'literal' && !EXTRACT_UNITS.has(first.value)) {
    report(call.at, 'function', `extract of ${first.value} differs between the engines`);
  }
  if (call.name === 'date_trunc' && !parent.castToDate)
    report(call.at, 'date-arithmetic', 'date_trunc outside a cast to date');
  const args = call.name === 'count' && first?.kind === 'star' ? call.args.slice(1) : call.args;
  const insideRound = parent.insideRound || call.name === 'round';
  const types = args.map((arg) => judgeExpression(arg, around, { insideRound, castToDate: false }));
  if (call.name === 'coalesce' || call.name === 'nullif') judgeTypes(call.at, types, report);
  if (['min', 'max', 'coalesce', 'nullif', 'lag', 'lead'].includes(call.name)) return types[0] ?? 'unknown';
  return RESULTS[call.name] ?? 'unknown';
}

const RESULTS: Readonly<Record<string, KnownType>> = {
  count: 'bigint',
  row_number: 'bigint',
  rank: 'bigint',
  dense_rank: 'bigint',
  date_diff: 'bigint',
  extract: 'bigint',
  length: 'bigint',
  lower: 'varchar',
  upper: 'varchar',
  trim: 'varchar',
  date_trunc: 'date',
};

function judgeBinary(
  binary: Of<'binary'>,
  parent: Parent,
  report: Report,
  inner: (child: Expression, castToDate?: boolean) => KnownType,
): KnownType {
  const { at, operator } = binary;
  if (operator === '/') judgeDivision(binary, parent, report);
  const arithmetic = operator === '+' || operator === '-';
  // A cast to date around a sum covers its operands: cast(day + interval '3' month as date).
  const types = [inner(binary.left), inner(binary.right)] as const;
  if (arithmetic && types.includes('interval') && !parent.castToDate) {
    report(at, 'date-arithmetic', 'a date and an interval outside a cast to date');
  }
  if (['=', '<>', '<', '<=', '>', '>='].includes(operator)) {
    judgeTypes(at, types, report);
    return 'boolean';
  }
  if (operator === 'and' || operator === 'or') return 'boolean';
  if (operator === '||') return 'varchar';
  if (operator === '*' && types.includes('interval')) return 'interval';
  return types[0] === types[1] ? types[0] : 'unknown';
}

function judgeDivision(binary: Of<'binary'>, parent: Parent, report: Report): void {
  const { left } = binary;
  if (left.kind !== 'cast' || left.type !== 'double')
    report(binary.at, 'division', 'a dividend that is not cast to double');
  else if (!parent.insideRound) report(binary.at, 'division', 'a quotient that is not rounded');
}

function judgeTypes(at: Token, types: readonly KnownType[], report: Report): void {
  const [first, ...others] = types;
  const other = first === undefined ? undefined : others.find((type) => !comparable(first, type));
  if (other !== undefined) report(at, 'implicit-cast', `${first} compared with ${other}`);
}
