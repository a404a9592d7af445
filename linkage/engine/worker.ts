/** One thread's share of a job: takes units off the common counter until there are none. */
import { parentPort, workerData } from 'node:worker_threads';
import { countUnits, scoreUnits } from './score.ts';
import type { Answer, Order } from './threads.ts';

const order = workerData as Order;
const next = (): number => Atomics.add(order.counter, 0, 1);

if (order.count) {
  const { patterns, pairsByRule } = countUnits(order.job, order.thresholdBits, next);
  const entries = [...patterns.entries()];
  parentPort?.postMessage({
    patterns: Float64Array.from(entries, ([pattern]) => pattern),
    counts: Float64Array.from(entries, ([, count]) => count),
    pairsByRule,
  } satisfies Answer);
} else {
  const { edges, pairsByRule } = scoreUnits(order.job, order.thresholdBits, next);
  parentPort?.postMessage({ edges, pairsByRule } satisfies Answer, [
    edges.a.buffer as ArrayBuffer,
    edges.b.buffer as ArrayBuffer,
    edges.weights.buffer as ArrayBuffer,
  ]);
}
