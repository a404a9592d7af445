/** Checks of JSONata expressions before anything runs: they parse, and call nothing Step Functions withholds. */
import jsonata from 'jsonata';

const EXPRESSION = /^\{%([\s\S]*)%\}$/;

/** The JSONata text of a `{% … %}` string, or null for any other string. */
export const expressionIn = (text: string): string | null => EXPRESSION.exec(text)?.[1] ?? null;

/** Faults of every expression in a value. */
export function checkExpressions(value: unknown): string[] {
  if (typeof value === 'string') {
    const source = expressionIn(value);
    return source === null ? faultOfPlainText(value) : checkOne(source);
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(checkExpressions);
}

/** Half a pair of brackets is a slip: the text would be taken as it stands. */
const faultOfPlainText = (text: string): string[] =>
  text.includes('{%') || text.includes('%}') ? [`an expression must fill its whole text: ${text}`] : [];

function checkOne(source: string): string[] {
  try {
    const tree: unknown = jsonata(source).ast();
    return callsEval(tree) ? [`$eval is not available in Step Functions: ${source.trim()}`] : [];
  } catch (error) {
    return [`this is no JSONata (${error instanceof Error ? error.message : 'unknown'}): ${source.trim()}`];
  }
}

function callsEval(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if ('type' in node && node.type === 'variable' && 'value' in node && node.value === 'eval') return true;
  return Object.values(node).some(callsEval);
}
