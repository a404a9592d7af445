/** The processes of all functions: kept warm between events, shared out under a cap, ended when idle or when told. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceError, type StandIn } from '../service.ts';
import type { LambdaFunction } from './functions.ts';
import type { InvocationOutcome } from './protocol.ts';
import { startWorker, type FunctionWorker } from './worker.ts';

/** Processes alive at once: with DuckDB in each, what keeps a laptop under 2 GB. */
const PROCESS_LIMIT = 4;
/** A process without work is ended after this long; its next event starts a fresh one. */
const IDLE_LIMIT_MS = 60_000;

export interface Pool {
  /** Waits for a free process when all are busy; throws 429 where the function's own reserve is used up. */
  invoke(target: LambdaFunction, requestId: string, payload: string): Promise<InvocationOutcome>;
  /** Ends every process of a role at once; what they were doing fails like a crashed runtime. */
  readonly killWorkersOf: (roleName: string) => void;
  stop(): void;
}

interface Slot {
  readonly worker: FunctionWorker;
  busy: boolean;
  lastUsedMs: number;
}

export function createPool(standIn: StandIn): Pool {
  // What the processes of a stand-in that was killed had spilt to disk.
  rmSync(join(standIn.dataDir, 'lambda', 'tmp'), { recursive: true, force: true });
  const slots = new Set<Slot>();
  const waiting: (() => void)[] = [];
  const inFlight = new Map<string, number>();
  let stopped = false;

  const drop = (slot: Slot): void => {
    slot.worker.end();
    slots.delete(slot);
  };
  const sweep = setInterval(() => {
    for (const slot of slots)
      if (!slot.busy && performance.now() - slot.lastUsedMs > IDLE_LIMIT_MS) drop(slot);
  }, IDLE_LIMIT_MS / 6);
  sweep.unref();

  const take = async (target: LambdaFunction): Promise<Slot> => {
    for (;;) {
      if (stopped) throw new ServiceError(503, 'ServiceException', 'The stand-in is stopping.');
      const idle = [...slots].filter(({ busy }) => !busy);
      for (const slot of idle) if (!slot.worker.alive) drop(slot);
      const warm = idle.find(({ worker }) => worker.alive && worker.target === target);
      if (warm !== undefined) return claim(warm);
      const oldest = idle.filter(({ worker }) => worker.alive).sort((a, b) => a.lastUsedMs - b.lastUsedMs)[0];
      if (slots.size >= PROCESS_LIMIT && oldest !== undefined) drop(oldest);
      if (slots.size < PROCESS_LIMIT) {
        const worker = startWorker(standIn, target, randomUUID());
        const slot = { worker, busy: false, lastUsedMs: performance.now() };
        slots.add(slot);
        return claim(slot);
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };

  return {
    async invoke(target, requestId, payload) {
      const running = inFlight.get(target.name) ?? 0;
      if (target.reservedConcurrency !== undefined && running >= target.reservedConcurrency) {
        throw new ServiceError(429, 'TooManyRequestsException', 'Rate Exceeded.', {
          Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
        });
      }
      inFlight.set(target.name, running + 1);
      try {
        const slot = await take(target);
        const outcome = await slot.worker.run(requestId, payload);
        slot.busy = false;
        slot.lastUsedMs = performance.now();
        if (!slot.worker.alive) drop(slot);
        return outcome;
      } finally {
        inFlight.set(target.name, (inFlight.get(target.name) ?? 1) - 1);
        waiting.shift()?.();
      }
    },
    killWorkersOf(roleName) {
      for (const { worker } of slots) if (worker.target.roleName === roleName) worker.end();
    },
    stop() {
      stopped = true;
      clearInterval(sweep);
      for (const slot of slots) drop(slot);
      waiting.splice(0).forEach((wake) => wake());
    },
  };
}

function claim(slot: Slot): Slot {
  slot.busy = true;
  return slot;
}
