/** Runs the kernels over the blocks, on this thread. */
import type { LinkageModel } from '../model.ts';
import type { Table } from '../table/table.ts';
import { buildRuleBlocks, workUnits, type RuleBlocks } from './blocks.ts';
import { countLoop, predictLoop, type BlockLoop, type Sink } from './kernel.ts';
import { prepare, withWeights, type FrozenCounts, type Prepared } from './prepare.ts';

/** Scored pairs as columns: `a` below `b`, weights in bits. */
export interface Edges {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly weights: Float64Array;
}

/** Everything the threads of a job share. */
export interface Job {
  readonly prepared: Prepared;
  readonly blocks: readonly RuleBlocks[];
  readonly units: Int32Array;
  readonly largestBlock: number;
}

export function makeJob(table: Table, model: LinkageModel, frozen?: FrozenCounts): Job {
  const prepared = prepare(table, model, frozen);
  const blocks = prepared.rules.map((_, rule) => buildRuleBlocks(prepared, rule, model.largestBlockPairs));
  return jobOf(prepared, blocks);
}

/** The same records and blocks under other weights. */
export const reweighted = (job: Job, model: LinkageModel): Job => ({
  ...job,
  prepared: withWeights(job.prepared, model),
});

export function jobOf(prepared: Prepared, blocks: readonly RuleBlocks[]): Job {
  let largestBlock = 0;
  for (const { starts } of blocks)
    for (let block = 0; block + 1 < starts.length; block++)
      largestBlock = Math.max(largestBlock, (starts[block + 1] as number) - (starts[block] as number));
  return { prepared, blocks, units: workUnits(blocks), largestBlock };
}

/** Pairs within the job's blocks, those met under several rules counted each time. */
export const blockPairs = (job: Job): number => job.blocks.reduce((sum, { pairs }) => sum + pairs, 0);

export interface Scored {
  readonly edges: Edges;
  readonly pairsByRule: readonly number[];
}

const UNIT_INTS = 5;
export const unitCount = (job: Job): number => Math.floor(job.units.length / UNIT_INTS);

/** Runs units until `next` answers none. */
export function scoreUnits(job: Job, thresholdBits: number, next: () => number): Scored {
  const edges = new EdgeList();
  const sink: Sink = { pairs: 0, edge: (a, b, weight) => edges.push(a, b, weight), pattern: () => undefined };
  const loops: (BlockLoop | undefined)[] = [];
  const pairsByRule = runUnits(
    job,
    next,
    sink,
    (rule) => (loops[rule] ??= predictLoop(job.prepared, rule, job.largestBlock, thresholdBits, sink)),
  );
  return { edges: edges.finish(), pairsByRule };
}

/** Counts agreement patterns instead, of pairs that could reach the threshold. */
export function countUnits(
  job: Job,
  thresholdBits: number,
  next: () => number,
): { readonly patterns: PatternCounts; readonly pairsByRule: readonly number[] } {
  const patterns = new PatternCounts();
  const sink: Sink = { pairs: 0, edge: () => undefined, pattern: (pattern) => patterns.add(pattern, 1) };
  const loops: (BlockLoop | undefined)[] = [];
  const pairsByRule = runUnits(
    job,
    next,
    sink,
    (rule) => (loops[rule] ??= countLoop(job.prepared, rule, job.largestBlock, thresholdBits, sink)),
  );
  return { patterns, pairsByRule };
}

function runUnits(
  job: Job,
  next: () => number,
  sink: Sink,
  loopOf: (rule: number) => BlockLoop,
): readonly number[] {
  const pairsByRule = job.blocks.map(() => 0);
  const { units } = job;
  for (let unit = next(); unit * UNIT_INTS < units.length; unit = next()) {
    const at = unit * UNIT_INTS;
    const rule = units[at] as number;
    const blocks = job.blocks[rule];
    if (blocks === undefined) break;
    const loop = loopOf(rule);
    const first = units[at + 3] as number;
    sink.pairs = 0;
    for (let block = units[at + 1] as number; block < (units[at + 2] as number); block++) {
      const from = blocks.starts[block] as number;
      const to = blocks.starts[block + 1] as number;
      loop(blocks.order, from, to, first < 0 ? 0 : first, first < 0 ? to - from : (units[at + 4] as number));
    }
    pairsByRule[rule] = (pairsByRule[rule] ?? 0) + sink.pairs;
  }
  return pairsByRule;
}

export function inTurn(): () => number {
  let unit = 0;
  return () => unit++;
}

class EdgeList {
  #a = new Int32Array(1 << 12);
  #b = new Int32Array(1 << 12);
  #weights = new Float64Array(1 << 12);
  #count = 0;

  push(a: number, b: number, weight: number): void {
    if (this.#count === this.#a.length) this.#grow();
    this.#a[this.#count] = a;
    this.#b[this.#count] = b;
    this.#weights[this.#count++] = weight;
  }

  finish(): Edges {
    return {
      a: this.#a.slice(0, this.#count),
      b: this.#b.slice(0, this.#count),
      weights: this.#weights.slice(0, this.#count),
    };
  }

  #grow(): void {
    const [a, b, weights] = [this.#a, this.#b, this.#weights];
    this.#a = new Int32Array(a.length * 2);
    this.#b = new Int32Array(a.length * 2);
    this.#weights = new Float64Array(a.length * 2);
    this.#a.set(a);
    this.#b.set(b);
    this.#weights.set(weights);
  }
}

export function joinEdges(parts: readonly Edges[]): Edges {
  const only = parts[0];
  if (only !== undefined && parts.length === 1) return only;
  const count = parts.reduce((sum, { a }) => sum + a.length, 0);
  const joined = { a: new Int32Array(count), b: new Int32Array(count), weights: new Float64Array(count) };
  let at = 0;
  for (const part of parts) {
    joined.a.set(part.a, at);
    joined.b.set(part.b, at);
    joined.weights.set(part.weights, at);
    at += part.a.length;
  }
  return joined;
}

/** Counts by pattern number, by open addressing: patterns are far fewer than pairs. */
export class PatternCounts {
  #keys = new Float64Array(1 << 12).fill(-1);
  #counts = new Float64Array(1 << 12);
  #size = 0;

  add(pattern: number, count: number): void {
    const keys = this.#keys;
    const mask = keys.length - 1;
    // The high half of a large pattern number matters too.
    let slot = (Math.imul(pattern | 0, 0x9e3779b1) ^ Math.imul((pattern / 4294967296) | 0, 0x85ebca6b)) >>> 8;
    for (slot &= mask; ; slot = (slot + 1) & mask) {
      if (keys[slot] === pattern) break;
      if (keys[slot] === -1) {
        keys[slot] = pattern;
        if (++this.#size * 2 > keys.length) {
          this.#counts[slot] = count;
          this.#grow();
          return;
        }
        break;
      }
    }
    this.#counts[slot] = (this.#counts[slot] as number) + count;
  }

  *entries(): Generator<readonly [pattern: number, count: number]> {
    for (let slot = 0; slot < this.#keys.length; slot++)
      if (this.#keys[slot] !== -1) yield [this.#keys[slot] as number, this.#counts[slot] as number];
  }

  #grow(): void {
    const [keys, counts] = [this.#keys, this.#counts];
    this.#keys = new Float64Array(keys.length * 2).fill(-1);
    this.#counts = new Float64Array(keys.length * 2);
    this.#size = 0;
    for (let slot = 0; slot < keys.length; slot++)
      if (keys[slot] !== -1) this.add(keys[slot] as number, counts[slot] as number);
  }
}
