/** Turns a model's comparisons into functions from two record numbers to a match weight. */
import type { LinkageModel, LinkInput } from '../model.ts';
import { fold, frequency, valueLevel, nicknameGroups } from '../value-level.ts';

/** One comparison ready to run over two record numbers. */
export interface Comparer {
  readonly name: string;
  /** Level of the pair (index into LEVELS), or -1 when either side is missing. */
  level(a: number, b: number): number;
  /** Weight in bits of a level for this pair, term frequency included. */
  weight(level: number, a: number): number;
}

/** A column as codes into a dictionary of folded values; -1 is missing. */
interface Coded {
  readonly codes: Int32Array;
  readonly values: readonly string[];
  readonly counts: readonly number[];
}

/** Builds one comparer per comparison of the model, sharing dictionaries between them. */
export function comparers(input: LinkInput, model: LinkageModel): readonly Comparer[] {
  const nicknames = nicknameGroups(model.nicknames ?? []);
  return model.comparisons.map((comparison) => {
    const folded = (value: string): string => fold(value, comparison.kind);
    const column = encode(input.columns[comparison.column] ?? [], folded);
    const other =
      comparison.swapWith === undefined
        ? undefined
        : encode(input.columns[comparison.swapWith] ?? [], folded);
    const levelOf = valueLevel(comparison.kind, nicknames);
    const weights = comparison.m.map((m, index) => Math.log2(m / (comparison.u[index] ?? 1)));
    const total = column.codes.reduce((sum, code) => sum + (code >= 0 ? 1 : 0), 0);
    return {
      name: comparison.name,
      level: pairLevel(column, other, levelOf),
      weight: (level, a) => {
        const base = weights[level] ?? 0;
        if (level !== 0 || comparison.termFrequency === undefined || comparison.termFrequency === false)
          return base;
        // Splink's term-frequency adjustment: replace the average u of exact agreement by this value's own.
        const count = column.counts[column.codes[a] ?? 0] ?? 1;
        const exactU = comparison.u[0] ?? 1;
        const smoothed = comparison.termFrequency === 'smoothed';
        return base + Math.log2(exactU / frequency(count, total, column.values.length, exactU, smoothed));
      },
    };
  });
}

function encode(values: readonly (string | null)[], fold: (value: string) => string): Coded {
  const codeOf = new Map<string, number>();
  const counts: number[] = [];
  const codes = new Int32Array(values.length).fill(-1);
  for (let row = 0; row < values.length; row++) {
    const raw = values[row];
    if (raw === null || raw === undefined || raw === '') continue;
    const value = fold(raw);
    if (value === '') continue;
    let code = codeOf.get(value);
    if (code === undefined) {
      code = codeOf.size;
      codeOf.set(value, code);
      counts.push(0);
    }
    codes[row] = code;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return { codes, values: [...codeOf.keys()], counts };
}

/** Compares by dictionary code with a memo: names repeat far more often than pairs of records do. */
function pairLevel(
  column: Coded,
  other: Coded | undefined,
  levelOf: (left: string, right: string) => number,
): (a: number, b: number) => number {
  const memo = new Map<number, number>();
  const size = column.values.length;
  const plain = (left: number, right: number): number => {
    if (left === right) return 0;
    const key = left < right ? left * size + right : right * size + left;
    let level = memo.get(key);
    if (level === undefined) {
      const [x, y] = [column.values[left] ?? '', column.values[right] ?? ''];
      // One order of the two, since Jaro–Winkler's greedy matching may differ between them.
      level = x < y ? levelOf(x, y) : levelOf(y, x);
      memo.set(key, level);
    }
    return level;
  };
  return (a, b) => {
    const left = column.codes[a] ?? -1;
    const right = column.codes[b] ?? -1;
    if (left < 0 || right < 0) return -1;
    const level = plain(left, right);
    if (level === 0 || other === undefined) return level;
    const leftOther = other.codes[a] ?? -1;
    const rightOther = other.codes[b] ?? -1;
    if (leftOther < 0 || rightOther < 0) return level;
    const crossed =
      column.values[left] === other.values[rightOther] && other.values[leftOther] === column.values[right];
    return crossed ? Math.min(level, 1) : level;
  };
}
