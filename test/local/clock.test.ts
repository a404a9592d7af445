/** The movable clock: it goes forward only, what is due runs before it has arrived, and it survives a restart. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createClock, type MovableClock } from '../../local/clock.ts';

let dataDir: string;
let real: number;
let clock: MovableClock;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tvt-clock-'));
  real = Date.parse('2026-01-01T00:00:00Z');
  clock = createClock(dataDir, () => real);
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));

it('is real time until it is moved, and goes on from where it was moved to', async () => {
  expect(clock.now()).toEqual(day(1));
  await clock.moveTo(day(10));
  real += 1000;
  expect(clock.now().getTime()).toBe(day(10).getTime() + 1000);
  expect(clock.offsetMs()).toBe(9 * 86_400_000);
});

it('never goes back', async () => {
  await clock.moveTo(day(10));
  await expect(clock.moveTo(day(9))).rejects.toThrow('never goes back');
  await expect(clock.moveTo(new Date('none'))).rejects.toThrow(RangeError);
  expect(clock.now()).toEqual(day(10));
});

it('has run what is due before a move resolves, one listener after another', async () => {
  const seen: string[] = [];
  clock.onMove(async (from, to) => {
    await Promise.resolve();
    seen.push(`first ${from.toISOString()} ${to.toISOString()} ${clock.now().toISOString()}`);
  });
  clock.onMove(() => Promise.resolve(void seen.push('second')));
  await clock.moveTo(day(2));
  const [from, to] = [day(1).toISOString(), day(2).toISOString()];
  expect(seen).toEqual([`first ${from} ${to} ${to}`, 'second']);
});

it('stops at every moment at which something is due', async () => {
  const stops: string[] = [];
  const twoOClock = (after: Date): Date => {
    const due = new Date(after);
    due.setUTCHours(2, 0, 0, 0);
    return due > after ? due : new Date(due.getTime() + 86_400_000);
  };
  clock.addStops(twoOClock);
  clock.onMove((_from, to) => Promise.resolve(void stops.push(to.toISOString().slice(5, 16))));
  await clock.moveTo(day(4));
  expect(stops).toEqual(['01-01T02:00', '01-02T02:00', '01-03T02:00', '01-04T00:00']);
});

it('takes one move at a time', async () => {
  const seen: string[] = [];
  clock.onMove(async (_from, to) => {
    seen.push(`begin ${String(to.getUTCDate())}`);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(`end ${String(to.getUTCDate())}`);
  });
  await Promise.all([clock.moveTo(day(2)), clock.moveTo(day(3))]);
  expect(seen).toEqual(['begin 2', 'end 2', 'begin 3', 'end 3']);
});

it('is where it was after a restart', async () => {
  await clock.moveTo(day(10));
  expect(createClock(dataDir, () => real).now()).toEqual(day(10));
});

it('fails a move whose listener fails, and takes the next one', async () => {
  let fails = true;
  clock.onMove(() => (fails ? Promise.reject(new Error('the run failed')) : Promise.resolve()));
  await expect(clock.moveTo(day(2))).rejects.toThrow('the run failed');
  fails = false;
  await expect(clock.moveTo(day(3))).resolves.toBeUndefined();
});
