/** Makes one runnable SELECT of what a caller sent: EXECUTE … USING and ? replaced by typed literals, never by text. */
import { ServiceError } from '../service.ts';
import { tokenize, type Token } from './tokens.ts';

export const invalidRequest = (message: string): ServiceError =>
  new ServiceError(400, 'InvalidRequestException', message);

export interface ExecuteStatement {
  readonly name: string;
  readonly parameters: readonly string[];
}

/** `execute <name> [using <literal>, …]`, or null when the statement is something else. */
export function readExecute(sql: string): ExecuteStatement | null {
  const [first, name, using, ...rest] = meaningful(sql);
  if (first?.kind !== 'word' || first.value !== 'execute') return null;
  if (name === undefined || (name.kind !== 'word' && name.kind !== 'quoted')) {
    throw invalidRequest("mismatched input after 'EXECUTE'. Expecting: <identifier>");
  }
  if (using === undefined) return { name: name.value, parameters: [] };
  if (using.kind !== 'word' || using.value !== 'using') {
    throw invalidRequest(`mismatched input '${using.text}'. Expecting: 'USING', <EOF>`);
  }
  return { name: name.value, parameters: splitList(sql, rest) };
}

/** Texts between commas; literals hold none, so no nesting is needed. */
function splitList(sql: string, tokens: readonly Token[]): readonly string[] {
  const commas = tokens.filter(({ text }) => text === ',');
  const starts = [tokens[0]?.start ?? sql.length, ...commas.map(({ end }) => end)];
  const ends = [...commas.map(({ start }) => start), sql.length];
  return starts.map((start, index) => sql.slice(start, ends[index]).trim());
}

/** The statement with each ? replaced by its literal, in order; a count that disagrees or anything but a literal is refused. */
export function bindParameters(sql: string, parameters: readonly string[]): string {
  const marks = tokenize(sql).filter(({ kind }) => kind === 'parameter');
  if (marks.length !== parameters.length) {
    throw invalidRequest(
      `Incorrect number of parameters: expected ${marks.length} but found ${parameters.length}`,
    );
  }
  let bound = '';
  let from = 0;
  marks.forEach((mark, index) => {
    bound += `${sql.slice(from, mark.start)} ${readLiteral(parameters[index] ?? '')} `;
    from = mark.end;
  });
  return bound + sql.slice(from);
}

const WORDS = new Set(['true', 'false', 'null']);
const TYPES = new Set(['date', 'timestamp', 'decimal']);

/** Athena reads an execution parameter as a SQL literal: 'text', 12, -1.5, true, null, date '2026-01-01'. */
function readLiteral(text: string): string {
  // Comments count: `'a' --` would hide the rest of the statement.
  const tokens = tokenize(text);
  const [first, second] = tokens;
  const plain =
    tokens.length === 1 && (isClosedString(first) || isKind(first, 'number') || isWord(first, WORDS));
  const negative = tokens.length === 2 && first?.text === '-' && isKind(second, 'number');
  const typed = tokens.length === 2 && isWord(first, TYPES) && isClosedString(second);
  if (!plain && !negative && !typed) {
    throw invalidRequest(
      "An execution parameter must be a literal: text in single quotes, a number, true, false, null, or date 'YYYY-MM-DD'.",
    );
  }
  return tokens.map((token) => token.text).join(' ');
}

const isKind = (token: Token | undefined, kind: Token['kind']): boolean => token?.kind === kind;
const isWord = (token: Token | undefined, words: ReadonlySet<string>): boolean =>
  token?.kind === 'word' && words.has(token.value);
const isClosedString = (token: Token | undefined): boolean =>
  token?.kind === 'string' && /^'(?:[^']|'')*'$/.test(token.text);

/** One trailing semicolon is allowed, as in Athena; anything after it is a second statement. */
export function singleStatement(sql: string): string {
  const tokens = meaningful(sql);
  const at = tokens.findIndex(({ text }) => text === ';');
  if (at === -1) return sql;
  if (at < tokens.length - 1) throw invalidRequest('Only one sql statement is allowed.');
  return sql.slice(0, tokens[at]?.start);
}

const meaningful = (sql: string): readonly Token[] => tokenize(sql).filter(({ kind }) => kind !== 'comment');
