/** `tvt status`: the last runs and releases, as their state machines tell it. */
import { Command } from 'commander';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { connect, type Connection } from '../connection.ts';
import { machineArn } from '../executions.ts';
import { show, table } from '../output.ts';

interface Line {
  readonly what: string;
  readonly name: string;
  readonly status: string;
  readonly started: string;
  readonly seconds: number;
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
          : table(all.map((line) => ({ ...line }))),
      );
    });

async function executions(connection: Connection, machine: string, what: string): Promise<readonly Line[]> {
  const reply = await connection.sfn.send(
    new ListExecutionsCommand({ stateMachineArn: machineArn(connection, machine), maxResults: 20 }),
  );
  return (reply.executions ?? []).map(({ name, status, startDate, stopDate }) => ({
    what,
    name: name ?? '',
    status: (status ?? '').toLowerCase(),
    started: startDate?.toISOString().slice(0, 19) ?? '',
    seconds: Math.round(((stopDate ?? new Date()).getTime() - (startDate ?? new Date()).getTime()) / 1000),
  }));
}
