/** The scheduler: the schedules of the templates, fired on the movable clock, listed over its REST API. */
import { isMovable } from '../clock.ts';
import { ServiceError } from '../service.ts';
import type { Call, Reply, Service, StandIn } from '../service.ts';
import { isLongMove, occurrencesBetween } from './due.ts';
import { answer } from './operations.ts';
import { schedulesOf } from './schedules.ts';
import type { Schedule } from './schedules.ts';
import { fire, settles } from './start-execution.ts';

export interface Scheduler extends Service {
  readonly schedules: readonly Schedule[];
  /** Runs, one after another, every occurrence not yet run up to this moment. */
  runDue(now: Date): Promise<void>;
  /** The next occurrence of any schedule; `until` is where the clock is going, so that a long move does not stop each night. */
  nextDue(after: Date, until?: Date): Date | undefined;
  /** Begins to watch real time. */
  start(): void;
  stop(): void;
}

/** How often real time is looked at: occurrences are whole minutes. */
const WATCH_EVERY_MS = 5_000;

/** What was missed while the stand-in was down stays missed: AWS is never down, and a laptop asleep owes no runs. */
export function createScheduler(standIn: StandIn): Scheduler {
  const { clock } = standIn;
  const schedules = schedulesOf(standIn.templates, clock.now());
  let doneUpTo = clock.now();
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const runDue = (now: Date): Promise<void> => {
    // The watermark moves before anything runs, so that two callers never run the same occurrence.
    const due = now > doneUpTo ? occurrencesBetween(schedules, doneUpTo, now) : [];
    if (now > doneUpTo) doneUpTo = now;
    running = running.then(async () => {
      for (const occurrence of due) await runOne(standIn, occurrence);
    });
    return running;
  };
  const nextDue = (after: Date, until?: Date): Date | undefined => {
    if (until !== undefined && isLongMove(after, until)) return undefined;
    const next = schedules.flatMap((schedule) => schedule.next(after)?.getTime() ?? []);
    return next.length === 0 ? undefined : new Date(Math.min(...next));
  };
  if (isMovable(clock)) {
    clock.addStops(nextDue);
    clock.onMove((_from, to) => runDue(to));
  }
  return {
    name: 'scheduler',
    schedules,
    runDue,
    nextDue,
    handle: (call) => handle(standIn, schedules, call),
    start() {
      timer ??= setInterval(() => void runDue(clock.now()), WATCH_EVERY_MS).unref();
    },
    stop: () => clearInterval(timer),
  };
}

/** A failing target is the schedule's misfortune, not the clock's: it is said on standard error, and time goes on. */
async function runOne(standIn: StandIn, occurrence: Parameters<typeof fire>[1]): Promise<void> {
  const fired = await fire(standIn, occurrence);
  if (fired.outcome === 'dropped') {
    const { schedule, at } = occurrence;
    console.error(`scheduler: ${schedule.name} of ${at.toISOString()} was dropped: ${fired.code}`);
    return;
  }
  const states = standIn.service('states');
  if (settles(states)) await states.settled(fired.executionArn);
}

async function handle(standIn: StandIn, schedules: readonly Schedule[], call: Call): Promise<Reply> {
  const answered = answer(standIn.authoriser, schedules, call);
  const note = (errorCode?: string): void =>
    standIn.trail.write({
      eventTime: standIn.clock.now().toISOString(),
      eventSource: 'scheduler.amazonaws.com',
      eventName: answered.eventName,
      userArn: call.principal.arn,
      resources: answered.resources,
      readOnly: answered.eventName !== 'NotImplemented',
      requestId: call.requestId,
      ...(errorCode === undefined ? {} : { errorCode }),
    });
  try {
    const reply = answered.run();
    note();
    return await Promise.resolve(reply);
  } catch (error) {
    note(error instanceof ServiceError ? error.code : 'InternalError');
    throw error;
  }
}
