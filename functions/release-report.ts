/** The last step of a release: protects the result, audits what would be printed, asks the gate again, and only then lays it out. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetQueryExecutionCommand } from '@aws-sdk/client-athena';
import { parse } from 'yaml';
import { z } from 'zod';
import { openDuck } from '../pipeline/parquet.ts';
import { prepareRelease, type Prepared } from '../pipeline/release/prepare.ts';
import type { ReleasedCell } from '../pipeline/release/released-cells.ts';
import { standingReasons, type GateReason } from '../pipeline/report/gate.ts';
import { keys } from '../pipeline/zones.ts';
import { recordActs } from './acts.ts';
import { athena } from './clients.ts';
import { bucket, contractsFolder } from './environment.ts';
import { gateCase, type GateCase } from './gate.ts';
import { taskHandler } from './handler.ts';
import { brokenChecks } from './result-checks.ts';
import { eachOf, getJson, getText, putJson, putText, upload, withScratch } from './objects.ts';
import type { StartedRelease } from './started-release.ts';

const input = z.strictObject({ releaseId: z.string().min(1) });

interface Outcome {
  readonly outcome: 'released' | 'refused';
  readonly reportId: string;
  readonly releaseId: string;
  readonly reasons?: readonly GateReason[];
  readonly cells?: number;
  readonly withheld?: number;
}

export const handler = taskHandler(input, async ({ releaseId }, now): Promise<Outcome> => {
  const control = bucket('control');
  const earlier = await getJson<Outcome>(control, keys.control.release(releaseId, 'outcome'));
  if (earlier !== null) return earlier.value;
  const started = (await getJson<StartedRelease>(control, keys.control.release(releaseId, 'started')))?.value;
  if (started === undefined) throw new Error('the release was never started');
  const { reportId } = started;

  const before = await gateCase(reportId, now, started.snapshot);
  const stopped = reasonsAgainst(before, started);
  if (!before.ok || stopped.length > 0)
    return close({ outcome: 'refused', reportId, releaseId, reasons: stopped }, now);
  const resultCsv = await resultOf(started.queryExecutionId);
  const broken = await brokenChecks(resultCsv, before.definition.definition.report);
  if (broken.length > 0) return close({ outcome: 'refused', reportId, releaseId, reasons: broken }, now);
  const prepared = await prepare(before, resultCsv, started, now);
  if (!prepared.ok) return close({ outcome: 'refused', reportId, releaseId, reasons: prepared.reasons }, now);

  // Protecting takes time: whether everybody still agrees is asked once more, with nothing in between but the writing.
  const last = reasonsAgainst(await gateCase(reportId, new Date(), started.snapshot), started);
  if (last.length > 0) return close({ outcome: 'refused', reportId, releaseId, reasons: last }, now);
  await layOut(before, prepared, started, now);
  await putJson(control, keys.control.releasedPeriod(reportId, started.period.id), { releaseId }, 'always');
  const { all, withheld } = prepared.counts;
  return close({ outcome: 'released', reportId, releaseId, cells: all, withheld }, now);
});

/** The gate's standing reasons, and that the definition is the one the query was started under. */
function reasonsAgainst(gate: GateCase, started: StartedRelease): readonly GateReason[] {
  if (!gate.ok) return gate.reasons;
  const changed =
    gate.definition.digest === started.definitionDigest
      ? []
      : [
          {
            code: 'other-definition',
            sentence: 'Another definition has been proposed since the query was started.',
          },
        ];
  return [...changed, ...standingReasons(gate.input)];
}

type OpenGate = Extract<GateCase, { ok: true }>;

async function prepare(
  gate: OpenGate,
  resultCsv: string,
  started: StartedRelease,
  now: Date,
): Promise<Prepared> {
  const { definition } = gate.definition;
  const violence = seriousViolence.parse(
    parse(
      await readFile(
        join(contractsFolder(), 'definitions', `${definition.inputs.seriousViolence.id}.yaml`),
        'utf8',
      ),
    ),
  );
  if (!gate.agreement.agreed || gate.manifest === null)
    throw new Error('a release went on without agreement or data');
  return prepareRelease({
    resultCsv,
    kinds: violence.kinds.map(({ kind }) => kind),
    facts: {
      release: started.releaseId,
      releasedAt: now.toISOString(),
      report: definition.report,
      period: started.period,
      snapshot: gate.manifest,
      definition: {
        digest: gate.definition.digest,
        expires: definition.expires,
        sql: definition.sql.text,
        registerDigest: definition.registerDigest,
      },
      agreedBy: gate.agreement.by,
      seriousViolence: violence,
      partnerNames: Object.fromEntries(gate.agreement.by.map(({ partner, name }) => [partner, name])),
      districts: JSON.parse(
        await readFile(join(contractsFolder(), 'reference', 'districts.topo.json'), 'utf8'),
      ) as unknown,
    },
  });
}

