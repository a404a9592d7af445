/** The gate: starts an agreed report's exact SQL against one snapshot, or refuses with every reason. */
import { StartQueryExecutionCommand } from '@aws-sdk/client-athena';
import { z } from 'zod';
import { gateDecision } from '../pipeline/report/gate.ts';
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
});

export const handler = taskHandler(input, async ({ reportId, executionName }, now) => {
  const releaseId = executionName;
  const control = bucket('control');
  const before = await getJson<StartedRelease>(control, keys.control.release(releaseId, 'started'));
  if (before !== null)
    return { outcome: 'started', releaseId, queryExecutionId: before.value.queryExecutionId };

  const gate = await gateCase(reportId, now);
  const decision = gate.ok
    ? gateDecision({ ...gate.input, today: now.toISOString().slice(0, 10) })
    : { go: false as const, reasons: gate.reasons };
  if (!gate.ok || !decision.go) {
    const reasons = decision.go ? [] : decision.reasons;
    await putJson(
      control,
      keys.control.release(releaseId, 'refused'),
      { reportId, releaseId, at: now.toISOString(), reasons },
      'always',
    );
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

  const started = await athena.send(
    new StartQueryExecutionCommand({
      QueryString: decision.queryString,
      ExecutionParameters: [...decision.executionParameters],
      WorkGroup: setting('TVT_GATE_WORK_GROUP'),
      QueryExecutionContext: { Database: 'tvt_linked' },
      // A retry of this step gets the same execution, not a second one.
      ClientRequestToken: sha256(`${releaseId}|${decision.definitionDigest}|${decision.snapshot}`),
    }),
  );
  const release: StartedRelease = {
    reportId,
    releaseId,
    definitionDigest: decision.definitionDigest,
    snapshot: decision.snapshot,
    period: decision.period,
    queryExecutionId: started.QueryExecutionId ?? '',
    startedAt: now.toISOString(),
  };
  await putJson(control, keys.control.release(releaseId, 'started'), release, 'always');
  return { outcome: 'started', releaseId, queryExecutionId: release.queryExecutionId };
});
