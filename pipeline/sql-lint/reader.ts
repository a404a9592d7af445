/** A cursor over tokens for the parser: looks ahead, takes, and fails with a position. */
import type { Expression, Query } from './syntax.ts';
import type { Token } from './tokens.ts';

/** Thrown at the first token the grammar does not allow; the lint turns it into one finding. */
export class SyntaxFault extends Error {
  readonly at: Token;
  constructor(at: Token, wanted: string) {
    super(
      `expected ${wanted}, found ${at.kind === 'end' ? 'the end of the text' : `\`${at.text.slice(0, 40)}\``}`,
    );
    this.at = at;
  }
}

/** Words that open a clause or an operator, so they are never taken for a name. */
const RESERVED = new Set(
  (
    'all and as asc between by case cast cross date desc distinct else end except exists false fetch from full group having in ' +
    'inner intersect interval into is join lateral left like limit natural not null offset on or order outer over ' +
    'partition right select table then true union unnest using values when where with'
  ).split(' '),
);

export class Reader {
  private at = 0;
  private readonly tokens: readonly Token[];
  private readonly readQuery: (reader: Reader) => Query;

  /** `readQuery` reads a query inside an expression: the two parts of the grammar hold each other. */
  constructor(tokens: readonly Token[], readQuery: (reader: Reader) => Query) {
    this.tokens = tokens;
    this.readQuery = readQuery;
  }
  query(): Query {
    return this.readQuery(this);
  }

  peek(ahead = 0): Token {
    const token = this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)];
    if (token === undefined) throw new Error('a token list ends with a token of kind end');
    return token;
  }
  advance(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }
  fail(wanted: string): never {
    throw new SyntaxFault(this.peek(), wanted);
  }

  is(operator: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'operator' && token.value === operator;
  }
  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'word' && token.value === word;
  }
  take(operator: string): boolean {
    if (!this.is(operator)) return false;
    this.at += 1;
    return true;
  }
  takeWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.at += 1;
    return true;
  }
  /** Both words or neither. */
  takeWords(first: string, second: string): boolean {
    if (!this.isWord(first) || !this.isWord(second, 1)) return false;
    this.at += 2;
    return true;
  }
  need(operator: string): Token {
    if (!this.is(operator)) this.fail(`\`${operator}\``);
    return this.advance();
  }
  needWord(word: string): Token {
    if (!this.isWord(word)) this.fail(`\`${word}\``);
    return this.advance();
  }
  isName(ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'word' && !RESERVED.has(token.value);
  }
  name(what: string): Token {
    if (!this.isName()) this.fail(what);
    return this.advance();
  }
  list<Item>(read: () => Item): readonly Item[] {
    const items = [read()];
    while (this.take(',')) items.push(read());
    return items;
  }

  /** `*` or `name.*`, where a select item may stand: parsed so that the rule against it can say so. */
  star(): Expression | null {
    if (this.is('*')) return { kind: 'star', at: this.advance() };
    if (this.isName() && this.is('.', 1) && this.is('*', 2)) {
      const at = this.advance();
      this.at += 2;
      return { kind: 'star', at };
    }
    return null;
  }
}
