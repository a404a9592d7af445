/** `tvt status`: the last runs and releases, as their state machines tell it. */
import { Command } from 'commander';
import { DescribeExecutionCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { connect, type Connection } from '../connection.ts';
import { machineArn } from '../executions.ts';
import { show, table } from '../output.ts';

interface Line {
  readonly what: string;
  readonly name: string;
  readonly status: string;
  /** What the execution says came of it: a release that the gate refused has, as an execution, succeeded. */
  readonly outcome: string | null;
  readonly started: string;
  /** Null while it runs: the platform's clock may have been moved away from ours. */
  readonly seconds: number | null;
}

export const statusCommand = (): Command =>
  new Command('status')
    .description('Show the last runs and releases')
    .option('--as <principal>', 'the operator', 'tvp-operator')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npx tvt status --as tvp-operator\n')
    .action(async (options: { as: string; json?: boolean }) => {
      const connection = connect(options.as);
      const lines = [
        ...(await executions(connection, 'tvt-daily-run', 'daily run')),
        ...(await executions(connection, 'tvt-release', 'release')),
      ];
      show(lines, options.json ?? false, (all) =>
        all.length === 0
          ? 'Nothing has run yet: `npx tvt run` starts the daily run.'
          : table(all.map((line) => ({ ...line, outcome: line.outcome ?? '', seconds: line.seconds ?? '' }))),
      );
    });

async function executions(connection: Connection, machine: string, what: string): Promise<readonly Line[]> {
  const reply = await connection.sfn.send(
    new ListExecutionsCommand({ stateMachineArn: machineArn(connection, machine), maxResults: 20 }),
  );
  return Promise.all(
    (reply.executions ?? []).map(async ({ executionArn, name, status, startDate, stopDate }) => ({
      what,
      name: name ?? '',
      status: (status ?? '').toLowerCase(),
      outcome: status === 'SUCCEEDED' ? await outcomeOf(connection, executionArn) : null,
      started: startDate?.toISOString().slice(0, 19) ?? '',
      seconds:
        startDate === undefined || stopDate === undefined
          ? null
          : Math.round((stopDate.getTime() - startDate.getTime()) / 1000),
    })),
  );
}

async function outcomeOf(connection: Connection, executionArn: string | undefined): Promise<string | null> {
  const { output } = await connection.sfn.send(new DescribeExecutionCommand({ executionArn }));
  const said: unknown = JSON.parse(output ?? 'null');
  return typeof said === 'object' && said !== null && 'outcome' in said && typeof said.outcome === 'string'
    ? said.outcome
    : null;
}
