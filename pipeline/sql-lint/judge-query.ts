/** Judges a query and the queries inside it: tables, joins, snapshot bindings, aliases and the final order. */
import { finding } from './findings.ts';
import { AGGREGATE_FUNCTIONS } from './functions.ts';
import { judgeExpression, type Gathered, type Surroundings } from './judge-expression.ts';
import { tableColumns, type Columns, type KnownType, type Scope, type VisibleSource } from './scope.ts';
import type { SchemaDocument } from './schema.ts';
import type { Body, Expression, Query, Select, Source } from './syntax.ts';
import type { Token } from './tokens.ts';

export interface Statement extends Gathered {
  readonly schema: SchemaDocument;
  readonly tables: Set<string>;
}

type Ctes = ReadonlyMap<string, Columns>;

/** Returns the query's output columns. */
export function judgeQuery(query: Query, statement: Statement, outer: Ctes, isWhole: boolean): Columns {
  let ctes: Ctes = outer;
  for (const cte of query.ctes) {
    const name = cte.name.value;
    if (ctes.has(name) || tableColumns(statement.schema, name) !== null) {
      statement.findings.push(finding(cte.name, 'table', `${name} is already the name of a table`));
    }
    ctes = new Map([...ctes, [name, judgeQuery(cte.query, statement, ctes, false)]]);
  }
  const { outputs, scope } = judgeBody(query.body, statement, ctes);
  for (const item of query.orderBy) {
    judgeExpression(item.expression, surroundings(statement, ctes, { sources: scope.sources, outputs }));
  }
  if (isWhole) judgeOrder(query, outputs, statement);
  return outputs;
}

interface Judged {
  readonly outputs: Columns;
  readonly scope: Scope;
}

function judgeBody(body: Body, statement: Statement, ctes: Ctes): Judged {
  const empty: Scope = { sources: [], outputs: new Map() };
  switch (body.kind) {
    case 'nested':
      return { outputs: judgeQuery(body.query, statement, ctes, false), scope: empty };
    case 'set': {
      const left = judgeBody(body.left, statement, ctes);
      judgeBody(body.right, statement, ctes);
      return { outputs: left.outputs, scope: empty };
    }
    case 'values': {
      const types = body.rows.map((row) =>
        row.map((cell) => judgeExpression(cell, surroundings(statement, ctes, empty))),
      );
      return {
        outputs: new Map((types[0] ?? []).map((type, index) => [`_col${index}`, type])),
        scope: empty,
      };
    }
    case 'select':
      return judgeSelect(body.select, statement, ctes);
  }
}

function judgeSelect(select: Select, statement: Statement, ctes: Ctes): Judged {
  const sources = select.from.map((source) => judgeSource(source, statement, ctes));
  const duplicate = sources.find(
    (source, index) => sources.findIndex(({ alias }) => alias === source.alias) < index,
  );
  if (duplicate !== undefined)
    statement.findings.push(finding(select.at, 'table', `two tables here are called ${duplicate.alias}`));
  const scope: Scope = { sources, outputs: new Map() };
  const around = surroundings(statement, ctes, scope, snapshotBindings(select, sources, statement));
  for (const source of select.from) if (source.on !== null) judgeExpression(source.on, around);
  for (const clause of [select.where, ...select.groupBy, select.having]) {
    if (clause !== null) judgeExpression(clause, around);
  }
  const outputs = new Map<string, KnownType>();
  for (const { expression, alias } of select.items) {
    const type = judgeExpression(expression, around);
    const name = alias?.value ?? (expression.kind === 'column' ? expression.name : null);
    if (name === null) {
      if (expression.kind !== 'star')
        statement.findings.push(finding(expression.at, 'alias', 'a computed column without an alias'));
      continue;
    }
    if (alias !== null) judgeAlias(alias, statement);
    if (outputs.has(name))
      statement.findings.push(finding(expression.at, 'alias', `two output columns are called ${name}`));
    outputs.set(name, type);
  }
  return { outputs, scope };
}

function judgeAlias(alias: Token, statement: Statement): void {
  if (alias.value.length < 2)
    statement.findings.push(finding(alias, 'alias', `the alias ${alias.value} says nothing`));
}

