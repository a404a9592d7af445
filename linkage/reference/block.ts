/** Finds the candidate pairs: records that agree on the whole key of at least one blocking rule. */
import { keyPart } from '../key-part.ts';
import type { BlockingRule, LinkageModel, LinkInput } from '../model.ts';

/** Keys of every record under every rule; 0 is "no key" (a part is missing). */
export interface Blocks {
  readonly keys: readonly Uint32Array[];
  /** Records ordered by key, per rule, without those that have none. */
  readonly ordered: readonly Uint32Array[];
  /** Rules without parts, that compare all with all: asked for in so many words, so never left out for size. */
  readonly whole: readonly boolean[];
}

export function buildBlocks(input: LinkInput, model: LinkageModel): Blocks {
  const keys = model.blocking.map((rule) => ruleKeys(input, rule));
  const ordered = keys.map((ruleKey) => {
    const rows = Uint32Array.from(ruleKey.keys()).filter((row) => ruleKey[row] !== 0);
    return rows.sort((a, b) => (ruleKey[a] ?? 0) - (ruleKey[b] ?? 0) || a - b);
  });
  return { keys, ordered, whole: model.blocking.map(({ parts }) => parts.length === 0) };
}

/**
 * Visits every candidate pair once (a < b): a pair that an earlier rule already brought together is passed
 * over, as Splink's `and not` does. Returns pairs per rule and the number of blocks too large to compare.
 */
export function forEachCandidate(
  blocks: Blocks,
  largestBlockPairs: number,
  visit: (a: number, b: number) => void,
  passOver: (a: number, b: number) => boolean = () => false,
): { readonly pairsByRule: readonly number[]; readonly blocksLeftOut: number } {
  let blocksLeftOut = 0;
  // A block left out under one rule must not hide its pairs from later rules, so each rule notes what it left.
  const leftOut: Set<number>[] = blocks.keys.map(() => new Set());
  const pairsByRule = blocks.ordered.map((rows, rule) => {
    const key = blocks.keys[rule] ?? new Uint32Array();
    let pairs = 0;
    for (let start = 0; start < rows.length;) {
      const block = key[rows[start] ?? 0] ?? 0;
      let end = start + 1;
      while (end < rows.length && key[rows[end] ?? 0] === block) end++;
      const size = end - start;
      if (blocks.whole[rule] !== true && (size * (size - 1)) / 2 > largestBlockPairs) {
        blocksLeftOut++;
        leftOut[rule]?.add(block);
      } else {
        for (let i = start; i < end; i++) {
          for (let j = i + 1; j < end; j++) {
            const a = rows[i] ?? 0;
            const b = rows[j] ?? 0;
            if (passOver(a, b) || metEarlier(blocks, leftOut, rule, a, b)) continue;
            pairs++;
            visit(a, b);
          }
        }
      }
      start = end;
    }
    return pairs;
  });
  return { pairsByRule, blocksLeftOut };
}

function metEarlier(
  blocks: Blocks,
  leftOut: readonly ReadonlySet<number>[],
  rule: number,
  a: number,
  b: number,
): boolean {
  for (let earlier = 0; earlier < rule; earlier++) {
    const key = blocks.keys[earlier]?.[a] ?? 0;
    if (key !== 0 && key === blocks.keys[earlier]?.[b] && leftOut[earlier]?.has(key) !== true) return true;
  }
  return false;
}

function ruleKeys(input: LinkInput, rule: BlockingRule): Uint32Array {
  const numbers = new Map<string, number>();
  const keys = new Uint32Array(input.ids.length);
  for (let row = 0; row < keys.length; row++) {
    const parts = rule.parts.map((part) =>
      keyPart(input.columns[part.column]?.[row] ?? null, part.take ?? 'all'),
    );
    if (parts.includes('')) continue;
    const text = parts.join('\u0000');
    let number = numbers.get(text);
    if (number === undefined) {
      number = numbers.size + 1;
      numbers.set(text, number);
    }
    keys[row] = number;
  }
  return keys;
}
