/** The gate: starts an agreed report's exact SQL against one snapshot, or refuses with every reason. */
import { StartQueryExecutionCommand } from '@aws-sdk/client-athena';
import { z } from 'zod';
import { gateDecision, type GateDecision, type GateReason } from '../pipeline/report/gate.ts';
import { keys } from '../pipeline/zones.ts';
import { recordActs } from './acts.ts';
import { athena } from './clients.ts';
import { bucket, setting } from './environment.ts';
import { gateCase } from './gate.ts';
import { taskHandler } from './handler.ts';
import { getJson, putJson, sha256 } from './objects.ts';
import type { StartedRelease } from './started-release.ts';

const input = z.strictObject({
  reportId: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  executionName: z.string().min(1),
  /** Counts the queries of one release: the engine may break one off. */
  attempt: z.int().positive(),
});

export const handler = taskHandler(input, async ({ reportId, executionName, attempt }, now) => {
  const releaseId = executionName;
  const before = await getJson<StartedRelease>(bucket('control'), keys.control.release(releaseId, 'started'));
  if (before !== null && before.value.attempt >= attempt)
    return { outcome: 'started', releaseId, queryExecutionId: before.value.queryExecutionId };

  const gate = await gateCase(reportId, now);
  if (!gate.ok) return refuse(reportId, releaseId, gate.reasons, now);
  const decision = gateDecision({ ...gate.input, today: now.toISOString().slice(0, 10) });
  if (!decision.go) return refuse(reportId, releaseId, decision.reasons, now);
  if (await isRepetition(reportId, releaseId, decision))
    return refuse(reportId, releaseId, [{ code: 'already-released', sentence: ALREADY_RELEASED }], now);
  return start({ reportId, releaseId, attempt }, decision, now);
});

/** How the scheduler names what it starts (infra/constructs/start-on-calendar.ts). */
const SCHEDULED = 'scheduled-';
const ALREADY_RELEASED = 'The calendar has released this period already; a person may ask for it again.';

type Go = Extract<GateDecision, { go: true }>;

/** A schedule fires at least once: what it starts a second time for one period would only republish the table. */
async function isRepetition(report: string, releaseId: string, { period }: Go): Promise<boolean> {
  if (!releaseId.startsWith(SCHEDULED)) return false;
  return (await getJson(bucket('control'), keys.control.releasedPeriod(report, period.id))) !== null;
}

async function start(
  { reportId, releaseId, attempt }: Pick<StartedRelease, 'reportId' | 'releaseId' | 'attempt'>,
  decision: Go,
  now: Date,
) {
  const started = await athena.send(
    new StartQueryExecutionCommand({
      QueryString: decision.queryString,
      ExecutionParameters: [...decision.executionParameters],
      WorkGroup: setting('TVT_GATE_WORK_GROUP'),
      QueryExecutionContext: { Database: 'tvt_linked' },
      // A retry of this step gets the same execution, not a second one.
      ClientRequestToken: sha256(`${releaseId}|${attempt}|${decision.definitionDigest}|${decision.snapshot}`),
    }),
  );
  const release: StartedRelease = {
    reportId,
    releaseId,
    attempt,
    definitionDigest: decision.definitionDigest,
    snapshot: decision.snapshot,
    period: decision.period,
    queryExecutionId: started.QueryExecutionId ?? '',
    startedAt: now.toISOString(),
  };
  await putJson(bucket('control'), keys.control.release(releaseId, 'started'), release, 'always');
  return { outcome: 'started', releaseId, queryExecutionId: release.queryExecutionId };
}

async function refuse(reportId: string, releaseId: string, reasons: readonly GateReason[], now: Date) {
  const refusal = { reportId, releaseId, at: now.toISOString(), reasons };
  await putJson(bucket('control'), keys.control.release(releaseId, 'refused'), refusal, 'always');
  await recordActs('start-report', releaseId, [
    {
      type: 'release',
      at: now.toISOString(),
      actor: 'start-report',
      act: 'report-refused',
      purpose: 'agreed-report',
      subject: { report: reportId, release: releaseId },
      reasons: [...new Set(reasons.map(({ code }) => code))],
    },
  ]);
  return { outcome: 'refused', reportId, releaseId, reasons };
}
