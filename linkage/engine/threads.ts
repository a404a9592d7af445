/** Shares a job between worker threads; small jobs, and places where no thread can start, run here. */
import { Worker } from 'node:worker_threads';
import {
  blockPairs,
  countUnits,
  inTurn,
  joinEdges,
  scoreUnits,
  type Edges,
  type Job,
  type PatternCounts,
  type Scored,
} from './score.ts';

/** Below this, starting a thread costs more than it saves (measured: see the bench). */
export const PAIRS_PER_THREAD = 1_000_000;

/** What a thread is told: the job's arrays are shared, not copied. */
export interface Order {
  readonly job: Job;
  readonly counter: Int32Array;
  readonly thresholdBits: number;
  readonly count: boolean;
}
export interface Answer {
  readonly edges?: Edges;
  readonly patterns?: Float64Array;
  readonly counts?: Float64Array;
  readonly pairsByRule: readonly number[];
}

export async function scoreOnThreads(job: Job, thresholdBits: number, threads: number): Promise<Scored> {
  const workers = Math.min(threads, Math.floor(blockPairs(job) / PAIRS_PER_THREAD));
  if (workers < 2) return scoreUnits(job, thresholdBits, inTurn());
  const counter = new Int32Array(new SharedArrayBuffer(4));
  const others = startThreads(workers - 1, { job, counter, thresholdBits, count: false });
  const own = scoreUnits(job, thresholdBits, () => Atomics.add(counter, 0, 1));
  const answers = await others;
  return {
    edges: joinEdges([own.edges, ...answers.flatMap(({ edges }) => edges ?? [])]),
    pairsByRule: added(own.pairsByRule, answers),
  };
}

export async function countOnThreads(
  job: Job,
  thresholdBits: number,
  threads: number,
): Promise<{ readonly patterns: PatternCounts; readonly pairsByRule: readonly number[] }> {
  const workers = Math.min(threads, Math.floor(blockPairs(job) / PAIRS_PER_THREAD));
  if (workers < 2) return countUnits(job, thresholdBits, inTurn());
  const counter = new Int32Array(new SharedArrayBuffer(4));
  const others = startThreads(workers - 1, { job, counter, thresholdBits, count: true });
  const own = countUnits(job, thresholdBits, () => Atomics.add(counter, 0, 1));
  const answers = await others;
  for (const { patterns, counts } of answers)
    patterns?.forEach((pattern, index) => own.patterns.add(pattern, counts?.[index] ?? 0));
  return { patterns: own.patterns, pairsByRule: added(own.pairsByRule, answers) };
}

const added = (own: readonly number[], answers: readonly Answer[]): readonly number[] =>
  own.map((pairs, rule) => answers.reduce((sum, { pairsByRule }) => sum + (pairsByRule[rule] ?? 0), pairs));

/**
 * A thread that cannot start (a bundle without the worker's file) has taken no unit, so nothing is lost; one that
 * starts and then fails has, so its failure is the job's.
 */
async function startThreads(count: number, order: Order): Promise<readonly Answer[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      let worker: Worker;
      try {
        worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: order });
      } catch {
        return { pairsByRule: [] };
      }
      return answerOf(worker);
    }),
  );
}

function answerOf(worker: Worker): Promise<Answer> {
  return new Promise((resolve, reject) => {
    worker.once('message', (answer: Answer) => resolve(answer));
    worker.once('error', (error: Error & { code?: string }) => {
      if (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND')
        resolve({ pairsByRule: [] });
      else reject(error);
    });
  });
}
