/** Starting state machines and waiting for them, as any Step Functions client would. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Connection } from './connection.ts';
import { Refused } from './output.ts';

export const machineArn = (connection: Connection, name: string): string =>
  `arn:aws:states:eu-west-2:${connection.account}:stateMachine:${name}`;

export interface Execution {
  readonly arn: string;
  readonly name: string;
}

export async function start(
  connection: Connection,
  machine: 'tvt-daily-run' | 'tvt-release',
  name: string,
  input: unknown,
): Promise<Execution> {
  const reply = await connection.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: machineArn(connection, machine),
      name,
      input: JSON.stringify(input),
    }),
  );
  return { arn: reply.executionArn ?? '', name };
}

/**
 * Waits until an execution ends; calls `onState` with each state's name as it is entered.
 *
 * @throws Refused when it failed, with the error's name.
 */
export async function finish(
  connection: Connection,
  execution: Execution,
  onState: (state: string) => void = () => undefined,
): Promise<unknown> {
  const told = new Set<string>();
  for (;;) {
    const now = await connection.sfn.send(new DescribeExecutionCommand({ executionArn: execution.arn }));
    const history = await connection.sfn.send(
      new GetExecutionHistoryCommand({ executionArn: execution.arn, maxResults: 1000 }),
    );
    for (const event of history.events ?? []) {
      const name = event.stateEnteredEventDetails?.name;
      if (name !== undefined && !told.has(name)) {
        told.add(name);
        onState(name);
      }
    }
    if (now.status === 'SUCCEEDED') return JSON.parse(now.output ?? 'null');
    if (now.status !== 'RUNNING')
      throw new Refused(
        `The execution ${execution.name} ended as ${now.status ?? 'unknown'}: ${now.error ?? 'no error named'}.`,
        {
          execution: execution.name,
          status: now.status,
          error: now.error,
        },
      );
    await sleep(250);
  }
}

/** `20261124T020000Z`, for names that sort by time. */
export const stamp = (now: Date): string => now.toISOString().replace(/[-:]|\.\d+/g, '');
