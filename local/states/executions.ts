/** The executions of all machines: started, listed, stopped, and taken up again after the stand-in was killed. */
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceError, type StandIn } from '../service.ts';
import { parseDefinition } from './load-definition.ts';
import { parseJson } from './json.ts';
import { createEvaluate, type Sources } from './expressions.ts';
import { Halted, StateFailure } from './failure.ts';
import { runBlock } from './interpreter.ts';
import { functionInvoker } from './invoke-function.ts';
import { createJournal, openJournal, type EndedLine, type Journal } from './journal.ts';
import type { Machine, MachineRegister } from './machines.ts';
import { PAYLOAD_LIMIT_BYTES, sleepUntil, type Run } from './run.ts';
import { createTokenDesk, type TokenDesk } from './tokens.ts';

export interface Execution {
  readonly arn: string;
  readonly machineArn: string;
  readonly journal: Journal;
}

export interface Executions {
  readonly tokens: TokenDesk;
  /** The same name with the same input while it runs answers the same execution; any other reuse is refused. */
  start(machine: Machine, name: string | undefined, input: string): Execution;
  find(arn: string): Execution;
  of(machine: Machine): readonly Execution[];
  stop(execution: Execution, error: string | undefined, cause: string | undefined): void;
  /** Resolves when the execution has ended. No workflow waits for a person yet; one that does must count as ended here. */
  settled(arn: string): Promise<void>;
  /** Takes up what a killed stand-in left running; does so once. */
  readonly resume: () => void;
  /** Leaves everything as a kill would, to be resumed by the next stand-in. */
  readonly halt: () => Promise<void>;
}

/** 1 to 80 characters, none of them white space, a bracket, a wildcard or special (StartExecution, API reference). */
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/;

interface Running {
  readonly halt: AbortController;
  readonly done: Promise<void>;
}

