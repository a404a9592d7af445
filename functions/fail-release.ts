/** Writes down that a release broke off: by the error's name only, and nothing has left. */
import { z } from 'zod';
import { keys } from '../pipeline/zones.ts';
import { recordActs } from './acts.ts';
import { bucket } from './environment.ts';
import { taskHandler } from './handler.ts';
import { putJson } from './objects.ts';

const input = z.strictObject({ reportId: z.string(), executionName: z.string(), error: z.string() });

export const handler = taskHandler(input, async ({ reportId, executionName, error }, now) => {
  const failure = { reportId, releaseId: executionName, at: now.toISOString(), error };
  await putJson(bucket('control'), keys.control.release(executionName, 'failed'), failure, 'always');
  await recordActs('fail-release', executionName, [
    {
      type: 'release',
      at: now.toISOString(),
      actor: 'fail-release',
      act: 'release-failed',
      purpose: 'agreed-report',
      subject: { report: reportId, release: executionName },
    },
  ]);
  return { outcome: 'failed', releaseId: executionName };
});
