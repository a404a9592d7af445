/** The schedules of the templates, each checked when the stand-in starts: none is taken that it would run otherwise. */
import { z } from 'zod';
import { arnOf, physicalId } from '../resource-names.ts';
import type { TemplateResource, Templates } from '../service.ts';
import { parseExpression } from './expression.ts';
import type { NextOccurrence } from './expression.ts';

export const UNIVERSAL_START_EXECUTION = 'arn:aws:scheduler:::aws-sdk:sfn:startExecution';

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const scheduleSchema = z.strictObject({
  Name: z.string().optional(),
  GroupName: z.string().default('default'),
  Description: z.string().optional(),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string().default('UTC'),
  StartDate: moment.optional(),
  EndDate: moment.optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  /** A window lets AWS start later by chance; here an occurrence starts at its beginning. */
  FlexibleTimeWindow: z.strictObject({
    Mode: z.enum(['OFF', 'FLEXIBLE']),
    MaximumWindowInMinutes: z.number().optional(),
  }),
  KmsKeyArn: z.string().optional(),
  Target: z.strictObject({
    Arn: z
      .string()
      .refine(
        (arn) => arn === UNIVERSAL_START_EXECUTION || /^arn:aws:states:[\w-]+:\d{12}:stateMachine:/.test(arn),
        {
          error: 'only state machines are started by schedules of the stand-in',
        },
      ),
    RoleArn: z.string(),
    Input: z.string().optional(),
    RetryPolicy: z
      .strictObject({
        // AWS's own defaults.
        MaximumEventAgeInSeconds: z.coerce.number().int().min(60).max(86_400).default(86_400),
        MaximumRetryAttempts: z.coerce.number().int().min(0).max(185).default(185),
      })
      .prefault({}),
    /** Accepted because deployed schedules should have one; the stand-in has no queues and says so where it drops. */
    DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
  }),
});
type Properties = z.infer<typeof scheduleSchema>;

export interface Schedule {
  readonly arn: string;
  readonly name: string;
  readonly group: string;
  readonly enabled: boolean;
  readonly properties: Properties;
  /** The first occurrence after a moment, within the schedule's start and end; undefined when disabled or over. */
  readonly next: NextOccurrence;
}

/** `startedAt`: where a rate without StartDate counts from, which on AWS is the moment of its creation. */
export function schedulesOf(templates: Templates, startedAt: Date): readonly Schedule[] {
  return templates.byType('AWS::Scheduler::Schedule').map((resource) => scheduleOf(resource, startedAt));
}

function scheduleOf(resource: TemplateResource, startedAt: Date): Schedule {
  const parsed = scheduleSchema.safeParse(resource.properties);
  if (!parsed.success) {
    throw new Error(
      `Schedule ${resource.logicalId} cannot be stood in for: ${z.prettifyError(parsed.error)}`,
    );
  }
  const properties = parsed.data;
  const occurrences = parseExpression(
    properties.ScheduleExpression,
    properties.ScheduleExpressionTimezone,
    properties.StartDate ?? startedAt,
  );
  const enabled = properties.State === 'ENABLED';
  return {
    arn: arnOf(resource),
    name: physicalId(resource),
    group: properties.GroupName,
    enabled,
    properties,
    next: (after) => (enabled ? within(properties, occurrences, after) : undefined),
  };
}

function within(properties: Properties, occurrences: NextOccurrence, after: Date): Date | undefined {
  const start = properties.StartDate;
  const from = start !== undefined && start > after ? new Date(start.getTime() - 1) : after;
  const next = occurrences(from);
  const end = properties.EndDate;
  return next === undefined || (end !== undefined && next > end) ? undefined : next;
}