export function createExecutions(standIn: StandIn, machines: MachineRegister): Executions {
  const root = join(standIn.dataDir, 'states');
  const tokens = createTokenDesk();
  const sources = sourcesOf(standIn);
  const known = new Map<string, Execution>();
  const running = new Map<string, Running>();
  let resumed = false;

  const add = (machine: Machine, journal: Journal): Execution => {
    const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${journal.started.name}`;
    const execution = { arn, machineArn: machine.arn, journal };
    known.set(arn, execution);
    return execution;
  };
  const run = (machine: Machine, execution: Execution): void => {
    const halt = new AbortController();
    const done = carryOut(standIn, sources, tokens, machine, execution, halt.signal)
      .catch((error: unknown) => console.error(`the execution ${execution.arn} broke:`, error))
      .finally(() => running.delete(execution.arn));
    running.set(execution.arn, { halt, done });
  };
  for (const machine of machines.all) {
    for (const journal of journalsIn(join(root, machine.name))) add(machine, journal);
  }

  return {
    tokens,
    start(machine, givenName, input) {
      const name = givenName ?? sources.uuid();
      if (!NAME.test(name)) throw new ServiceError(400, 'InvalidName', `Invalid Name: '${name}'`);
      checkInput(input);
      const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
      const before = known.get(arn);
      if (before !== undefined) return sameOrRefused(before, input);
      const journal = createJournal(join(root, machine.name, `${name}.jsonl`), {
        machine: machine.name,
        name,
        input,
        roleArn: machine.roleArn,
        definition: machine.source,
        atMs: sources.now().getTime(),
      });
      const execution = add(machine, journal);
      run(machine, execution);
      return execution;
    },
    find(arn) {
      const found = known.get(arn);
      if (found !== undefined) return found;
      throw new ServiceError(400, 'ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    },
    of: (machine) => [...known.values()].filter(({ machineArn }) => machineArn === machine.arn),
    stop(execution, error, cause) {
      end(execution.journal, sources, 'ABORTED', {
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      });
      running.get(execution.arn)?.halt.abort();
    },
    settled: (arn) => running.get(arn)?.done ?? Promise.resolve(),
    resume() {
      if (resumed) return;
      resumed = true;
      for (const execution of known.values()) {
        reopenTokens(tokens, execution);
        if (execution.journal.ended !== undefined || running.has(execution.arn)) continue;
        run(machines.find(execution.machineArn), execution);
      }
    },
    async halt() {
      for (const { journal } of known.values()) journal.close();
      const left = [...running.values()];
      for (const { halt } of left) halt.abort();
      await Promise.all(left.map(({ done }) => done));
    },
  };
}

/** At once, before their states run again: an answer sent meanwhile is written down and found by the state. */
function reopenTokens(tokens: TokenDesk, { machineArn, journal }: Execution): void {
  for (const line of journal.tokens()) {
    if (line.stage === 'settled' || line.stage === 'given-up' || journal.ended !== undefined) {
      tokens.close(line.token);
      continue;
    }
    tokens.open(line.token, {
      machineArn,
      settle: (outcome) => journal.note({ ...line, stage: 'settled', outcome }),
      beat: () => undefined,
    });
  }
}

function sourcesOf(standIn: StandIn): Sources {
  return {
    now: () => standIn.clock.now(),
    random: () => randomInt(2 ** 32) / 2 ** 32,
    uuid() {
      const hex = Buffer.from(standIn.randomBytes('states', 16)).toString('hex');
      return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5');
    },
  };
}

function journalsIn(folder: string): Journal[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => openJournal(join(folder, file)))
    .filter((journal) => journal !== null);
}

function checkInput(input: string): void {
  if (Buffer.byteLength(input) > PAYLOAD_LIMIT_BYTES) {
    throw new ServiceError(400, 'InvalidExecutionInput', 'The input is longer than 262144 bytes.');
  }
  try {
    JSON.parse(input);
  } catch {
    throw new ServiceError(400, 'InvalidExecutionInput', 'Invalid State Machine Execution Input: no JSON');
  }
}

function sameOrRefused(before: Execution, input: string): Execution {
  if (before.journal.ended === undefined && before.journal.started.input === input) return before;
  throw new ServiceError(400, 'ExecutionAlreadyExists', `Execution Already Exists: '${before.arn}'`);
}

async function carryOut(
  standIn: StandIn,
  sources: Sources,
  tokens: TokenDesk,
  machine: Machine,
  { arn, journal }: Execution,
  signal: AbortSignal,
): Promise<void> {
  const { started } = journal;
  const definition = parseDefinition(started.definition, machine.name);
  const input = parseJson(started.input);
  const run: Run = {
    journal,
    sources,
    tokens,
    evaluate: createEvaluate(sources),
    machineArn: machine.arn,
    invoke: functionInvoker(standIn, standIn.principalFor(machine.roleName, sessionNameOf(started.name))),
    context: {
      Execution: {
        Id: arn,
        Input: input,
        Name: started.name,
        RoleArn: started.roleArn,
        StartTime: new Date(started.atMs).toISOString(),
        RedriveCount: 0,
      },
      StateMachine: { Id: machine.arn, Name: machine.name },
    },
  };
  if (journal.events.length === 0) {
    const details = { input: started.input, roleArn: started.roleArn };
    journal.event({ previous: 0, atMs: started.atMs, type: 'ExecutionStarted', frame: '', details });
  }
  const overdue = new AbortController();
  const over = new AbortController();
  if (definition.TimeoutSeconds !== undefined) {
    const dueMs = started.atMs + definition.TimeoutSeconds * 1000;
    void sleepUntil(run, dueMs, over.signal).then(
      () => overdue.abort(),
      () => undefined,
    );
  }
  try {
    const frame = { id: '', signal: AbortSignal.any([signal, overdue.signal]), previous: 1 };
    const output = await runBlock(run, frame, definition, input, {});
    end(journal, sources, 'SUCCEEDED', { output: JSON.stringify(output) });
  } catch (error) {
    if (error instanceof StateFailure) {
      end(journal, sources, 'FAILED', { error: error.error, cause: error.failureCause });
    } else if (!(error instanceof Halted)) {
      throw error;
    } else if (overdue.signal.aborted) {
      end(journal, sources, 'TIMED_OUT', { error: 'States.Timeout' });
    }
  } finally {
    over.abort();
  }
}

const LAST_EVENT = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const;

function end(
  journal: Journal,
  sources: Sources,
  status: EndedLine['status'],
  details: { readonly output?: string; readonly error?: string; readonly cause?: string },
): void {
  const atMs = sources.now().getTime();
  journal.end(
    { status, atMs, ...details },
    { atMs, type: LAST_EVENT[status], frame: '', details: { ...details } },
  );
}

/** A session name has 2 to 64 characters of a smaller alphabet than an execution's name. */
const sessionNameOf = (name: string): string => `x-${name.replace(/[^\w+=,.@-]/g, '-')}`.slice(0, 64);
