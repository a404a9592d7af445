/** Reads a statement's syntax tree, as DuckDB's own parser gives it: which tables, which partitions, and nothing forbidden. */
import type { DuckDBConnection } from '@duckdb/node-api';

import { isAllowedFunction } from './functions.ts';
import type { Condition } from './projection.ts';
import { invalidRequest } from './statement.ts';

export interface TableReference {
  readonly catalog: string | null;
  readonly database: string | null;
  readonly table: string;
  readonly conditions: readonly Condition[];
}

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const nodes = (value: unknown): readonly Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

/** Parses with the engine that will run the statement, so that nothing can mean one thing here and another there. */
export async function readReferences(
  parser: DuckDBConnection,
  sql: string,
): Promise<readonly TableReference[]> {
  const answer = await parser.runAndReadAll('select json_serialize_sql(cast(? as varchar))', [sql]);
  const tree: unknown = JSON.parse(text(answer.getRows()[0]?.[0]));
  if (!isNode(tree)) throw new Error('the parser answered no tree');
  if (tree['error'] === true) throw parseError(tree);
  const statements = nodes(tree['statements']);
  const root = statements[0]?.['node'];
  if (statements.length !== 1 || !isNode(root)) throw invalidRequest('Only one sql statement is allowed.');
  const references: TableReference[] = [];
  visitQuery(root, new Set(), references);
  return references;
}

function parseError(tree: Node): Error {
  if (tree['error_type'] === 'not implemented')
    return invalidRequest('Queries of this type are not supported');
  return invalidRequest(`SYNTAX_ERROR: ${text(tree['error_message']).split('\n')[0] ?? ''}`);
}

/** SELECT_NODE, SET_OPERATION_NODE, RECURSIVE_CTE_NODE and CTE_NODE; common table expressions hide tables of their name. */
function visitQuery(query: Node, outer: ReadonlySet<string>, references: TableReference[]): void {
  let hidden = outer;
  const map = query['cte_map'];
  for (const entry of isNode(map) ? nodes(map['map']) : []) {
    const value = entry['value'];
    const inner = isNode(value) && isNode(value['query']) ? value['query']['node'] : null;
    const recursive = isNode(inner) && inner['type'] === 'RECURSIVE_CTE_NODE';
    const name = text(entry['key']).toLowerCase();
    if (isNode(inner)) visitQuery(inner, recursive ? new Set([...hidden, name]) : hidden, references);
    hidden = new Set([...hidden, name]);
  }
  if (query['type'] === 'SELECT_NODE') {
    visitSelect(query, hidden, references);
    return;
  }
  if (!QUERY_TYPES.has(text(query['type']))) throw invalidRequest('Queries of this type are not supported');
  visitParts(query, [], hidden, references);
}
const QUERY_TYPES = new Set(['SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE']);

function visitSelect(select: Node, hidden: ReadonlySet<string>, references: TableReference[]): void {
  const { from_table: from, where_clause: where } = select;
  const tables: FoundTable[] = [];
  if (isNode(from)) visitRelation(from, conjuncts(where), hidden, tables, references);
  for (const { node, conditions } of tables)
    references.push(reference(node, conditions, tables.length === 1));
  visitParts(select, ['from_table'], hidden, references);
}

/** The clauses of a query, without those already visited; its type would make it be visited again. */
function visitParts(
  query: Node,
  visited: readonly string[],
  hidden: ReadonlySet<string>,
  references: TableReference[],
): void {
  const done = new Set(['type', 'cte_map', ...visited]);
  for (const [name, part] of Object.entries(query))
    if (!done.has(name)) visitChildren(part, hidden, references);
}

interface FoundTable {
  readonly node: Node;
  readonly conditions: readonly Node[];
}

/** A table keeps the conditions that really filter it: those of where, and of joins that drop its rows. */
function visitRelation(
  relation: Node,
  conditions: readonly Node[],
  hidden: ReadonlySet<string>,
  tables: FoundTable[],
  references: TableReference[],
): void {
  switch (relation['type']) {
    case 'BASE_TABLE': {
      const isCte =
        text(relation['schema_name']) === '' && hidden.has(text(relation['table_name']).toLowerCase());
      if (!isCte) tables.push({ node: relation, conditions });
      return;
    }
    case 'JOIN': {
      const own = conjuncts(relation['condition']);
      const kind = text(relation['join_type']);
      const [left, right] = [relation['left'], relation['right']];
      if (isNode(left))
        visitRelation(
          left,
          kind === 'INNER' || kind === 'RIGHT' ? [...conditions, ...own] : conditions,
          hidden,
          tables,
          references,
        );
      if (isNode(right))
        visitRelation(
          right,
          kind === 'INNER' || kind === 'LEFT' ? [...conditions, ...own] : conditions,
          hidden,
          tables,
          references,
        );
      visitChildren({ condition: relation['condition'] }, hidden, references);
      return;
    }
    case 'SUBQUERY': {
      const inner = relation['subquery'];
      if (isNode(inner) && isNode(inner['node'])) visitQuery(inner['node'], hidden, references);
      return;
    }
    case 'EXPRESSION_LIST':
      visitChildren({ values: relation['values'] }, hidden, references);
      return;
    case 'EMPTY':
      return;
    case 'TABLE_FUNCTION': {
      const call = relation['function'];
      if (isNode(call) && text(call['function_name']) === 'unnest') {
        visitChildren({ children: call['children'] }, hidden, references);
        return;
      }
      const name = isNode(call) ? text(call['function_name']) : '';
      throw invalidRequest(`FUNCTION_NOT_FOUND: Table function '${name}' not registered`);
    }
    default:
      throw invalidRequest('Queries of this type are not supported');
  }
}

