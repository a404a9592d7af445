/** Asks after the gate's query: still at work, done, or failed, and then whether it is worth starting again. */
import { GetQueryExecutionCommand } from '@aws-sdk/client-athena';
import { z } from 'zod';
import { athena } from './clients.ts';
import { taskHandler } from './handler.ts';

const input = z.strictObject({ queryExecutionId: z.string().min(1) });

export const handler = taskHandler(input, async ({ queryExecutionId }) => {
  const { QueryExecution } = await athena.send(
    new GetQueryExecutionCommand({ QueryExecutionId: queryExecutionId }),
  );
  const state = QueryExecution?.Status?.State ?? 'FAILED';
  // Athena's own fault (category 1: system), not the statement's: the same query may well succeed.
  const fault = QueryExecution?.Status?.AthenaError;
  const again = fault?.Retryable === true || fault?.ErrorCategory === 1;
  return { state: state === 'QUEUED' ? 'RUNNING' : state, again };
});
