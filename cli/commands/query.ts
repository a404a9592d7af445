/** `tvt query`: SQL over what has been released to you, through Athena, in your own work group. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import {
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { connect, type Connection } from '../connection.ts';
import { Refused, show, table } from '../output.ts';

export const queryCommand = (): Command =>
  new Command('query')
    .description('Ask SQL of the released tables')
    .argument('<sql>', 'one select statement; name your own recipient and a report in it')
    .option('--as <principal>', 'an analyst')
    .option('--work-group <name>', 'the Athena work group; your partner’s own when left out')
    .option('--json', 'one JSON value on standard output')
    .addHelpText(
      'after',
      "\nExample:\n  npx tvt query --as tvp-analyst \"select area_name, category, value, symbol from released_cells where recipient = 'thames-valley-police' and report = 'serious-violence-by-district' limit 5\"\n\nEvery release stays in the table: name one, by its column `release`, where you add up.\n",
    )
    .action(async (sql: string, options: { as?: string; workGroup?: string; json?: boolean }) => {
      const connection = connect(options.as);
      const short = connection.principal.principal.split('-')[0] ?? '';
      const rows = await query(connection, sql, options.workGroup ?? `tvt-analysts-${short}`);
      show(rows, options.json ?? false, (all) => (all.length === 0 ? 'No rows.' : table(all)));
    });

/** @throws Refused with Athena's reason when the query failed. */
export async function query(
  connection: Connection,
  sql: string,
  workGroup: string,
): Promise<readonly Readonly<Record<string, string>>[]> {
  const { QueryExecutionId } = await connection.athena.send(
    new StartQueryExecutionCommand({
      QueryString: sql,
      WorkGroup: workGroup,
      QueryExecutionContext: { Database: 'tvt_reports' },
    }),
  );
  for (;;) {
    const { QueryExecution } = await connection.athena.send(
      new GetQueryExecutionCommand({ QueryExecutionId }),
    );
    const state = QueryExecution?.Status?.State;
    if (state === 'SUCCEEDED') break;
    if (state === 'FAILED' || state === 'CANCELLED')
      throw new Refused(`Athena answered: ${QueryExecution?.Status?.StateChangeReason ?? state}`);
    await sleep(200);
  }
  const rows: Record<string, string>[] = [];
  let columns: readonly string[] = [];
  let token: string | undefined;
  do {
    const page = await connection.athena.send(
      new GetQueryResultsCommand({ QueryExecutionId, NextToken: token }),
    );
    for (const row of page.ResultSet?.Rows ?? []) {
      const cells = (row.Data ?? []).map((cell) => cell.VarCharValue ?? '');
      if (columns.length === 0) columns = cells;
      else rows.push(Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? ''])));
    }
    token = page.NextToken;
  } while (token !== undefined);
  return rows;
}
