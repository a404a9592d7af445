/** The operations of the Step Functions API that the stand-in answers. */
import { z } from 'zod';
import { ServiceError } from '../service.ts';
import { parseJson, type Json } from './json.ts';
import type { Execution, Executions } from './executions.ts';
import { historyEvent } from './history.ts';
import type { MachineRegister } from './machines.ts';
import { PAYLOAD_LIMIT_BYTES } from './run.ts';

export interface States {
  readonly machines: MachineRegister;
  readonly executions: Executions;
}

export interface Operation {
  readonly readOnly: boolean;
  /** Parses the request and says on which resource it acts: what the caller is judged by before it is answered. */
  prepare(
    states: States,
    body: unknown,
  ): { readonly resource: string; readonly answer: () => Readonly<Record<string, unknown>> };
}

function operation<Request>(
  schema: z.ZodType<Request>,
  readOnly: boolean,
  resource: (states: States, request: Request) => string,
  answer: (states: States, request: Request) => Readonly<Record<string, unknown>>,
): Operation {
  return {
    readOnly,
    prepare(states, body) {
      const parsed = schema.safeParse(body);
      // Parameters that are not implemented are refused like unknown ones: none is ignored.
      if (!parsed.success) throw new ServiceError(400, 'ValidationException', z.prettifyError(parsed.error));
      return { resource: resource(states, parsed.data), answer: () => answer(states, parsed.data) };
    },
  };
}

const arn = z.string().regex(/^arn:aws:states:[\w-]+:\d{12}:(stateMachine|execution):/);
const page = { maxResults: z.int().min(0).max(1000).optional(), nextToken: z.string().optional() };
const includedData = z.enum(['ALL_DATA', 'METADATA_ONLY']).optional();
const tokenMachine = ({ executions }: States, { taskToken }: { readonly taskToken: string }): string =>
  executions.tokens.find(taskToken).machineArn;

const startExecution = operation(
  z.strictObject({ stateMachineArn: arn, name: z.string().optional(), input: z.string().default('{}') }),
  false,
  (_, request) => request.stateMachineArn,
  ({ machines, executions }, request) => {
    const started = executions.start(machines.find(request.stateMachineArn), request.name, request.input);
    return { executionArn: started.arn, startDate: started.journal.started.atMs / 1000 };
  },
);

const describeExecution = operation(
  z.strictObject({ executionArn: arn, includedData }),
  true,
  (_, request) => request.executionArn,
  ({ executions }, request) => {
    const execution = executions.find(request.executionArn);
    const { started, ended } = execution.journal;
    const included = request.includedData !== 'METADATA_ONLY';
    return {
      ...summaryOf(execution),
      ...(included ? { input: started.input } : {}),
      inputDetails: { included },
      ...(ended?.output === undefined
        ? {}
        : { ...(included ? { output: ended.output } : {}), outputDetails: { included } }),
      ...(ended?.error === undefined ? {} : { error: ended.error }),
      ...(ended?.cause === undefined ? {} : { cause: ended.cause }),
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
    };
  },
);

const summaryOf = ({ arn: executionArn, machineArn, journal: { started, ended } }: Execution) => ({
  executionArn,
  stateMachineArn: machineArn,
  name: started.name,
  status: ended?.status ?? 'RUNNING',
  startDate: started.atMs / 1000,
  ...(ended === undefined ? {} : { stopDate: ended.atMs / 1000 }),
});

const listExecutions = operation(
  z.strictObject({ stateMachineArn: arn, statusFilter: z.string().optional(), ...page }),
  true,
  (_, request) => request.stateMachineArn,
  ({ machines, executions }, request) => {
    const matching = executions
      .of(machines.find(request.stateMachineArn))
      .map(summaryOf)
      .filter(({ status }) => request.statusFilter === undefined || status === request.statusFilter)
      .sort((a, b) => b.startDate - a.startDate);
    const { items, more } = paged(matching, request, 100);
    return { executions: items, ...more };
  },
);

