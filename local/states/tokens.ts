/** Task tokens waiting for an answer from outside. */
import { ServiceError } from '../service.ts';
import type { TokenOutcome } from './journal.ts';

interface PendingToken {
  readonly machineArn: string;
  readonly settle: (outcome: TokenOutcome) => void;
  readonly beat: () => void;
}

export interface TokenDesk {
  open(token: string, pending: PendingToken): void;
  close(token: string): void;
  /** Throws InvalidToken, or TaskTimedOut for one that was answered or given up. */
  find(token: string): PendingToken;
}

export function createTokenDesk(): TokenDesk {
  const pending = new Map<string, PendingToken>();
  const closed = new Set<string>();
  return {
    open: (token, entry) => void pending.set(token, entry),
    close: (token) => {
      pending.delete(token);
      closed.add(token);
    },
    find(token) {
      const entry = pending.get(token);
      if (entry !== undefined) return entry;
      if (closed.has(token)) {
        throw new ServiceError(400, 'TaskTimedOut', 'Task Timed Out: the task does not exist anymore');
      }
      throw new ServiceError(400, 'InvalidToken', 'Invalid Token');
    },
  };
}
