/** Reads expressions of agreed SQL, weakest operator first. */
import type { Reader } from './reader.ts';
import type { Expression, LiteralType, OrderItem } from './syntax.ts';
import type { Token } from './tokens.ts';

export function parseExpression(reader: Reader): Expression {
  return parseChain(reader, ['or'], () => parseChain(reader, ['and'], () => parseNot(reader)));
}

export function parseOrderItems(reader: Reader): readonly OrderItem[] {
  return reader.list(() => {
    const expression = parseExpression(reader);
    if (!reader.takeWord('asc')) reader.takeWord('desc');
    return { expression };
  });
}

function parseChain(reader: Reader, words: readonly string[], operand: () => Expression): Expression {
  let left = operand();
  for (;;) {
    const operator = words.find((word) => reader.isWord(word));
    if (operator === undefined) return left;
    const at = reader.advance();
    left = { kind: 'binary', at, operator, left, right: operand() };
  }
}

function parseNot(reader: Reader): Expression {
  if (!reader.isWord('not')) return parseComparison(reader);
  const at = reader.advance();
  return { kind: 'group', at, word: 'not', parts: [parseNot(reader)] };
}

const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='] as const;

function parseComparison(reader: Reader): Expression {
  const left = parseSum(reader);
  const at = reader.peek();
  const operator = COMPARISONS.find((candidate) => reader.is(candidate));
  if (operator !== undefined) {
    reader.advance();
    return { kind: 'binary', at, operator, left, right: parseSum(reader) };
  }
  if (reader.takeWord('is')) return parseIs(reader, at, left);
  const negated = reader.isWord('not') && ['in', 'between', 'like'].some((word) => reader.isWord(word, 1));
  if (negated) reader.advance();
  if (reader.takeWord('in')) return { kind: 'group', at, word: 'in', parts: [left, ...parseInList(reader)] };
  if (reader.takeWord('like')) return { kind: 'group', at, word: 'like', parts: [left, parseSum(reader)] };
  if (reader.takeWord('between')) {
    const low = parseSum(reader);
    reader.needWord('and');
    return { kind: 'group', at, word: 'between', parts: [left, low, parseSum(reader)] };
  }
  return left;
}

function parseIs(reader: Reader, at: Token, left: Expression): Expression {
  reader.takeWord('not');
  if (reader.takeWord('null')) return { kind: 'group', at, word: 'is null', parts: [left] };
  reader.needWord('distinct');
  reader.needWord('from');
  return { kind: 'group', at, word: 'is distinct from', parts: [left, parseSum(reader)] };
}

function parseInList(reader: Reader): readonly Expression[] {
  const at = reader.need('(');
  if (reader.isWord('select') || reader.isWord('with')) {
    const query = reader.query();
    reader.need(')');
    return [{ kind: 'subquery', at, query }];
  }
  const items = reader.list(() => parseExpression(reader));
  reader.need(')');
  return items;
}

function parseSum(reader: Reader): Expression {
  return parseOperators(reader, ['+', '-', '||'], () =>
    parseOperators(reader, ['*', '/', '%'], () => parseUnary(reader)),
  );
}

function parseOperators(reader: Reader, operators: readonly string[], operand: () => Expression): Expression {
  let left = operand();
  for (;;) {
    const operator = operators.find((candidate) => reader.is(candidate));
    if (operator === undefined) return left;
    const at = reader.advance();
    left = { kind: 'binary', at, operator, left, right: operand() };
  }
}

function parseUnary(reader: Reader): Expression {
  if (!reader.is('-')) return parsePrimary(reader);
  const at = reader.advance();
  return { kind: 'group', at, word: 'minus', parts: [parseUnary(reader)] };
}

function parsePrimary(reader: Reader): Expression {
  const at = reader.peek();
  if (at.kind === 'parameter') return { kind: 'parameter', at: reader.advance() };
  if (at.kind === 'number' || at.kind === 'string') return literal(reader.advance());
  if (reader.is('(')) return parseBrackets(reader);
  if (at.kind === 'word') {
    if (at.value === 'null' || at.value === 'true' || at.value === 'false') return literal(reader.advance());
    if (at.value === 'case') return parseCase(reader);
    if (at.value === 'cast') return parseCast(reader);
    if (at.value === 'exists') return parseExists(reader);
    if (at.value === 'date' && reader.peek(1).kind === 'string') return typed(reader, 'date');
    if (at.value === 'interval') return parseInterval(reader);
    if (reader.is('(', 1)) return parseCall(reader);
  }
  return parseColumn(reader);
}