const getExecutionHistory = operation(
  z.strictObject({
    executionArn: arn,
    reverseOrder: z.boolean().default(false),
    includeExecutionData: z.boolean().default(true),
    ...page,
  }),
  true,
  (_, request) => request.executionArn,
  ({ executions }, request) => {
    const { events } = executions.find(request.executionArn).journal;
    const ordered = request.reverseOrder ? events.toReversed() : events;
    const { items, more } = paged(ordered, request, 100);
    return { events: items.map((event) => historyEvent(event, request.includeExecutionData)), ...more };
  },
);

function paged<Item>(
  all: readonly Item[],
  request: { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined },
  usual: number,
): { readonly items: readonly Item[]; readonly more: { readonly nextToken?: string } } {
  const from =
    request.nextToken === undefined ? 0 : Number(Buffer.from(request.nextToken, 'base64url').toString());
  if (!Number.isInteger(from) || from < 0) throw new ServiceError(400, 'InvalidToken', 'Invalid Token');
  const to = from + (request.maxResults || usual);
  const nextToken = Buffer.from(String(to)).toString('base64url');
  return { items: all.slice(from, to), more: to < all.length ? { nextToken } : {} };
}

const stopExecution = operation(
  z.strictObject({ executionArn: arn, error: z.string().max(256).optional(), cause: z.string().optional() }),
  false,
  (_, request) => request.executionArn,
  ({ executions }, request) => {
    const execution = executions.find(request.executionArn);
    executions.stop(execution, request.error, request.cause);
    return { stopDate: (execution.journal.ended?.atMs ?? 0) / 1000 };
  },
);

/** The templates do not say when a machine was made. */
const CREATED = 0;

const describeStateMachine = operation(
  z.strictObject({ stateMachineArn: arn, includedData }),
  true,
  (_, request) => request.stateMachineArn,
  ({ machines }, request) => {
    const machine = machines.find(request.stateMachineArn);
    return {
      stateMachineArn: machine.arn,
      name: machine.name,
      status: 'ACTIVE',
      type: 'STANDARD',
      roleArn: machine.roleArn,
      creationDate: CREATED,
      ...(request.includedData === 'METADATA_ONLY' ? {} : { definition: machine.source }),
    };
  },
);

const listStateMachines = operation(
  z.strictObject(page),
  true,
  () => '*',
  ({ machines }, request) => {
    const all = machines.all.map(({ name, arn: stateMachineArn }) => ({
      stateMachineArn,
      name,
      type: 'STANDARD',
      creationDate: CREATED,
    }));
    const { items, more } = paged(all, request, 100);
    return { stateMachines: items, ...more };
  },
);

const taskToken = z.string().min(1).max(2048);

const sendTaskSuccess = operation(
  z.strictObject({ taskToken, output: z.string() }),
  false,
  tokenMachine,
  ({ executions }, request) => {
    if (Buffer.byteLength(request.output) > PAYLOAD_LIMIT_BYTES) throw invalidOutput();
    let output: Json;
    try {
      output = parseJson(request.output);
    } catch {
      throw invalidOutput();
    }
    executions.tokens.find(request.taskToken).settle({ ok: true, output });
    return {};
  },
);
const invalidOutput = (): ServiceError => new ServiceError(400, 'InvalidOutput', 'Invalid Output');

const sendTaskFailure = operation(
  z.strictObject({
    taskToken,
    error: z.string().max(256).default(''),
    cause: z.string().max(32_768).default(''),
  }),
  false,
  tokenMachine,
  ({ executions }, { taskToken: token, error, cause }) => {
    executions.tokens.find(token).settle({ ok: false, error, cause });
    return {};
  },
);

const sendTaskHeartbeat = operation(
  z.strictObject({ taskToken }),
  false,
  tokenMachine,
  ({ executions }, request) => {
    executions.tokens.find(request.taskToken).beat();
    return {};
  },
);

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  StartExecution: startExecution,
  DescribeExecution: describeExecution,
  ListExecutions: listExecutions,
  GetExecutionHistory: getExecutionHistory,
  StopExecution: stopExecution,
  DescribeStateMachine: describeStateMachine,
  ListStateMachines: listStateMachines,
  SendTaskSuccess: sendTaskSuccess,
  SendTaskFailure: sendTaskFailure,
  SendTaskHeartbeat: sendTaskHeartbeat,
};
