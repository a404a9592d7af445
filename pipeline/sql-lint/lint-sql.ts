/** The lint of agreed SQL: keeps a report's statement in what Athena's engine and DuckDB answer alike, and on linked data only. */
import { finding, type Finding } from './findings.ts';
import { judgeQuery, type Statement } from './judge-query.ts';
import { parseStatement } from './parse.ts';
import { SyntaxFault } from './reader.ts';
import type { SchemaDocument } from './schema.ts';
import { judgeText } from './text-rules.ts';
import { tokenize } from './tokens.ts';

export interface LintResult {
  readonly ok: boolean;
  /** In the order of the text. */
  readonly findings: readonly Finding[];
  /** Tables of the schema the statement reads, sorted. */
  readonly tables: readonly string[];
  /** `table.column` of the schema's tables, sorted. */
  readonly columns: readonly string[];
  readonly functions: readonly string[];
  /** Number of ? in the statement. */
  readonly parameters: number;
}

/** Judges one statement of agreed SQL. `ok` only when nothing at all was found. */
export function lintSql(text: string, schema: SchemaDocument): LintResult {
  const tokens = tokenize(text);
  const statement: Statement = {
    schema,
    findings: [...judgeText(text, tokens)],
    tables: new Set(),
    columns: new Set(),
    functions: new Set(),
  };
  try {
    const meaningful = tokens.filter(({ kind }) => kind !== 'line-comment' && kind !== 'block-comment');
    judgeQuery(parseStatement(meaningful), statement, new Map(), true);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    statement.findings.push(finding(error.at, 'syntax', error.message));
  }
  const findings = statement.findings.toSorted(
    (one, other) => one.line - other.line || one.column - other.column,
  );
  return {
    ok: findings.length === 0,
    findings,
    tables: [...statement.tables].toSorted(),
    columns: [...statement.columns].toSorted(),
    functions: [...statement.functions].toSorted(),
    parameters: tokens.filter(({ kind }) => kind === 'parameter').length,
  };
}
