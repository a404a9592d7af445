/** Removes, with every version, what no longer stands for anything: old snapshots, replaced files, spent uploads and staging. */
import { DeleteObjectsCommand, ListObjectVersionsCommand, type ObjectIdentifier } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { keys, SNAPSHOTS_KEPT, type RunPlan, type SnapshotManifest } from '../pipeline/zones.ts';
import { recordActs } from './acts.ts';
import { contracts } from './callers.ts';
import { s3 } from './clients.ts';
import { bucket, landingBucket } from './environment.ts';
import { taskHandler } from './handler.ts';
import type { LinkState } from './match-people.ts';
import { getJson, list, putJson } from './objects.ts';
import { feedStates, recordFiles } from './record-files.ts';

const input = z.strictObject({ runId: z.string() });

export const handler = taskHandler(input, async ({ runId }, now) => {
  const plan = (await getJson<RunPlan>(bucket('control'), keys.control.plan(runId)))?.value;
  if (plan === undefined) throw new Error('the run has no plan');
  const states = await feedStates();
  const counts = {
    linked: await purge(
      bucket('linked'),
      ['collection_month=', 'reference/', 'snapshots/'],
      await linkedInForce(runId),
    ),
    records: await purge(
      bucket('records'),
      ['collection_month=', 'staging/'],
      new Set(recordFiles(states).map(({ file }) => file.key)),
    ),
    linkState: await purge(bucket('link-state'), ['collection_month='], await linkStateInForce()),
    uploads: await purgeUploads(
      states.flatMap(({ considered }) => considered),
      now,
    ),
  };
  await putJson(bucket('control'), keys.control.step(runId, 'purge'), { versionsDeleted: counts }, 'always');
  await recordActs('purge-expired', runId, [
    {
      type: 'erasure',
      at: plan.plannedAt,
      actor: 'purge-expired',
      act: 'versions-deleted',
      purpose: 'retention',
      subject: { run: runId },
      counts: {
        linked: counts.linked,
        records: counts.records,
        'link-state': counts.linkState,
        uploads: counts.uploads,
      },
    },
  ]);
  return { runId, versionsDeleted: Object.values(counts).reduce((sum, count) => sum + count, 0) };
});

/**
 * Keys of the snapshots kept. When this run withdrew or expired anything, only the snapshot in force stays: an older
 * one would still hold who has just gone. A release bound to an older snapshot then fails and is asked for again.
 */
async function linkedInForce(runId: string): Promise<ReadonlySet<string>> {
  const pointer = await getJson<{ snapshot: string }>(bucket('linked'), keys.linked.current);
  const kept = new Set<string>([keys.linked.current]);
  let snapshot = pointer?.value.snapshot ?? null;
  const depth = (await somethingLeft(runId)) ? 1 : SNAPSHOTS_KEPT;
  for (let count = 0; snapshot !== null && count < depth; count++) {
    const manifest = (await getJson<SnapshotManifest>(bucket('linked'), keys.linked.manifest(snapshot)))
      ?.value;
    if (manifest === undefined) break;
    kept.add(keys.linked.manifest(snapshot));
    for (const months of Object.values(manifest.tables))
      for (const { key } of Object.values(months)) kept.add(key);
    for (const { key } of Object.values(manifest.reference)) kept.add(key);
    snapshot = manifest.previous;
  }
  return kept;
}

async function somethingLeft(runId: string): Promise<boolean> {
  const prefix = keys.control.step(runId, 'normalise/').replace(/\.json$/, '');
  for (const { key } of await list(bucket('control'), prefix)) {
    const step = await getJson<{ counts?: { withdrawn?: number; expired?: number; updated?: number } }>(
      bucket('control'),
      key,
    );
    const { withdrawn = 0, expired = 0, updated = 0 } = step?.value.counts ?? {};
    if (withdrawn + expired + updated > 0) return true;
  }
  return false;
}

async function linkStateInForce(): Promise<ReadonlySet<string>> {
  const state = await getJson<LinkState>(bucket('link-state'), keys.linkState.current);
  return new Set(Object.values(state?.value.months ?? {}).map(({ key }) => key));
}

/** Raw files on which a run has decided are spent: what was accepted is in records, what was not has its receipt. */
async function purgeUploads(considered: readonly string[], now: Date): Promise<number> {
  const decided = new Set(considered);
  const { partners } = contracts();
  let deleted = 0;
  for (const partner of partners.values()) {
    if (partner.status !== 'active') continue;
    deleted += await purgeVersions(landingBucket(partner.id), keys.landing.deliveries, (key) => {
      const delivery = key.split('/').at(-1) ?? '';
      return decided.has(delivery) && ageDays(delivery, now) >= SPENT_UPLOAD_DAYS;
    });
  }
  return deleted;
}

/** A spent upload stays this long, for the partner to ask about it; only the receiving function can read it meanwhile. */
const SPENT_UPLOAD_DAYS = 2;

function ageDays(delivery: string, now: Date): number {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})T/.exec(delivery) ?? [];
  return (now.getTime() - Date.parse(`${year ?? ''}-${month ?? ''}-${day ?? ''}T00:00:00Z`)) / 86_400_000;
}

async function purge(zone: string, prefixes: readonly string[], kept: ReadonlySet<string>): Promise<number> {
  let deleted = 0;
  for (const prefix of prefixes) deleted += await purgeVersions(zone, prefix, (key) => !kept.has(key));
  return deleted;
}

/** Deletes every version of the chosen keys, and every version that is not the latest of the others. */
async function purgeVersions(
  zone: string,
  prefix: string,
  chosen: (key: string) => boolean,
): Promise<number> {
  let deleted = 0;
  let keyMarker: string | undefined;
  let versionMarker: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectVersionsCommand({
        Bucket: zone,
        Prefix: prefix,
        KeyMarker: keyMarker,
        VersionIdMarker: versionMarker,
      }),
    );
    const doomed: ObjectIdentifier[] = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]
      .filter(({ Key, IsLatest }) => chosen(Key ?? '') || IsLatest !== true)
      .map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (doomed.length > 0) {
      const reply = await s3.send(
        new DeleteObjectsCommand({ Bucket: zone, Delete: { Objects: doomed, Quiet: true } }),
      );
      if ((reply.Errors ?? []).length > 0) throw new Error('some versions could not be deleted');
    }
    deleted += doomed.length;
    keyMarker = page.IsTruncated === true ? page.NextKeyMarker : undefined;
    versionMarker = page.IsTruncated === true ? page.NextVersionIdMarker : undefined;
  } while (keyMarker !== undefined);
  return deleted;
}
