/** Reads one statement of agreed SQL by recursive descent; what the grammar does not know is refused, never skipped. */
import type { Body, Cte, Query, Relation, Select, SelectItem, Source } from './syntax.ts';
import { parseExpression, parseOrderItems } from './parse-expression.ts';
import { Reader } from './reader.ts';
import type { Token } from './tokens.ts';

/** The whole token list is one query, or the parse fails with SyntaxFault. */
export function parseStatement(tokens: readonly Token[]): Query {
  const reader = new Reader(tokens, parseQuery);
  const query = parseQuery(reader);
  if (reader.peek().kind !== 'end') reader.fail('the end of the statement');
  return query;
}

function parseQuery(reader: Reader): Query {
  const ctes: Cte[] = [];
  if (reader.takeWord('with')) {
    if (reader.isWord('recursive')) reader.fail('a common table expression that is not recursive');
    do {
      const name = reader.name('the name of a common table expression');
      reader.needWord('as');
      reader.need('(');
      ctes.push({ name, query: parseQuery(reader) });
      reader.need(')');
    } while (reader.take(','));
  }
  const body = parseSetOperation(reader);
  const orderBy = reader.takeWords('order', 'by') ? parseOrderItems(reader) : [];
  return { ctes, body, orderBy };
}

/** Set operations associate to the left; intersect binds no tighter here, so mixing them needs brackets. */
function parseSetOperation(reader: Reader): Body {
  let left = parseTerm(reader);
  let mixed: string | null = null;
  for (;;) {
    const operator = setOperator(reader);
    if (operator === null) return left;
    if (mixed !== null && mixed !== operator) reader.fail('brackets around different set operations');
    mixed = operator;
    left = { kind: 'set', operator, left, right: parseTerm(reader) };
  }
}

function setOperator(reader: Reader): 'union' | 'union all' | 'intersect' | 'except' | null {
  if (reader.takeWord('union')) return reader.takeWord('all') ? 'union all' : 'union';
  if (reader.takeWord('intersect')) return 'intersect';
  return reader.takeWord('except') ? 'except' : null;
}

function parseTerm(reader: Reader): Body {
  if (reader.isWord('values')) return parseValues(reader);
  if (reader.take('(')) {
    const query = parseQuery(reader);
    reader.need(')');
    return { kind: 'nested', query };
  }
  return { kind: 'select', select: parseSelect(reader) };
}

function parseValues(reader: Reader): Body {
  const at = reader.needWord('values');
  const rows = reader.list(() => {
    reader.need('(');
    const row = reader.list(() => parseExpression(reader));
    reader.need(')');
    return row;
  });
  return { kind: 'values', rows, at };
}

function parseSelect(reader: Reader): Select {
  const at = reader.needWord('select');
  const distinct = reader.takeWord('distinct');
  const items = reader.list(() => parseSelectItem(reader));
  const from = reader.takeWord('from') ? parseSources(reader) : [];
  const where = reader.takeWord('where') ? parseExpression(reader) : null;
  const groupBy = reader.takeWords('group', 'by') ? reader.list(() => parseExpression(reader)) : [];
  const having = reader.takeWord('having') ? parseExpression(reader) : null;
  return { at, distinct, items, from, where, groupBy, having };
}

function parseSelectItem(reader: Reader): SelectItem {
  const star = reader.star();
  if (star !== null) return { expression: star, alias: null };
  const expression = parseExpression(reader);
  return { expression, alias: reader.takeWord('as') ? reader.name('an alias') : null };
}

function parseSources(reader: Reader): readonly Source[] {
  const sources: Source[] = [{ relation: parseRelation(reader), join: 'first', on: null }];
  for (;;) {
    const join = parseJoin(reader);
    if (join === null) return sources;
    const relation = parseRelation(reader);
    if (join !== 'cross') reader.needWord('on');
    sources.push({ relation, join, on: join === 'cross' ? null : parseExpression(reader) });
  }
}

function parseJoin(reader: Reader): Exclude<Source['join'], 'first'> | null {
  for (const join of ['inner', 'left', 'right', 'full', 'cross'] as const) {
    if (reader.takeWord(join)) {
      if (join !== 'inner' && join !== 'cross') reader.takeWord('outer');
      reader.needWord('join');
      return join;
    }
  }
  if (reader.isWord('join') || reader.is(',')) reader.fail('inner join, left join or cross join, spelt out');
  return null;
}

function parseRelation(reader: Reader): Relation {
  if (reader.take('(')) {
    const query = parseQuery(reader);
    reader.need(')');
    reader.needWord('as');
    const alias = reader.name('an alias');
    const columns = reader.take('(') ? reader.list(() => reader.name('a column name')) : [];
    if (columns.length > 0) reader.need(')');
    return { kind: 'derived', query, alias, columns };
  }
  const name = reader.name('a table');
  if (reader.is('(') || reader.is('.')) reader.fail('the bare name of a table');
  return { kind: 'table', name, alias: reader.takeWord('as') ? reader.name('an alias') : null };
}
