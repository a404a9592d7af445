/** Makes one runnable SELECT of what a caller sent: EXECUTE … USING and ? replaced by typed literals, never by text. */
import { tokenize, type Token } from '../../pipeline/sql-lint/tokens.ts';
import { ServiceError } from '../service.ts';

export const invalidRequest = (message: string): ServiceError => new ServiceError(400, 'InvalidRequestException', message);

export interface ExecuteStatement {
  readonly name: string;
  readonly parameters: readonly string[];
}

/** `execute <name> [using <literal>, …]`, or null when the statement is something else. */
export function readExecute(sql: string): ExecuteStatement | null {
  const tokens = meaningful(sql);
  const [first, name, using] = tokens;
  if (first?.value !== 'execute' || first.kind !== 'word') return null;
  if (name === undefined || (name.kind !== 'word' && name.kind !== 'quoted')) throw invalidRequest('line 1:9: expected the name of a prepared statement');
  if (using === undefined || using.kind === 'end') return { name: name.value, parameters: [] };
  if (using.value !== 'using') throw invalidRequest(`line ${using.line}:${using.column}: mismatched input '${using.text}'. Expecting: 'USING', <EOF>`);
  return { name: name.value, parameters: splitList(sql, tokens.slice(3)) };
}

/** Texts between top-level commas; literals hold none, so no nesting is needed. */
function splitList(sql: string, tokens: readonly Token[]): readonly string[] {
  const parts: string[] = [];
  let start = tokens[0]?.start ?? sql.length;
  for (const token of tokens) {
    const isComma = token.kind === 'operator' && token.value === ',';
    if (!isComma && token.kind !== 'end') continue;
    parts.push(sql.slice(start, token.start).trim());
    start = token.end;
  }
  return parts;
}

/** The statement with each ? replaced by its literal, in order; a count that disagrees or anything but a literal is refused. */
export function bindParameters(sql: string, parameters: readonly string[]): string {
  const marks = tokenize(sql).filter(({ kind }) => kind === 'parameter');
  if (marks.length !== parameters.length) {
    throw invalidRequest(`Incorrect number of parameters: expected ${marks.length} but found ${parameters.length}`);
  }
  let bound = '';
  let from = 0;
  marks.forEach((mark, index) => {
    bound += `${sql.slice(from, mark.start)} ${readLiteral(parameters[index] ?? '')} `;
    from = mark.end;
  });
  return bound + sql.slice(from);
}

/** Athena reads an execution parameter as a SQL literal: 'text', 12, -1.5, true, null, date '2026-01-01'. */
function readLiteral(text: string): string {
  // Comments count: `'a' --` would hide the rest of the statement.
  const tokens = tokenize(text).filter(({ kind }) => kind !== 'end');
  const [first, second, third] = tokens;
  const is = (token: Token | undefined, kind: Token['kind']): boolean => token?.kind === kind;
  const plain = tokens.length === 1 && (is(first, 'string') || is(first, 'number') || WORDS.has(first?.value ?? ''));
  const negative = tokens.length === 2 && first?.text === '-' && is(second, 'number');
  const typed = tokens.length === 2 && TYPES.has(first?.value ?? '') && is(first, 'word') && is(second, 'string');
  if (third !== undefined || !(plain || negative || typed)) {
    throw invalidRequest('An execution parameter must be a literal: text in single quotes, a number, true, false, null, or date \'YYYY-MM-DD\'.');
  }
  return tokens.map((token) => token.text).join(' ');
}
const WORDS = new Set(['true', 'false', 'null']);
const TYPES = new Set(['date', 'timestamp', 'decimal']);

/** One trailing semicolon is allowed, as in Athena; anything after it is a second statement. */
export function singleStatement(sql: string): string {
  const tokens = meaningful(sql);
  const end = tokens.findIndex(({ kind, value }) => kind === 'operator' && value === ';');
  if (end === -1) return sql;
  if (tokens[end + 1]?.kind !== 'end') throw invalidRequest('Only one sql statement is allowed.');
  return sql.slice(0, tokens[end]?.start ?? sql.length);
}

const meaningful = (sql: string): readonly Token[] =>
  tokenize(sql).filter(({ kind }) => kind !== 'line-comment' && kind !== 'block-comment');
