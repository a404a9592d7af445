/** Matches the people in all records in force and gives each a lasting id; nothing is done when nothing has changed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { link } from '../linkage/link.ts';
import type { LinkageModel } from '../linkage/model.ts';
import { assignIds, minter } from '../pipeline/match/assign-ids.ts';
import { linkInput, parties, recordClusters, type PersonRow } from '../pipeline/match/people.ts';
import { openDuck, type Duck } from '../pipeline/parquet.ts';
import { keys, monthOf, type DataFile, type Month, type RunPlan } from '../pipeline/zones.ts';
import { recordActs } from './acts.ts';
import { bucket, contractsFolder } from './environment.ts';
import { taskHandler } from './handler.ts';
import { getJson, putJson, replacePointer, sha256, upload, withScratch } from './objects.ts';
import { pseudonymSecret } from './pseudonym-secret.ts';
import { bytesOf, feedStates, fetchAll, recordFiles, type RecordFile } from './record-files.ts';

const input = z.strictObject({ runId: z.string() });

/** What matching remembers: per collection month, which person each record belongs to. */
export interface LinkState {
  /** Digest of everything the assignments follow from; equal digests need no new matching. */
  readonly inputs: string;
  readonly model: string;
  readonly months: Readonly<Record<Month, DataFile>>;
  readonly persons: number;
}

export const handler = taskHandler(input, async ({ runId }) => {
  const found = await getJson<RunPlan>(bucket('control'), keys.control.plan(runId));
  if (found === null) throw new Error('the run has no plan');
  const plan = found.value;
  const modelText = await readFile(join(contractsFolder(), 'definitions', 'person-matching.v1.yaml'), 'utf8');
  const people = recordFiles(await feedStates()).filter(({ table }) => table === 'person');
  const inputs = sha256([modelText, ...people.map(({ file }) => file.key)].join('\n'));
  const before = await getJson<LinkState>(bucket('link-state'), keys.linkState.current);
  const step = keys.control.step(runId, 'match');
  const records = people.reduce((sum, { file }) => sum + file.rows, 0);
  if (before?.value.inputs === inputs) {
    // A retry after the state was replaced, or a day without news: what was told stands.
    const nothing: Told = { unchanged: true, persons: before.value.persons, records };
    await putJson(bucket('control'), step, nothing, { ifNoneMatch: true });
  } else {
    const { state, told } = await matchAnew({ plan, inputs, modelText, people, before });
    // Told before the state moves: a retry then finds the state moved and leaves what was told alone.
    await putJson(bucket('control'), step, told, 'always');
    await replacePointer(bucket('link-state'), keys.linkState.current, state, before);
  }
  const outcome = (await getJson<Told>(bucket('control'), step))?.value;
  if (outcome === undefined) throw new Error('what the step told is gone');
  await recordActs('match-people', runId, [
    {
      type: 'combination',
      at: plan.plannedAt,
      actor: 'match-people',
      act: outcome.unchanged ? 'matching-unchanged' : 'people-matched',
      purpose: 'daily-run',
      subject: { run: runId },
      counts: { records: outcome.records, persons: outcome.persons },
    },
  ]);
  return { runId, persons: outcome.persons };
});

interface Told {
  readonly unchanged: boolean;
  readonly persons: number;
  readonly records: number;
}

interface Work {
  readonly plan: RunPlan;
  readonly inputs: string;
  readonly modelText: string;
  readonly people: readonly RecordFile[];
  readonly before: { readonly value: LinkState; readonly etag: string } | null;
}

