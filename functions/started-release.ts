/** What the gate writes down when it starts a report: every later step of the release is bound to it. */
import type { Period } from '../pipeline/report/calendar.ts';

export interface StartedRelease {
  readonly reportId: string;
  readonly releaseId: string;
  readonly attempt: number;
  readonly definitionDigest: string;
  readonly snapshot: string;
  readonly period: Period;
  readonly queryExecutionId: string;
  readonly startedAt: string;
}
