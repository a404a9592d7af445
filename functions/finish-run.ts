/** Ends a run, well or badly: gathers what the steps did into a summary, seals the ledger, frees the lease. */
import { z } from 'zod';
import { keys } from '../pipeline/zones.ts';
import { bucket } from './environment.ts';
import { sealLedger } from './ledger-seal.ts';
import { taskHandler } from './handler.ts';
import { eachOf, getJson, list, putJson } from './objects.ts';

const input = z.strictObject({
  runId: z.string().nullable(),
  executionName: z.string(),
  outcome: z.enum(['done', 'failed']),
  error: z.string().optional(),
});

export const handler = taskHandler(input, async ({ runId, executionName, outcome, error }, now) => {
  const control = bucket('control');
  const lease = await getJson<{ holder: string; runId: string; state: string }>(control, keys.control.lease);
  // A run whose plan failed knows no id but the lease's, and that only while the lease is its own.
  const isHolder = lease?.value.holder === executionName;
  const run = runId ?? (isHolder ? lease.value.runId : executionName);
  const steps = await list(control, keys.control.step(run, '').replace(/\.json$/, ''));
  const parts = await eachOf(steps, async ({ key }) => {
    const name = key.slice(keys.control.step(run, '').replace(/\.json$/, '').length, -'.json'.length);
    return [name, (await getJson<unknown>(control, key))?.value] as const;
  });
  const summary = {
    runId: run,
    outcome,
    ...(error === undefined ? {} : { error }),
    finishedAt: now.toISOString(),
    steps: Object.fromEntries(parts),
  };
  await putJson(control, keys.control.summary(run), summary, 'always');
  await sealLedger(now);
  if (isHolder && lease.value.state === 'held') {
    await putJson(control, keys.control.lease, { ...lease.value, state: outcome }, { ifMatch: lease.etag });
  }
  return { runId: run, outcome };
});