const seriousViolence = z.looseObject({
  id: z.string(),
  title: z.string(),
  statement: z.string(),
  kinds: z.array(z.looseObject({ kind: z.string() })),
});

/** The file Athena left in the gate's own results. */
async function resultOf(queryExecutionId: string): Promise<string> {
  const { QueryExecution } = await athena.send(
    new GetQueryExecutionCommand({ QueryExecutionId: queryExecutionId }),
  );
  const location = QueryExecution?.ResultConfiguration?.OutputLocation ?? '';
  const [, name, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location) ?? [];
  if (name !== bucket('query-results') || key === undefined || !key.startsWith(keys.queryResults.gate))
    throw new Error('the result is not where the gate leaves results');
  const result = await getText(name, key);
  if (result === null) throw new Error('the result of the query is gone');
  return result.value;
}

/** One shelf a partner: the page, the table, the rows for Athena; `latest` moves last, so no half release is ever met. */
async function layOut(
  gate: OpenGate,
  { pack }: Extract<Prepared, { ok: true }>,
  { reportId, releaseId }: StartedRelease,
  now: Date,
): Promise<void> {
  const reports = bucket('reports');
  const recipients = [...new Set(gate.definition.definition.report.recipients.map(({ partner }) => partner))];
  // Written ahead: a release broken off half-way has reached some, and the ledger may not be silent about them.
  await recordActs(
    'release-report',
    `${releaseId}|disclosure`,
    recipients.map((recipient) => ({
      type: 'disclosure' as const,
      at: now.toISOString(),
      actor: 'release-report',
      act: 'report-released',
      purpose: 'agreed-report',
      subject: { report: reportId, release: releaseId, definition: gate.definition.digest, recipient },
    })),
  );
  await withScratch(async (folder) => {
    const cells = join(folder, 'cells.parquet');
    await writeCells(pack.cells, cells, folder);
    await eachOf(recipients, async (recipient) => {
      const to = (file: string): string => keys.reports.pack(recipient, reportId, releaseId, file);
      await putText(reports, to('index.html'), pack['index.html'], 'always', 'text/html; charset=utf-8');
      await putText(reports, to('table.csv'), pack['table.csv'], 'always', 'text/csv; charset=utf-8');
      await upload(cells, reports, keys.reports.cells(recipient, reportId, releaseId));
      await putJson(
        reports,
        keys.reports.latest(recipient, reportId),
        { release: releaseId, releasedOn: now.toISOString().slice(0, 10) },
        'always',
      );
    });
  });
}

async function writeCells(cells: readonly ReleasedCell[], path: string, tempDir: string): Promise<void> {
  const duck = await openDuck({ memoryMb: 256, threads: 1, tempDir });
  try {
    await duck.insertRows(
      'cells',
      {
        release: 'varchar',
        released_on: 'date',
        area_code: 'varchar',
        area_name: 'varchar',
        category: 'varchar',
        period: 'varchar',
        measure: 'varchar',
        value: 'double',
        symbol: 'varchar',
      },
      cells.map((cell) => [
        cell.release,
        cell.released_on,
        cell.area_code,
        cell.area_name,
        cell.category,
        cell.period,
        cell.measure,
        cell.value,
        cell.symbol,
      ]),
    );
    await duck.copyToParquet('select * from cells order by area_code, category, period, measure', path);
  } finally {
    await duck.close();
  }
}

async function close(outcome: Outcome, now: Date): Promise<Outcome> {
  await putJson(bucket('control'), keys.control.release(outcome.releaseId, 'outcome'), outcome, 'always');
  if (outcome.outcome === 'refused')
    await recordActs('release-report', outcome.releaseId, [
      {
        type: 'release',
        at: now.toISOString(),
        actor: 'release-report',
        act: 'report-refused',
        purpose: 'agreed-report',
        subject: { report: outcome.reportId, release: outcome.releaseId },
        reasons: [...new Set((outcome.reasons ?? []).map(({ code }) => code))],
      },
    ]);
  return outcome;
}
