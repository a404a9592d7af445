/** Groups records into blocks, rule by rule, by counting sort; writes each record's block number into its packed row. */
import type { PartCodes, Prepared } from './prepare.ts';
import { sharedArray } from './strings.ts';

export interface RuleBlocks {
  /** Records that share a block with another, block by block, each block in record order. */
  readonly order: Int32Array;
  /** Where each block begins in `order`, with the end behind the last. */
  readonly starts: Int32Array;
  readonly blocksLeftOut: number;
  /** Pairs within the blocks, those also met under other rules included. */
  readonly pairs: number;
}

/** Rules are independent of each other, so threads may take one each. */
export function buildRuleBlocks(prepared: Prepared, rule: number, largestBlockPairs: number): RuleBlocks {
  const parts = prepared.rules[rule] ?? [];
  const sorted = sortByParts(prepared.rows, parts);
  const { packed, stride } = prepared;
  const key = prepared.firstKeyField + rule;
  // A key of its own for every record without a block: equality of keys alone then means "met under this rule".
  for (let row = 0; row < prepared.rows; row++) packed[row * stride + key] = -row - 1;
  const starts: number[] = [0];
  let kept = 0;
  let block = 0;
  let blocksLeftOut = 0;
  let pairs = 0;
  for (let start = 0; start < sorted.length;) {
    const first = sorted[start] as number;
    let end = start + 1;
    while (end < sorted.length && sameKey(parts, first, sorted[end] as number)) end++;
    const size = end - start;
    const blockPairs = (size * (size - 1)) / 2;
    if (parts.length > 0 && blockPairs > largestBlockPairs) blocksLeftOut++;
    else if (size > 1) {
      pairs += blockPairs;
      for (let at = start; at < end; at++) {
        const row = sorted[at] as number;
        sorted[kept++] = row;
        packed[row * stride + key] = block;
      }
      starts.push(kept);
      block++;
    }
    start = end;
  }
  const order = sharedArray(Int32Array, kept);
  order.set(sorted.subarray(0, kept));
  const shared = sharedArray(Int32Array, starts.length);
  shared.set(starts);
  return { order, starts: shared, blocksLeftOut, pairs };
}

/** Rows that have every part, ordered by the parts and, within equal ones, by row. */
function sortByParts(rows: number, parts: readonly PartCodes[]): Int32Array {
  let order = new Int32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    let complete = true;
    for (const { codes } of parts) if ((codes[row] as number) < 0) complete = false;
    if (complete) order[count++] = row;
  }
  order = order.subarray(0, count);
  let spare = new Int32Array(count);
  // Least significant part first; each pass keeps the order of the one before.
  for (const { codes, size } of [...parts].reverse()) {
    for (let shift = 0; shift === 0 || size >> shift > 0; shift += DIGIT_BITS) {
      countingPass(order, spare, codes, shift);
      [order, spare] = [spare, order];
    }
  }
  return order;
}

/** Digits small enough that the counters stay in the cache. */
const DIGIT_BITS = 14;

function countingPass(from: Int32Array, to: Int32Array, codes: Int32Array, shift: number): void {
  const mask = (1 << DIGIT_BITS) - 1;
  const places = new Int32Array((1 << DIGIT_BITS) + 1);
  for (let at = 0; at < from.length; at++) {
    const digit = ((codes[from[at] as number] as number) >> shift) & mask;
    places[digit + 1] = (places[digit + 1] as number) + 1;
  }
  for (let digit = 1; digit <= mask; digit++)
    places[digit] = (places[digit] as number) + (places[digit - 1] as number);
  for (let at = 0; at < from.length; at++) {
    const row = from[at] as number;
    const digit = ((codes[row] as number) >> shift) & mask;
    const place = places[digit] as number;
    places[digit] = place + 1;
    to[place] = row;
  }
}

function sameKey(parts: readonly PartCodes[], a: number, b: number): boolean {
  for (const { codes } of parts) if (codes[a] !== codes[b]) return false;
  return true;
}

/** Pairs of one unit of work: enough to be worth a step of the counter, few enough to share out evenly. */
const UNIT_PAIRS = 300_000;

/**
 * Cuts the blocks into units of about equal work, as quintuples of ints that threads can share: rule, first block, end
 * block, and within one large block the first and the end of the rows to compare with all behind them (-1: all).
 */
export function workUnits(blocks: readonly RuleBlocks[], unitPairs = UNIT_PAIRS): Int32Array {
  const units: number[] = [];
  blocks.forEach(({ starts }, rule) => {
    let from = 0;
    let pairs = 0;
    for (let block = 0; block + 1 < starts.length; block++) {
      const size = (starts[block + 1] as number) - (starts[block] as number);
      const own = (size * (size - 1)) / 2;
      if (own > unitPairs * 2) {
        if (from < block) units.push(rule, from, block, -1, -1);
        for (let first = 0; first < size - 1;) {
          let end = first;
          for (let sum = 0; sum < unitPairs && end < size - 1; end++) sum += size - 1 - end;
          units.push(rule, block, block + 1, first, end);
          first = end;
        }
        from = block + 1;
        pairs = 0;
        continue;
      }
      pairs += own;
      if (pairs >= unitPairs) {
        units.push(rule, from, block + 1, -1, -1);
        from = block + 1;
        pairs = 0;
      }
    }
    if (from + 1 < starts.length) units.push(rule, from, starts.length - 1, -1, -1);
  });
  const shared = sharedArray(Int32Array, units.length);
  shared.set(units);
  return shared;
}