function matchAnew({ plan, inputs, modelText, people, before }: Work) {
  return withScratch(async (folder) => {
    const duck = await openDuck({ memoryMb: 512, threads: 1, tempDir: folder });
    try {
      const paths = await fetchAll(
        bucket('records'),
        people.map(({ file }) => file.key),
        join(folder, 'person'),
      );
      const rows = await personRows(duck, [...paths.values()]);
      const all = parties(rows);
      const model = parse(modelText) as LinkageModel;
      const result = link(linkInput(all), model);
      const clusters = recordClusters(all, result);
      const ids = assignIds(
        clusters,
        await previousPersons(duck, plan, before?.value, join(folder, 'before')),
        minter(await pseudonymSecret('person-id/v1')),
      );
      const personOf = new Map(
        clusters.flatMap(({ records }, index) =>
          records.map((record) => [record, ids.personIds[index] ?? ''] as const),
        ),
      );
      const written = await writeMonths(duck, people, paths, personOf, before?.value, folder);
      const state: LinkState = {
        inputs,
        model: model.version,
        months: written.months,
        persons: clusters.length,
      };
      const told = {
        unchanged: false,
        model: model.version,
        records: rows.length,
        parties: all.length,
        persons: clusters.length,
        links: result.report.links,
        candidatePairs: result.report.candidatePairs,
        linksRefusedByClustering: result.report.linksRefusedByClustering,
        blocksLeftOut: result.report.blocksLeftOut,
        largestCluster: result.report.largestCluster,
        created: ids.created,
        kept: ids.kept,
        merged: ids.merged.length,
        split: ids.split,
        gone: ids.gone,
        bytesRead: bytesOf(people),
        bytesWritten: written.bytes,
        filesRewritten: written.files,
      };
      return { state, told };
    } finally {
      await duck.close();
    }
  });
}

async function personRows(duck: Duck, paths: readonly string[]): Promise<readonly PersonRow[]> {
  if (paths.length === 0) return [];
  return duck.rows<PersonRow>(`
    select record_ref, partner, feed, person_key, forename, surname, strftime(dob, '%Y-%m-%d') as dob, sex, postcode,
           phone, nhs_number, uprn, strftime(collection_date, '%Y-%m-%d') as collection_date
    from read_parquet([${paths.map((path) => `'${path}'`).join(', ')}])
    where not coalesce(restricted, false)`);
}

/** Person of each record as the last matching left it, but for months over by now: lifecycle may have erased them. */
async function previousPersons(
  duck: Duck,
  plan: RunPlan,
  before: LinkState | undefined,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const files = Object.entries(before?.months ?? {}).flatMap(([month, file]) =>
    month < monthOf(plan.retentionFloor) ? [] : [file],
  );
  if (files.length === 0) return new Map();
  const paths = await fetchAll(
    bucket('link-state'),
    files.map(({ key }) => key),
    folder,
  );
  const rows = await duck.rows<{ readonly record_ref: string; readonly person_id: string }>(
    `select record_ref, person_id from read_parquet([${[...paths.values()].map((path) => `'${path}'`).join(', ')}])`,
  );
  return new Map(rows.map(({ record_ref, person_id }) => [record_ref, person_id]));
}

/** Writes the assignments month by month; a month whose content is what it was keeps its file. */
async function writeMonths(
  duck: Duck,
  people: readonly RecordFile[],
  paths: ReadonlyMap<string, string>,
  personOf: ReadonlyMap<string, string>,
  before: LinkState | undefined,
  folder: string,
): Promise<{ readonly months: Record<Month, DataFile>; readonly bytes: number; readonly files: number }> {
  await duck.insertRows('assigned', { record_ref: 'varchar', person_id: 'varchar' }, personOf.entries());
  const months = [...new Set(people.map(({ month }) => month))].sort();
  let bytes = 0;
  let files = 0;
  const made: (readonly [Month, DataFile])[] = [];
  for (const month of months) {
    const sources = people
      .filter((file) => file.month === month)
      .map(({ file }) => paths.get(file.key) ?? '');
    const path = join(folder, `assignment-${month}.parquet`);
    const { rows, digest } = await duck.copyToParquet(
      `select person.record_ref, person.partner, person.feed, person.person_key, assigned.person_id
       from read_parquet([${sources.map((source) => `'${source}'`).join(', ')}]) person
       join assigned on assigned.record_ref = person.record_ref order by person.record_ref`,
      path,
    );
    const known = before?.months[month];
    if (known?.digest === digest) made.push([month, known]);
    else {
      const key = keys.linkState.data(month, 'assignment', digest);
      const size = await upload(path, bucket('link-state'), key);
      bytes += size;
      files++;
      made.push([month, { key, rows, bytes: size, digest }]);
    }
  }
  return { months: Object.fromEntries(made), bytes, files };
}
