/** Takes in a feed's deliveries: accepts or quarantines each file whole, writes its receipt, and stages what was accepted. */
import { join } from 'node:path';
import { DeleteObjectsCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { validateDelivery, type LandingResult } from '../pipeline/landing/validate.ts';
import { renderReceipt } from '../pipeline/landing/receipt.ts';
import { openStaging, STAGED_TABLES } from '../pipeline/normalise/stage.ts';
import { openDuck } from '../pipeline/parquet.ts';
import { keys, type PlannedDelivery, type PlannedFeed, type RunPlan } from '../pipeline/zones.ts';
import { recordActs } from './acts.ts';
import { contracts } from './callers.ts';
import { s3 } from './clients.ts';
import { bucket, contractsFolder, landingBucket } from './environment.ts';
import { taskHandler } from './handler.ts';
import { download, getJson, putJson, putText, upload, withScratch } from './objects.ts';
import { pseudonymSecret } from './pseudonym-secret.ts';

const input = z.strictObject({ runId: z.string(), partner: z.string(), feed: z.string() });

/** What the step says of each delivery; normalising reads it, and the run's summary shows it. */
export interface ReceivedDelivery {
  readonly deliveryId: string;
  readonly kind: PlannedDelivery['kind'];
  readonly extracted: string | null;
  readonly accepted: boolean;
  readonly rows: number;
  /** The law does not let this file be held: its bytes go once this is written down. */
  readonly mustGo: boolean;
}

export const handler = taskHandler(input, async ({ runId, partner, feed }) => {
  const plan = (await getJson<RunPlan>(bucket('control'), keys.control.plan(runId)))?.value;
  const planned = plan?.feeds.find((candidate) => candidate.partner === partner && candidate.feed === feed);
  if (plan === undefined || planned === undefined) throw new Error('the feed is not in the plan of the run');
  const step = keys.control.step(runId, `receive/${partner}/${feed}`);
  const told = await getJson<{ deliveries: readonly ReceivedDelivery[] }>(bucket('control'), step);
  // A retry after it was told: a file that had to go may be gone by now, so nothing is read again.
  const deliveries = told?.value.deliveries ?? (await receiveAll(plan, planned));
  if (told === null) await putJson(bucket('control'), step, { deliveries }, 'always');
  for (const { deliveryId, mustGo } of deliveries)
    if (mustGo) await deleteUpload(landingBucket(partner), keys.landing.delivery(feed, deliveryId));
  await recordActs(
    'receive-feed',
    `${runId}|${partner}|${feed}`,
    deliveries.map(({ deliveryId, accepted, rows }) => ({
      type: 'collection' as const,
      at: plan.plannedAt,
      actor: 'receive-feed',
      act: accepted ? 'delivery-accepted' : 'delivery-quarantined',
      purpose: 'daily-run',
      subject: { run: runId, partner, feed, delivery: deliveryId },
      counts: { rows },
    })),
  );
  return {
    runId,
    partner,
    feed,
    accepted: deliveries.filter(({ accepted }) => accepted).length,
    deliveries: deliveries.length,
  };
});

async function receiveAll(plan: RunPlan, planned: PlannedFeed): Promise<readonly ReceivedDelivery[]> {
  const secret = planned.deliveries.length === 0 ? new Uint8Array() : await pseudonymSecret('record-ref/v1');
  const deliveries: ReceivedDelivery[] = [];
  for (const delivery of planned.deliveries) deliveries.push(await receive(plan, planned, delivery, secret));
  return deliveries;
}

async function receive(
  plan: RunPlan,
  { partner, feed }: PlannedFeed,
  delivery: PlannedDelivery,
  secret: Uint8Array,
): Promise<ReceivedDelivery> {
  const { partners, feeds } = contracts();
  const contract = feeds.get(feed);
  const sender = partners.get(partner);
  if (contract === undefined || sender === undefined)
    throw new Error('the plan names a feed or partner without contract');
  const result = await withScratch(async (folder) => {
    const path = join(folder, 'delivery');
    await download(landingBucket(partner), delivery.key, path, delivery.versionId);
    const staging = openStaging({ contract, partner, secret, folder });
    try {
      const judged = await validateDelivery({
        file: path,
        contract,
        share: sender.feeds.find((share) => share.feed === feed),
        declared: { kind: delivery.kind, rows: delivery.rows, extracted: delivery.extracted },
        today: plan.today,
        sink: staging.sink,
      });
      if (judged.accepted && delivery.kind !== 'nil') {
        const duck = await openDuck({ memoryMb: 768, threads: 1, tempDir: folder });
        try {
          const staged = await staging.finish(duck, join(contractsFolder(), 'reference', 'postcodes.csv'));
          for (const table of STAGED_TABLES)
            await upload(
              staged[table].path,
              bucket('records'),
              keys.records.staging(plan.runId, partner, feed, delivery.deliveryId, table),
            );
        } finally {
          await duck.close();
        }
      }
      return judged;
    } finally {
      staging.discard();
    }
  });
  await writeReceipt(plan, { partner, feed }, delivery, result);
  const { deliveryId, kind, extracted } = delivery;
  const { accepted, deletesUpload: mustGo } = result;
  return { deliveryId, kind, extracted, accepted, rows: result.counts.loaded, mustGo };
}

/** JSON last: whoever sees it finds the page and the CSV there too. The first receipt of a delivery stands. */
async function writeReceipt(
  plan: RunPlan,
  { partner, feed }: { readonly partner: string; readonly feed: string },
  delivery: PlannedDelivery,
  result: LandingResult,
): Promise<void> {
  const { partners, feeds } = contracts();
  const receipt = renderReceipt(result, {
    deliveryId: delivery.deliveryId,
    partner,
    partnerName: partners.get(partner)?.name ?? partner,
    feed,
    feedName: feeds.get(feed)?.name ?? feed,
    contractVersion: feeds.get(feed)?.version ?? '',
    kind: delivery.kind,
    extracted: delivery.extracted,
    judgedAt: plan.plannedAt,
  });
  const zone = landingBucket(partner);
  const put = (as: 'json' | 'html' | 'csv', body: string, type: string): Promise<unknown> =>
    putText(zone, keys.landing.receipt(feed, delivery.deliveryId, as), body, { ifNoneMatch: true }, type);
  await put('html', receipt.html, 'text/html; charset=utf-8');
  await put('csv', receipt.csv, 'text/csv; charset=utf-8');
  await put('json', receipt.json, 'application/json');
}

/** Every version of the file. */
async function deleteUpload(zone: string, key: string): Promise<void> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: zone, Prefix: key }),
  );
  const doomed = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
  if (doomed.length > 0)
    await s3.send(new DeleteObjectsCommand({ Bucket: zone, Delete: { Objects: doomed, Quiet: true } }));
}
