/** The movable clock: real time plus an offset kept under the data directory; what is due runs before a move resolves. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from './service.ts';

/** Told after the clock has moved: `now()` already answers `to`. Rejecting stops the move and fails it. */
type MoveListener = (from: Date, to: Date) => Promise<void>;

type NextDue = (after: Date, until: Date) => Date | undefined;

export interface MovableClock extends Clock {
  /** Listeners run one after another, in the order they were added, before `moveTo` resolves. */
  onMove(listener: MoveListener): void;
  /**
   * Asks, during a move, for the next moment after `after` at which something is due: the clock then stops there
   * and runs every listener before it goes on, so that a schedule of 02:00 runs while the clock says 02:00. `until`
   * is where the move ends.
   */
  addStops(nextDue: NextDue): void;
}

/** Whether this clock tells when it moves: the stand-in's own does, a test's plain one need not. */
export const isMovable = (clock: Clock): clock is MovableClock => 'onMove' in clock && 'addStops' in clock;

const Saved = z.strictObject({ offsetMs: z.number().int() });

export function createClock(dataDir: string, realNow: () => number = Date.now): MovableClock {
  const file = join(dataDir, 'clock.json');
  const listeners: MoveListener[] = [];
  const stops: NextDue[] = [];
  let offset = readOffset(file);
  let moving: Promise<void> = Promise.resolve();

  const jump = async (to: Date): Promise<void> => {
    const from = new Date(realNow() + offset);
    offset = to.getTime() - realNow();
    // Written aside and renamed: a stand-in killed here wakes with the old time or the new, never with none.
    writeFileSync(`${file}.new`, JSON.stringify({ offsetMs: offset }), { mode: 0o600 });
    renameSync(`${file}.new`, file);
    for (const listener of listeners) await listener(from, to);
  };

  const move = async (date: Date): Promise<void> => {
    const now = realNow() + offset;
    if (Number.isNaN(date.getTime())) throw new RangeError('The clock moves to a date, and this is none.');
    if (date.getTime() < now) {
      throw new RangeError(`The clock never goes back: it is ${new Date(now).toISOString()} already.`);
    }
    let after = now;
    for (;;) {
      const due = earliest(stops, after, date);
      if (due === undefined || due > date.getTime()) break;
      await jump(new Date(Math.max(due, realNow() + offset)));
      after = due;
    }
    await jump(new Date(Math.max(date.getTime(), realNow() + offset)));
  };

  return {
    now: () => new Date(realNow() + offset),
    offsetMs: () => offset,
    moveTo(date) {
      // One move at a time: two at once would run the same due schedule twice.
      const next = moving.then(() => move(date));
      moving = next.catch(() => undefined);
      return next;
    },
    onMove: (listener) => void listeners.push(listener),
    addStops: (nextDue) => void stops.push(nextDue),
  };
}

function earliest(stops: readonly NextDue[], after: number, until: Date): number | undefined {
  const due = stops.flatMap((nextDue) => {
    const at = nextDue(new Date(after), until)?.getTime();
    return at !== undefined && at > after ? [at] : [];
  });
  return due.length === 0 ? undefined : Math.min(...due);
}

function readOffset(file: string): number {
  try {
    return Saved.parse(JSON.parse(readFileSync(file, 'utf8'))).offsetMs;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}