/** Looks into every expression for functions and queries. */
function visitChildren(value: unknown, hidden: ReadonlySet<string>, references: TableReference[]): void {
  if (Array.isArray(value)) {
    for (const item of value) visitChildren(item, hidden, references);
    return;
  }
  if (!isNode(value)) return;
  if (QUERY_TYPES.has(text(value['type']))) {
    visitQuery(value, hidden, references);
    return;
  }
  if (value['class'] === 'FUNCTION' || value['class'] === 'WINDOW') judgeFunction(value);
  for (const child of Object.values(value)) visitChildren(child, hidden, references);
}

function judgeFunction(call: Node): void {
  const name = text(call['function_name']).toLowerCase();
  // The parser itself writes system.main before what trim and extract become.
  const isPlain =
    ['', 'main', 'pg_catalog'].includes(text(call['schema'])) &&
    ['', 'system'].includes(text(call['catalog']));
  if (!isPlain || !isAllowedFunction(name))
    throw invalidRequest(`FUNCTION_NOT_FOUND: Function '${name}' not registered`);
}

function conjuncts(expression: unknown): readonly Node[] {
  if (!isNode(expression)) return [];
  if (expression['type'] === 'CONJUNCTION_AND') return nodes(expression['children']).flatMap(conjuncts);
  return [expression];
}

function reference(node: Node, conditions: readonly Node[], isOnly: boolean): TableReference {
  const table = text(node['table_name']).toLowerCase();
  const alias = (text(node['alias']) || table).toLowerCase();
  return {
    catalog: text(node['catalog_name']).toLowerCase() || null,
    database: text(node['schema_name']).toLowerCase() || null,
    table,
    conditions: conditions.flatMap((condition) => readCondition(condition, alias, isOnly)),
  };
}

const OPERATORS: Readonly<
  Record<string, readonly [straight: Condition['operator'], turned: Condition['operator']]>
> = {
  COMPARE_EQUAL: ['=', '='],
  COMPARE_LESSTHAN: ['<', '>'],
  COMPARE_LESSTHANOREQUALTO: ['<=', '>='],
  COMPARE_GREATERTHAN: ['>', '<'],
  COMPARE_GREATERTHANOREQUALTO: ['>=', '<='],
};

/** `column <op> literal`, either way round, `between` and `in`; anything else says nothing about a partition. */
function readCondition(condition: Node, alias: string, isOnly: boolean): readonly Condition[] {
  const type = text(condition['type']);
  if (type === 'COMPARE_IN') {
    const [subject, ...items] = nodes(condition['children']);
    const column = columnOf(subject, alias, isOnly);
    const values = items.map(constantOf);
    return column === null || values.includes(null)
      ? []
      : [{ column, operator: 'in', values: values.filter((value) => value !== null) }];
  }
  if (type === 'COMPARE_BETWEEN') {
    const column = columnOf(condition['input'], alias, isOnly);
    const [low, high] = [constantOf(condition['lower']), constantOf(condition['upper'])];
    if (column === null || low === null || high === null) return [];
    return [
      { column, operator: '>=', values: [low] },
      { column, operator: '<=', values: [high] },
    ];
  }
  const operators = OPERATORS[type];
  if (operators === undefined) return [];
  const [left, right] = [condition['left'], condition['right']];
  const straight = one(columnOf(left, alias, isOnly), operators[0], constantOf(right));
  return straight.length > 0 ? straight : one(columnOf(right, alias, isOnly), operators[1], constantOf(left));
}

const one = (
  column: string | null,
  operator: Condition['operator'],
  value: string | null,
): readonly Condition[] => (column === null || value === null ? [] : [{ column, operator, values: [value] }]);

/** A bare column counts as this table's only where it is the only table of its select. */
function columnOf(value: unknown, alias: string, isOnly: boolean): string | null {
  if (!isNode(value) || value['type'] !== 'COLUMN_REF' || !Array.isArray(value['column_names'])) return null;
  const names = value['column_names'].map((name) => text(name).toLowerCase());
  const [column] = names.slice(-1);
  if (column === undefined || (names.length === 1 ? !isOnly : names.at(-2) !== alias)) return null;
  return column;
}

function constantOf(value: unknown): string | null {
  if (!isNode(value) || value['type'] !== 'VALUE_CONSTANT' || !isNode(value['value'])) return null;
  const constant = value['value']['value'];
  return typeof constant === 'string' ? constant : null;
}
