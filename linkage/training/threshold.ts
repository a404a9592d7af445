/** Reads the threshold off the scored pairs themselves, without truth. */
import type { Edges } from '../engine/score.ts';
import type { Table } from '../table/table.ts';
import { sourceSizes } from './train.ts';

export interface ThresholdFound {
  /** Bits by which the trained prior is too low for the pairs that are left to choose from. */
  readonly priorShiftBits: number;
  /** How it was found, in words. */
  readonly reason: string;
}

/** Lowest weight at which pairs are scored before the threshold is known. */
export const LOWEST_BITS = -8;
/** The prior is never raised by more than this: beyond it the estimate of who has a partner is worth nothing. */
const MOST_SHIFT_BITS = 5;
const ROUNDS = 4;

/**
 * The trained prior is that of two records drawn at random. But a pair competes with "this record has no partner",
 * and where most records have one, that is unlikely: the odds of a pair against both its records standing alone are
 * the odds against chance divided by the shares of records without a partner. In duplicate-free sources each side
 * counts in full; elsewhere a record may have several partners, and half has held on made registers (see the bench).
 */
export function readThreshold(table: Table, edges: Edges): ThresholdFound {
  const sizes = sourceSizes(table);
  const free = new Set(table.duplicateFree);
  let shift = 0;
  let partnered = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const expected = partnersBySource(table, edges, shift);
    let weighted = 0;
    let pairs = 0;
    partnered = 0;
    for (const [key, found] of expected) {
      const [own = 0, other = 0] = key.split(' ').map(Number);
      const size = sizes.get(own) ?? 1;
      const alone = Math.max(0.02, 1 - found / size);
      // One entry per direction, so each side of a pair is counted once.
      const exponent = free.has(own) && free.has(other) ? 2 : 1;
      weighted += found * exponent * Math.log2(alone);
      pairs += found;
      partnered += found;
    }
    shift = pairs === 0 ? 0 : Math.min(MOST_SHIFT_BITS, -weighted / pairs);
  }
  const share = Math.round((100 * partnered) / Math.max(1, table.rows));
  return {
    priorShiftBits: shift,
    reason: `even odds; about ${share} partners expected per 100 records raise the prior by ${shift.toFixed(1)} bits`,
  };
}

/** Records expected to have a partner, per (own source, partner's source). */
function partnersBySource(table: Table, edges: Edges, shift: number): ReadonlyMap<string, number> {
  const count = Math.max(...sourceSizes(table).keys()) + 1;
  const expected = new Float64Array(table.rows * count);
  for (let edge = 0; edge < edges.a.length; edge++) {
    const odds = 2 ** Math.min(60, (edges.weights[edge] as number) + shift);
    const [a, b] = [edges.a[edge] as number, edges.b[edge] as number];
    const atA = a * count + (table.sources[b] as number);
    const atB = b * count + (table.sources[a] as number);
    expected[atA] = (expected[atA] as number) + odds;
    expected[atB] = (expected[atB] as number) + odds;
  }
  const sums = new Map<string, number>();
  for (let row = 0; row < table.rows; row++) {
    for (let other = 0; other < count; other++) {
      const odds = expected[row * count + other] as number;
      if (odds === 0) continue;
      const key = `${table.sources[row]} ${other}`;
      sums.set(key, (sums.get(key) ?? 0) + odds / (1 + odds));
    }
  }
  return sums;
}
