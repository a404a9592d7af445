/** The part of the Amazon States Language the stand-in carries out: every field it knows, and no other. */
import { z } from 'zod';
import { json } from './json.ts';

const expression = z.string().regex(/^\{%[\s\S]*%\}$/);
const text = z.string();
const assign = z.record(z.string().regex(/^(?!states$)[A-Za-z_][A-Za-z0-9_]{0,79}$/), json);
const common = { Comment: text.optional(), QueryLanguage: z.literal('JSONata').optional() };
const withOutput = { Output: json.optional() };
const withAssign = { Assign: assign.optional() };
const onward = { Next: text.optional(), End: z.literal(true).optional() };
const wholeSeconds = z.int().positive().max(99_999_999);

const retrier = z.strictObject({
  Comment: text.optional(),
  ErrorEquals: z.array(text).min(1),
  IntervalSeconds: wholeSeconds.default(1),
  BackoffRate: z.number().min(1).default(2),
  MaxAttempts: z.int().min(0).default(3),
  MaxDelaySeconds: wholeSeconds.optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
});
const catcher = z.strictObject({
  Comment: text.optional(),
  ErrorEquals: z.array(text).min(1),
  Next: text,
  ...withAssign,
  ...withOutput,
});
const handlers = { Retry: z.array(retrier).default([]), Catch: z.array(catcher).default([]) };

const task = z.strictObject({
  Type: z.literal('Task'),
  ...common,
  Resource: z.enum(['arn:aws:states:::lambda:invoke', 'arn:aws:states:::lambda:invoke.waitForTaskToken']),
  Arguments: z.union([expression, z.strictObject({ FunctionName: text, Payload: json.optional() })]),
  TimeoutSeconds: z.union([wholeSeconds, expression]).optional(),
  HeartbeatSeconds: z.union([wholeSeconds, expression]).optional(),
  ...handlers,
  ...withAssign,
  ...withOutput,
  ...onward,
});
const choice = z.strictObject({
  Type: z.literal('Choice'),
  ...common,
  Choices: z
    .array(
      z.strictObject({
        Comment: text.optional(),
        Condition: z.union([expression, z.boolean()]),
        Next: text,
        ...withAssign,
        ...withOutput,
      }),
    )
    .min(1),
  Default: text.optional(),
  ...withAssign,
  ...withOutput,
});
const pass = z.strictObject({ Type: z.literal('Pass'), ...common, ...withAssign, ...withOutput, ...onward });
const wait = z.strictObject({
  Type: z.literal('Wait'),
  ...common,
  Seconds: z.union([z.int().min(0).max(99_999_999), expression]).optional(),
  Timestamp: z.union([expression, z.iso.datetime({ offset: true })]).optional(),
  ...withAssign,
  ...withOutput,
  ...onward,
});
const succeed = z.strictObject({ Type: z.literal('Succeed'), ...common, ...withOutput });
const fail = z.strictObject({
  Type: z.literal('Fail'),
  ...common,
  Error: text.optional(),
  Cause: text.optional(),
});

const mapFields = {
  Type: z.literal('Map'),
  ...common,
  Items: z.union([expression, z.array(json)]).optional(),
  ItemSelector: json.optional(),
  MaxConcurrency: z.union([z.int().min(0), expression]).default(0),
  ...handlers,
  ...withAssign,
  ...withOutput,
  ...onward,
};
const parallelFields = {
  Type: z.literal('Parallel'),
  ...common,
  Arguments: json.optional(),
  ...handlers,
  ...withAssign,
  ...withOutput,
  ...onward,
};

export type Catcher = z.infer<typeof catcher>;
export type TaskState = z.infer<typeof task>;
export type ChoiceState = z.infer<typeof choice>;
type PassState = z.infer<typeof pass>;
export type WaitState = z.infer<typeof wait>;
type SucceedState = z.infer<typeof succeed>;
export type FailState = z.infer<typeof fail>;
export type MapState = z.infer<z.ZodObject<typeof mapFields>> & { readonly ItemProcessor: Block };
export type ParallelState = z.infer<z.ZodObject<typeof parallelFields>> & {
  readonly Branches: readonly Block[];
};
export type State =
  TaskState | ChoiceState | PassState | WaitState | SucceedState | FailState | MapState | ParallelState;
export interface Block {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

const states: z.ZodType<Readonly<Record<string, State>>> = z.lazy(() => z.record(z.string().max(80), state));
const blockFields = { Comment: text.optional(), StartAt: text, States: states };
const state: z.ZodType<State> = z.discriminatedUnion('Type', [
  task,
  choice,
  pass,
  wait,
  succeed,
  fail,
  z.strictObject({
    ...mapFields,
    ItemProcessor: z.strictObject({
      ...blockFields,
      ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE') }).optional(),
    }),
  }),
  z.strictObject({ ...parallelFields, Branches: z.array(z.strictObject(blockFields)).min(1) }),
]);

export const machine = z.strictObject({
  Comment: text.optional(),
  Version: z.literal('1.0').optional(),
  QueryLanguage: z.literal('JSONata'),
  StartAt: text,
  TimeoutSeconds: wholeSeconds.optional(),
  States: states,
});
export type Definition = z.infer<typeof machine>;
