/** Applies a feed's accepted deliveries to the records in force, and drops what six years have passed over. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NoSuchKey } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { mergeFeed, type MergeCounts, type StagedInput } from '../pipeline/normalise/merge.ts';
import { STAGED_TABLES, type StagedTable } from '../pipeline/normalise/stage.ts';
import { openDuck } from '../pipeline/parquet.ts';
import { keys, monthOf, type FeedState, type RunPlan } from '../pipeline/zones.ts';
import { recordActs } from './acts.ts';
import { bucket } from './environment.ts';
import { taskHandler } from './handler.ts';
import { download, eachOf, getJson, putJson, replacePointer, upload, withScratch } from './objects.ts';
import type { ReceivedDelivery } from './receive-feed.ts';
import { fetchAll } from './record-files.ts';

const input = z.strictObject({ runId: z.string(), partner: z.string(), feed: z.string() });

/** Deliveries remembered as decided: as many as can still lie in landing, with room to spare. */
const REMEMBERED_DELIVERIES = 2000;

export const handler = taskHandler(input, async ({ runId, partner, feed }) => {
  const plan = (await getJson<RunPlan>(bucket('control'), keys.control.plan(runId)))?.value;
  const step = keys.control.step(runId, `receive/${partner}/${feed}`);
  const received = (await getJson<{ deliveries: readonly ReceivedDelivery[] }>(bucket('control'), step))
    ?.value;
  if (plan === undefined || received === undefined) throw new Error('the run has not received this feed');
  const found = await getJson<FeedState>(bucket('records'), keys.records.feedState(partner, feed));
  const state = found?.value ?? empty(partner, feed);
  const told = keys.control.step(runId, `normalise/${partner}/${feed}`);
  const ids = received.deliveries.map(({ deliveryId }) => deliveryId);
  const isDone =
    found !== null && ids.every((id) => state.considered.includes(id)) && !hasExpired(state, plan);
  if (isDone) {
    // A retry after the state was replaced, or a day without news: what was told stands.
    await putJson(bucket('control'), told, { counts: NOTHING }, { ifNoneMatch: true });
    const earlier = (await getJson<{ counts: MergeCounts }>(bucket('control'), told))?.value.counts;
    if (earlier !== undefined) await account(plan, partner, feed, earlier);
    return { runId, partner, feed };
  }
  const merged = await merge(plan, state, received.deliveries);
  // Told before the state moves: a retry then finds the state moved and leaves what was told alone.
  await putJson(bucket('control'), told, { counts: merged.counts, superseded: merged.superseded }, 'always');
  const considered = [...new Set([...state.considered, ...ids])].slice(-REMEMBERED_DELIVERIES);
  await replacePointer(
    bucket('records'),
    keys.records.feedState(partner, feed),
    { ...merged.state, considered },
    found,
  );
  await account(plan, partner, feed, merged.counts);
  return { runId, partner, feed };
});

/** What was told goes to the ledger, by whichever attempt comes so far first. */
const account = (plan: RunPlan, partner: string, feed: string, counts: MergeCounts): Promise<void> =>
  recordActs('normalise-feed', `${plan.runId}|${partner}|${feed}`, actsOf(plan, partner, feed, counts));

const empty = (partner: string, feed: string): FeedState => ({
  partner,
  feed,
  appliedDelivery: null,
  appliedRun: null,
  considered: [],
  lastExtracted: null,
  months: {},
});

const NOTHING = {
  inserted: 0,
  updated: 0,
  withdrawn: 0,
  expired: 0,
  monthsRewritten: 0,
  bytesRead: 0,
  bytesWritten: 0,
};

/** Only a month that reaches below the floor can hold a row that has had its six years. */
const hasExpired = (state: FeedState, plan: RunPlan): boolean =>
  Object.keys(state.months).some((month) => month <= monthOf(plan.retentionFloor));

function merge(plan: RunPlan, state: FeedState, deliveries: readonly ReceivedDelivery[]) {
  return withScratch(async (folder) => {
    const staged = await eachOf(
      deliveries.filter(({ accepted }) => accepted),
      (delivery) => fetchStaged(plan, state, delivery, join(folder, delivery.deliveryId)),
      2,
    );
    const { held, stateFiles } = await fetchState(plan, state, join(folder, 'state'));
    const outDir = join(folder, 'out');
    await mkdir(outDir, { recursive: true });
    const duck = await openDuck({ memoryMb: 1024, threads: 1, tempDir: folder });
    try {
      const merged = await mergeFeed({
        duck,
        state: held,
        stateFiles,
        staged,
        runId: plan.runId,
        retentionFloor: plan.retentionFloor,
        outDir,
      });
      await eachOf(merged.newFiles, ({ key, path }) => upload(path, bucket('records'), key), 4);
      return merged;
    } finally {
      await duck.close();
    }
  });
}

/**
 * The files in force. The bucket's own lifecycle erases a month once its time is over, whether the daily run came by or
 * not: after a pause of months such a month is gone, and leaves the state with the rest of what has expired.
 */
async function fetchState(plan: RunPlan, state: FeedState, folder: string) {
  const fetched = await eachOf(
    Object.entries(state.months),
    async ([month, tables]) => {
      const names = Object.values(tables).map(({ key }) => key);
      try {
        return { month, tables, files: await fetchAll(bucket('records'), names, join(folder, month)) };
      } catch (error) {
        if (error instanceof NoSuchKey && month < monthOf(plan.retentionFloor)) return null;
        throw error;
      }
    },
    4,
  );
  const there = fetched.filter((month) => month !== null);
  return {
    held: { ...state, months: Object.fromEntries(there.map(({ month, tables }) => [month, tables])) },
    stateFiles: Object.fromEntries(there.flatMap(({ files }) => [...files])),
  };
}

async function fetchStaged(
  plan: RunPlan,
  { partner, feed }: FeedState,
  { deliveryId, kind, extracted }: ReceivedDelivery,
  folder: string,
): Promise<StagedInput> {
  if (kind === 'nil') return { deliveryId, kind, extracted, files: null };
  const paths = await eachOf(STAGED_TABLES, async (table) => {
    const path = join(folder, `${table}.parquet`);
    await download(
      bucket('records'),
      keys.records.staging(plan.runId, partner, feed, deliveryId, table),
      path,
    );
    return [table, path] as const;
  });
  return { deliveryId, kind, extracted, files: Object.fromEntries(paths) as Record<StagedTable, string> };
}

function actsOf(plan: RunPlan, partner: string, feed: string, counts: MergeCounts) {
  const act = (type: 'alteration' | 'erasure', what: string, purpose: string, rows: number) =>
    rows === 0
      ? []
      : [
          {
            type,
            at: plan.plannedAt,
            actor: 'normalise-feed',
            act: what,
            purpose,
            subject: { run: plan.runId, partner, feed },
            counts: { rows },
          },
        ];
  return [
    ...act('alteration', 'records-added', 'daily-run', counts.inserted),
    ...act('alteration', 'records-corrected', 'daily-run', counts.updated),
    ...act('erasure', 'records-withdrawn', 'withdrawn-at-source', counts.withdrawn),
    ...act('erasure', 'records-expired', 'retention', counts.expired),
  ];
}
