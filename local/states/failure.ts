/** How a state fails: an error name and a cause, and the rules by which Retry and Catch match the name. */

/** A failure as the states language knows it. */
export class StateFailure extends Error {
  readonly error: string;
  readonly failureCause: string;
  constructor(error: string, cause: string) {
    super(`${error}: ${cause}`);
    this.error = error;
    this.failureCause = cause;
  }
}

/** The execution was stopped, ran out of time, or the stand-in is going down: nothing inside may catch it. */
export class Halted extends Error {}

/** Never retried and never caught: the execution fails (Step Functions guide, "Error names"). */
const FATAL = 'States.Runtime';
/** Matched only where it is named: States.ALL and States.TaskFailed pass it by. */
const ONLY_BY_NAME = 'States.DataLimitExceeded';

export function matches(errorEquals: readonly string[], error: string): boolean {
  if (error === FATAL) return false;
  if (errorEquals.includes(error)) return true;
  if (error === ONLY_BY_NAME) return false;
  if (errorEquals.includes('States.ALL')) return true;
  const timedOut = error === 'States.Timeout' || error === 'States.HeartbeatTimeout';
  // A missed heartbeat is a time-out too.
  return errorEquals.includes(timedOut ? 'States.Timeout' : 'States.TaskFailed');
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly BackoffRate: number;
  readonly MaxAttempts: number;
  readonly MaxDelaySeconds?: number | undefined;
  readonly JitterStrategy: 'FULL' | 'NONE';
}

/** Seconds before the attempt after `used` earlier retries; FULL jitter draws evenly from zero to that. */
export function delaySeconds(retrier: Retrier, used: number, random: () => number): number {
  const grown = retrier.IntervalSeconds * retrier.BackoffRate ** used;
  const capped = Math.min(grown, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.JitterStrategy === 'FULL' ? capped * random() : capped;
}
