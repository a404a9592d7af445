/** Freezes what a run will do: takes the lease, lists what has landed, and writes the plan every later step reads. */
import { DescribeExecutionCommand, ExecutionDoesNotExist } from '@aws-sdk/client-sfn';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { z } from 'zod';
import {
  keys,
  retentionFloor,
  type FeedState,
  type PlannedDelivery,
  type PlannedFeed,
  type RunPlan,
} from '../pipeline/zones.ts';
import { contracts } from './callers.ts';
import { s3, sfn } from './clients.ts';
import { bucket, landingBucket, setting } from './environment.ts';
import { taskHandler } from './handler.ts';
import { eachOf, getJson, list, putJson, replacePointer, RetryableError, sha256 } from './objects.ts';

const input = z.strictObject({ executionName: z.string().min(1) });

/** Who may run: one execution at a time. `done` leases are free. */
interface Lease {
  readonly holder: string;
  readonly runId: string;
  readonly attempt: number;
  readonly state: 'held' | 'done' | 'failed';
}
type Answer =
  | { readonly skip: true; readonly reason: string }
  | {
      readonly skip: false;
      readonly runId: string;
      readonly attempt: number;
      readonly feeds: readonly { readonly partner: string; readonly feed: string }[];
    };

/** A plan left unfinished is taken up again for this long; after that a new one sees the world as it is. */
const PLAN_GOOD_FOR_HOURS = 12;

export const handler = taskHandler(input, async ({ executionName }, now): Promise<Answer> => {
  const lease = await takeLease(executionName, now);
  if (lease === null) return { skip: true, reason: 'another run holds the lease' };
  const planned = await getJson<RunPlan>(bucket('control'), keys.control.plan(lease.runId));
  const plan = planned?.value ?? (await makePlan(lease.runId, now));
  return {
    skip: false,
    runId: plan.runId,
    attempt: lease.attempt,
    feeds: plan.feeds.map(({ partner, feed }) => ({ partner, feed })),
  };
});

async function takeLease(executionName: string, now: Date): Promise<Lease | null> {
  const control = bucket('control');
  const found = await getJson<Lease>(control, keys.control.lease);
  const before = found?.value;
  if (before?.state === 'held') {
    if (before.holder === executionName) return before;
    if (await isRunning(before.holder)) return null;
  }
  // An execution that died half-way left a plan: the same plan is attempted again, so nothing is half done twice.
  const unfinished = before !== undefined && before.state !== 'done' && (await isFresh(before.runId, now));
  const lease: Lease = {
    holder: executionName,
    runId: unfinished ? before.runId : executionName,
    attempt: unfinished ? before.attempt + 1 : 1,
    state: 'held',
  };
  await replacePointer(control, keys.control.lease, lease, found);
  return lease;
}

async function isRunning(executionName: string): Promise<boolean> {
  try {
    const arn = `${setting('TVT_DAILY_RUN_ARN').replace(':stateMachine:', ':execution:')}:${executionName}`;
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
    return status === 'RUNNING';
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return false;
    throw error;
  }
}

async function isFresh(runId: string, now: Date): Promise<boolean> {
  const plan = await getJson<RunPlan>(bucket('control'), keys.control.plan(runId));
  if (plan === null) return false;
  return now.getTime() - Date.parse(plan.value.plannedAt) < PLAN_GOOD_FOR_HOURS * 3_600_000;
}

async function makePlan(runId: string, now: Date): Promise<RunPlan> {
  const { partners, feeds } = contracts();
  const shared = [...partners.values()]
    .filter(({ status }) => status === 'active')
    .flatMap((partner) => partner.feeds.map(({ feed }) => ({ partner: partner.id, feed })));
  const current = await getJson<{ snapshot: string }>(bucket('linked'), keys.linked.current);
  const today = now.toISOString().slice(0, 10);
  const plan: RunPlan = {
    runId,
    plannedAt: now.toISOString(),
    today,
    retentionFloor: retentionFloor(today),
    feeds: await eachOf(shared, async ({ partner, feed }): Promise<PlannedFeed> => {
      const contract = feeds.get(feed);
      if (contract === undefined) throw new Error('a partner shares a feed that has no contract');
      return {
        partner,
        feed,
        contract: `${contract.id}@${contract.version}`,
        deliveries: await waiting(partner, feed),
      };
    }),
    previousSnapshot: current?.value.snapshot ?? null,
    snapshot: `s${now.toISOString().replace(/[-:T]|\.\d+Z/g, '')}-${sha256(runId).slice(0, 8)}`,
  };
  const outcome = await putJson(bucket('control'), keys.control.plan(runId), plan, { ifNoneMatch: true });
  if (outcome === 'lost') throw new RetryableError('the plan was written by another attempt');
  return plan;
}

/** Deliveries of a feed on which no run has decided yet, in the order they are to be applied. */
async function waiting(partner: string, feed: string): Promise<readonly PlannedDelivery[]> {
  const state = await getJson<FeedState>(bucket('records'), keys.records.feedState(partner, feed));
  const decided = new Set(state?.value.considered ?? []);
  const zone = landingBucket(partner);
  const landed = await list(zone, keys.landing.feedDeliveries(feed));
  const undecided = landed.filter(({ key }) => !decided.has(deliveryIdOf(key)));
  const deliveries = await eachOf(undecided, async ({ key, size }): Promise<PlannedDelivery> => {
    const head = await s3.send(new HeadObjectCommand({ Bucket: zone, Key: key }));
    const signed = head.Metadata ?? {};
    return {
      deliveryId: deliveryIdOf(key),
      key,
      versionId: head.VersionId ?? '',
      bytes: size,
      kind: signed.kind === 'changes' || signed.kind === 'nil' ? signed.kind : 'full',
      extracted: signed.extracted ?? null,
      rows: signed.rows === undefined ? null : Number(signed.rows),
    };
  });
  return deliveries.sort(inOrder);
}

const deliveryIdOf = (key: string): string => key.split('/').at(-1) ?? '';

/** Older extracts first; those without a date by when their address was issued. */
function inOrder(a: PlannedDelivery, b: PlannedDelivery): number {
  const day = (delivery: PlannedDelivery): string => delivery.extracted ?? delivery.deliveryId.slice(0, 8);
  const left = day(a).replaceAll('-', '');
  const right = day(b).replaceAll('-', '');
  return left < right ? -1 : left > right ? 1 : a.deliveryId < b.deliveryId ? -1 : 1;
}
