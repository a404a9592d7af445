/** Writes what a step did to the ledger: one segment per step, so that a retry writes no second account. */
import { makeSegment } from '../pipeline/ledger/chain.ts';
import type { LedgerEvent } from '../pipeline/ledger/events.ts';
import { keys } from '../pipeline/zones.ts';
import { bucket } from './environment.ts';
import { putText, sha256 } from './objects.ts';

/** @param scope names the step and what it was for (run, feed, digest): the first account of it stands. */
export async function recordActs(
  writer: string,
  scope: string,
  events: readonly LedgerEvent[],
): Promise<void> {
  const first = events[0];
  if (first === undefined) return;
  const segment = makeSegment(events);
  const id = sha256(`${writer}|${scope}`).slice(0, 32);
  const key = keys.ledger.segment(first.at.slice(0, 10), writer, id);
  await putText(bucket('ledger'), key, Buffer.from(segment.bytes).toString('utf8'), { ifNoneMatch: true });
}
