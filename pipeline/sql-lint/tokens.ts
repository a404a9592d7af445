/** Cuts SQL text into tokens the way both engines do, so that no rule ever looks inside a string or a comment by mistake. */

type TokenKind =
  | 'word'
  | 'quoted'
  | 'number'
  | 'string'
  | 'operator'
  | 'parameter'
  | 'line-comment'
  | 'block-comment'
  | 'unknown'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** Words in lower case, strings and quoted names without their quotes. */
  readonly value: string;
  /** Position in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

const OPERATORS = ['<>', '!=', '<=', '>=', '||', '::', '->', '=>'] as const;
const SINGLE = new Set('=<>+-*/%(),.;[]{}:|&^~!@#$'.split(''));

/** Every token in order, comments included, closed by one of kind `end`. Never throws: what it does not know is `unknown`. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let at = 0;
  while (at < text.length) {
    const space = skipSpace(text, at);
    for (let index = at; index < space; index += 1) {
      if (text[index] === '\n') {
        line += 1;
        lineStart = index + 1;
      }
    }
    at = space;
    if (at >= text.length) break;
    const [kind, end, value] = next(text, at);
    const written = text.slice(at, end);
    tokens.push({ kind, text: written, value, start: at, end, line, column: at - lineStart + 1 });
    for (let index = at; index < end; index += 1) {
      if (text[index] === '\n') {
        line += 1;
        lineStart = index + 1;
      }
    }
    at = end;
  }
  tokens.push({ kind: 'end', text: '', value: '', start: at, end: at, line, column: at - lineStart + 1 });
  return tokens;
}

type Cut = readonly [kind: TokenKind, end: number, value: string];

function next(text: string, at: number): Cut {
  const two = text.slice(at, at + 2);
  const one = text[at] ?? '';
  if (two === '--') return lineComment(text, at);
  if (two === '/*') return blockComment(text, at);
  if (one === "'") return quoted(text, at, "'", 'string');
  if (one === '"') return quoted(text, at, '"', 'quoted');
  if (one === '?') return ['parameter', at + 1, '?'];
  if (isLetter(one)) return word(text, at);
  if (isDigit(one) || (one === '.' && isDigit(text[at + 1] ?? ''))) return number(text, at);
  const operator = OPERATORS.find((candidate) => candidate === two);
  if (operator !== undefined) return ['operator', at + 2, operator];
  if (SINGLE.has(one)) return ['operator', at + 1, one];
  const point = text.codePointAt(at) ?? 0;
  return ['unknown', at + (point > 0xffff ? 2 : 1), one];
}

const isLetter = (one: string): boolean => /^[A-Za-z_]$/.test(one);
const isDigit = (one: string): boolean => one >= '0' && one <= '9' && one.length === 1;
const isSpace = (one: string): boolean => one === ' ' || one === '\n' || one === '\t' || one === '\r';

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text[at] ?? '')) at += 1;
  return at;
}

function lineComment(text: string, at: number): Cut {
  const end = text.indexOf('\n', at);
  const stop = end === -1 ? text.length : end;
  return ['line-comment', stop, text.slice(at + 2, stop).trim()];
}

function blockComment(text: string, at: number): Cut {
  const end = text.indexOf('*/', at + 2);
  return end === -1 ? ['unknown', text.length, ''] : ['block-comment', end + 2, ''];
}

/** A doubled quote stands for one; a quote that never closes is not a token. */
function quoted(text: string, at: number, quote: string, kind: TokenKind): Cut {
  let index = at + 1;
  while (index < text.length) {
    if (text[index] === quote) {
      if (text[index + 1] !== quote) {
        return [kind, index + 1, text.slice(at + 1, index).replaceAll(quote + quote, quote)];
      }
      index += 1;
    }
    index += 1;
  }
  return ['unknown', text.length, ''];
}

function word(text: string, at: number): Cut {
  let end = at + 1;
  while (end < text.length && (isLetter(text[end] ?? '') || isDigit(text[end] ?? ''))) end += 1;
  return ['word', end, text.slice(at, end).toLowerCase()];
}

function number(text: string, at: number): Cut {
  let end = at;
  while (isDigit(text[end] ?? '')) end += 1;
  if (text[end] === '.') {
    end += 1;
    while (isDigit(text[end] ?? '')) end += 1;
  }
  const exponent = /^[eE][+-]?\d+/.exec(text.slice(end, end + 8))?.[0] ?? '';
  end += exponent.length;
  return ['number', end, text.slice(at, end)];
}