function judgeSource(source: Source, statement: Statement, ctes: Ctes): VisibleSource {
  const { relation } = source;
  if (relation.kind === 'derived') {
    judgeAlias(relation.alias, statement);
    const inner = judgeQuery(relation.query, statement, ctes, false);
    const types = [...inner.values()];
    const columns =
      relation.columns.length === 0
        ? inner
        : new Map(
            relation.columns.map((column, index) => [column.value, types[index] ?? 'unknown'] as const),
          );
    return { alias: relation.alias.value, columns, table: null };
  }
  const name = relation.name.value;
  const alias = relation.alias?.value ?? name;
  if (relation.alias !== null) judgeAlias(relation.alias, statement);
  const cte = ctes.get(name);
  if (cte !== undefined) return { alias, columns: cte, table: null };
  const columns = tableColumns(statement.schema, name);
  if (columns === null) {
    statement.findings.push(finding(relation.name, 'table', `there is no table ${name}`));
    return { alias, columns: new Map(), table: null };
  }
  statement.tables.add(name);
  return { alias, columns, table: name };
}

/** The tokens of `snapshot` columns bound by `= ?`; a table of the schema without one is a finding. */
function snapshotBindings(
  select: Select,
  sources: readonly VisibleSource[],
  statement: Statement,
): ReadonlySet<Token> {
  const bindings = new Set<Token>();
  select.from.forEach((source, index) => {
    const visible = sources[index];
    if (visible === undefined || visible.table === null || !visible.columns.has('snapshot')) return;
    // The on of a right or full join keeps rows it does not match, so it binds nothing.
    const own = source.join === 'right' || source.join === 'full' ? null : source.on;
    const bound = [...conjuncts(select.where), ...conjuncts(own)].flatMap((part) =>
      boundSnapshot(part, visible, sources),
    );
    for (const token of bound) bindings.add(token);
    if (bound.length !== 1 && source.relation.kind === 'table') {
      const how = bound.length === 0 ? 'is not bound to a snapshot' : 'is bound to a snapshot more than once';
      statement.findings.push(finding(source.relation.name, 'snapshot', `${visible.alias} ${how}`));
    }
  });
  return bindings;
}

function conjuncts(expression: Expression | null): readonly Expression[] {
  if (expression === null) return [];
  if (expression.kind === 'binary' && expression.operator === 'and') {
    return [...conjuncts(expression.left), ...conjuncts(expression.right)];
  }
  return [expression];
}

function boundSnapshot(
  part: Expression,
  visible: VisibleSource,
  sources: readonly VisibleSource[],
): readonly Token[] {
  if (part.kind !== 'binary' || part.operator !== '=' || part.right.kind !== 'parameter') return [];
  const { left } = part;
  if (left.kind !== 'column' || left.name !== 'snapshot') return [];
  const meant = left.table === null ? sources.filter((source) => source.columns.has('snapshot')) : [];
  return left.table === visible.alias || (meant.length === 1 && meant[0] === visible) ? [left.at] : [];
}

function surroundings(
  statement: Statement,
  ctes: Ctes,
  scope: Scope,
  bindings: ReadonlySet<Token> = new Set<Token>(),
): Surroundings {
  return {
    scope,
    gathered: statement,
    bindings,
    judgeQuery: (query) => void judgeQuery(query, statement, ctes, false),
  };
}

/** Rows come in one order only if everything that is not an aggregate takes part in it. */
function judgeOrder(query: Query, outputs: Columns, statement: Statement): void {
  const at = query.orderBy[0]?.expression.at ?? { line: 1, column: 1 };
  const ordered = new Set<string>();
  for (const { expression } of query.orderBy) {
    if (expression.kind === 'column') ordered.add(expression.name);
    else
      statement.findings.push(
        finding(expression.at, 'order-by', 'ordered by something that is not a column'),
      );
  }
  const missing = keyColumns(query.body, outputs).filter((name) => !ordered.has(name));
  if (missing.length > 0)
    statement.findings.push(finding(at, 'order-by', `the order leaves out ${missing.join(', ')}`));
}

function keyColumns(body: Body, outputs: Columns): readonly string[] {
  if (body.kind === 'nested') return keyColumns(body.query.body, outputs);
  if (body.kind !== 'select') return [...outputs.keys()];
  return body.select.items.flatMap(({ expression, alias }) => {
    const name = alias?.value ?? (expression.kind === 'column' ? expression.name : null);
    return name === null || holdsAggregate(expression) ? [] : [name];
  });
}

function holdsAggregate(expression: Expression): boolean {
  switch (expression.kind) {
    case 'call':
      return (
        (!expression.over && AGGREGATE_FUNCTIONS.has(expression.name)) || expression.args.some(holdsAggregate)
      );
    case 'cast':
      return holdsAggregate(expression.operand);
    case 'binary':
      return holdsAggregate(expression.left) || holdsAggregate(expression.right);
    case 'group':
      return expression.parts.some(holdsAggregate);
    default:
      return false;
  }
}
