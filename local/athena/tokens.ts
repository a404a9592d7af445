/** Cuts a statement into tokens, so that a question mark or a semicolon inside a string or a comment is left alone. */

type TokenKind = 'comment' | 'string' | 'quoted' | 'number' | 'word' | 'parameter' | 'operator';

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** Words in lower case, quoted names without their quotes, everything else as written. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** In this order; a quote or a comment that never closes is taken to the end, and the parser refuses it. */
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['comment', /--[^\n]*|\/\*[^]*?(?:\*\/|$)/y],
  ['string', /'(?:[^']|'')*(?:'|$)/y],
  ['quoted', /"(?:[^"]|"")*(?:"|$)/y],
  ['number', /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+/y],
  ['word', /[A-Za-z_][A-Za-z0-9_]*/y],
  ['parameter', /\?/y],
  ['operator', /[^\s]/y],
];

/** Comments included, space left out. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const token = tokenAt(text, at);
    if (token !== null) tokens.push(token);
    at = token === null ? at + 1 : token.end;
  }
  return tokens;
}

function tokenAt(text: string, at: number): Token | null {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const written = pattern.exec(text)?.[0];
    if (written === undefined) continue;
    return { kind, text: written, value: valueOf(kind, written), start: at, end: at + written.length };
  }
  return null;
}

function valueOf(kind: TokenKind, written: string): string {
  if (kind === 'word') return written.toLowerCase();
  return kind === 'quoted' ? written.slice(1, -1).replaceAll('""', '"') : written;
}
