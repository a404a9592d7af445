/** `tvt release`: asks the gate for a report; it comes out only if every partner has agreed to exactly this. */
import { Command } from 'commander';
import { connect, type Connection } from '../connection.ts';
import { finish, stamp, start } from '../executions.ts';
import { progress, Refused, show } from '../output.ts';

export interface ReleaseOutcome {
  readonly outcome: 'released' | 'refused';
  readonly releaseId: string;
  readonly reportId: string;
  readonly reasons?: readonly { readonly code: string; readonly sentence: string }[];
  readonly cells?: number;
  readonly withheld?: number;
}

export const releaseCommand = (): Command =>
  new Command('release')
    .description('Release a report that is due, if every partner has agreed to it')
    .argument('<report>', 'the report’s id')
    .option('--as <principal>', 'the operator', 'tvp-operator')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npx tvt release serious-violence-by-district --as tvp-operator\n')
    .action(async (report: string, options: { as: string; json?: boolean }) => {
      const outcome = await release(connect(options.as), report, (state) => {
        if (options.json !== true) progress(`  ${state}`);
      });
      if (outcome.outcome === 'refused')
        throw new Refused(
          [`${report} was refused:`, ...(outcome.reasons ?? []).map(({ sentence }) => `  ${sentence}`)].join(
            '\n',
          ),
          outcome,
        );
      show(outcome, options.json ?? false, ({ releaseId, cells, withheld }) =>
        [
          `Released ${report} as ${releaseId}: ${cells ?? 0} counts, ${withheld ?? 0} withheld; totals and rates come beside them.`,
          `\`npx tvt report get ${report} --as PRINCIPAL --out DIR\` fetches it for a recipient.`,
        ].join('\n'),
      );
    });

export async function release(
  connection: Connection,
  report: string,
  onState?: (state: string) => void,
): Promise<ReleaseOutcome> {
  const name = `${report}-${stamp(new Date())}`;
  const execution = await start(connection, 'tvt-release', name, { reportId: report });
  return (await finish(connection, execution, onState)) as ReleaseOutcome;
}