function literal(at: Token): Expression {
  const type: LiteralType =
    at.kind === 'string'
      ? 'varchar'
      : at.kind === 'number'
        ? /[eE]/.test(at.text)
          ? 'double'
          : at.text.includes('.')
            ? 'decimal'
            : 'integer'
        : at.value === 'null'
          ? 'null'
          : 'boolean';
  return { kind: 'literal', at, type, value: at.value };
}

function typed(reader: Reader, type: LiteralType): Expression {
  const at = reader.advance();
  return { kind: 'literal', at, type, value: reader.advance().value };
}

function parseInterval(reader: Reader): Expression {
  const at = reader.needWord('interval');
  const amount = reader.peek();
  if (amount.kind !== 'string' || !/^\d+$/.test(amount.value))
    reader.fail("a whole number in quotes, as in interval '3' month");
  reader.advance();
  if (!['day', 'month', 'year'].some((unit) => reader.isWord(unit))) reader.fail('day, month or year');
  return { kind: 'literal', at, type: 'interval', value: `${amount.value} ${reader.advance().value}` };
}

function parseBrackets(reader: Reader): Expression {
  const at = reader.need('(');
  if (reader.isWord('select') || reader.isWord('with')) {
    const query = reader.query();
    reader.need(')');
    return { kind: 'subquery', at, query };
  }
  const inner = parseExpression(reader);
  reader.need(')');
  return inner;
}

function parseExists(reader: Reader): Expression {
  const at = reader.needWord('exists');
  if (!reader.is('(')) reader.fail('a query in brackets');
  return { kind: 'group', at, word: 'exists', parts: [parseBrackets(reader)] };
}

function parseCase(reader: Reader): Expression {
  const at = reader.needWord('case');
  const parts: Expression[] = [];
  if (!reader.isWord('when')) parts.push(parseExpression(reader));
  while (reader.takeWord('when')) {
    parts.push(parseExpression(reader));
    reader.needWord('then');
    parts.push(parseExpression(reader));
  }
  if (reader.takeWord('else')) parts.push(parseExpression(reader));
  reader.needWord('end');
  return { kind: 'group', at, word: 'case', parts };
}

function parseCast(reader: Reader): Expression {
  const at = reader.needWord('cast');
  reader.need('(');
  const operand = parseExpression(reader);
  reader.needWord('as');
  const type = reader.peek();
  if (type.kind !== 'word') reader.fail('a type');
  reader.advance();
  reader.need(')');
  return { kind: 'cast', at, operand, type: type.value };
}

/** `name(...)`, `count(*)`, `count(distinct x)`, and a window after it. `extract(unit from x)` takes the unit as its name. */
function parseCall(reader: Reader): Expression {
  const at = reader.advance();
  reader.need('(');
  const distinct = reader.takeWord('distinct');
  const args: Expression[] = [];
  if (at.value === 'extract') {
    const unit = reader.name('a unit such as year');
    reader.needWord('from');
    args.push({ kind: 'literal', at: unit, type: 'varchar', value: unit.value }, parseExpression(reader));
  } else if (reader.is('*')) {
    args.push({ kind: 'star', at: reader.advance() });
  } else if (!reader.is(')')) {
    args.push(...reader.list(() => parseExpression(reader)));
  }
  reader.need(')');
  const window = reader.takeWord('over') ? parseWindow(reader) : null;
  return {
    kind: 'call',
    at,
    name: at.value,
    distinct,
    args: [...args, ...(window ?? [])],
    over: window !== null,
  };
}

function parseWindow(reader: Reader): readonly Expression[] {
  reader.need('(');
  const parts: Expression[] = [];
  if (reader.takeWords('partition', 'by')) parts.push(...reader.list(() => parseExpression(reader)));
  if (reader.takeWords('order', 'by')) parts.push(...parseOrderItems(reader).map((item) => item.expression));
  reader.need(')');
  return parts;
}

function parseColumn(reader: Reader): Expression {
  const at = reader.name('a value, a column or a function');
  if (!reader.take('.')) return { kind: 'column', at, table: null, name: at.value };
  const name = reader.name('a column');
  return { kind: 'column', at, table: at.value, name: name.value };
}
