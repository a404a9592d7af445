/** `tvt run`: starts the daily run and tells how it goes. */
import { Command } from 'commander';
import { connect, type Connection } from '../connection.ts';
import { finish, stamp, start } from '../executions.ts';
import { formatNumber, progress, Refused, show, table } from '../output.ts';
import { readJson, zoneBucket } from '../zones.ts';
import { keys } from '../../pipeline/zones.ts';

export const runCommand = (): Command =>
  new Command('run')
    .description('Start the daily run and wait for its end')
    .option('--as <principal>', 'the operator', 'tvp-operator')
    .option('--no-wait', 'start it and come back at once')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npx tvt run --as tvp-operator\n')
    .action(async (options: { as: string; wait: boolean; json?: boolean }) => {
      const connection = connect(options.as);
      const execution = await start(connection, 'tvt-daily-run', `run-${stamp(new Date())}`, {});
      if (!options.wait) {
        show(
          { execution: execution.name },
          options.json ?? false,
          ({ execution: name }) => `Started ${name}.`,
        );
        return;
      }
      const output = await finish(connection, execution, (state) => {
        if (options.json !== true) progress(`  ${state}`);
      });
      const skipped = reasonOfSkip(output);
      if (skipped !== null) throw new Refused(`Nothing was run: ${skipped}.`, { skipped });
      const summary = await runSummary(connection, runOf(output) ?? execution.name);
      show(summary, options.json ?? false, runInWords);
    });

/** The run an execution carried out: an older one when it took up a plan that had been left unfinished. */
export const runOf = (output: unknown): string | null =>
  typeof output === 'object' && output !== null && 'runId' in output && typeof output.runId === 'string'
    ? output.runId
    : null;

export const reasonOfSkip = (output: unknown): string | null =>
  typeof output === 'object' && output !== null && 'reason' in output && typeof output.reason === 'string'
    ? output.reason
    : null;

/** What a run wrote down about itself. Counts and ids only. */
export interface RunSummary {
  readonly runId: string;
  readonly outcome: 'done' | 'failed';
  readonly steps: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export async function runSummary(connection: Connection, runId: string): Promise<RunSummary> {
  const summary = await readJson<RunSummary>(
    connection,
    zoneBucket(connection, 'control'),
    keys.control.summary(runId),
  );
  if (summary === null) throw new Refused(`Run ${runId} has left no summary.`);
  return summary;
}

export interface FeedOutcome {
  readonly partner: string;
  readonly feed: string;
  readonly deliveries: readonly {
    readonly deliveryId: string;
    readonly accepted: boolean;
    readonly rows: number;
  }[];
  readonly counts: Readonly<Record<string, number>>;
}

export function feedOutcomes(summary: RunSummary): readonly FeedOutcome[] {
  return Object.entries(summary.steps).flatMap(([name, step]) => {
    const [kind, partner, feed] = name.split('/');
    if (kind !== 'receive' || partner === undefined || feed === undefined) return [];
    const normalised = summary.steps[`normalise/${partner}/${feed}`];
    return [
      {
        partner,
        feed,
        deliveries: (step.deliveries ?? []) as FeedOutcome['deliveries'],
        counts: (normalised?.counts ?? {}) as Record<string, number>,
      },
    ];
  });
}

export function runInWords(summary: RunSummary): string {
  const feeds = feedOutcomes(summary).map(({ partner, feed, deliveries, counts }) => ({
    partner,
    feed,
    accepted: deliveries.filter(({ accepted }) => accepted).length,
    quarantined: deliveries.filter(({ accepted }) => !accepted).length,
    inserted: counts.inserted ?? 0,
    updated: counts.updated ?? 0,
    withdrawn: counts.withdrawn ?? 0,
    expired: counts.expired ?? 0,
  }));
  const traffic = (step: string): string => {
    const { bytesRead, bytesWritten, bytesCopied } = summary.steps[step] ?? {};
    const part = (label: string, bytes: unknown): string[] =>
      typeof bytes === 'number' ? [`${label} ${formatNumber(Math.round(bytes / 1024))} kB`] : [];
    return [
      ...part('read', bytesRead),
      ...part('wrote', bytesWritten),
      ...part('copied server-side', bytesCopied),
    ].join(', ');
  };
  const match = summary.steps.match ?? {};
  const publish = summary.steps.publish ?? {};
  const count = (value: unknown): string => (typeof value === 'number' ? formatNumber(value) : 'unknown');
  return [
    `Run ${summary.runId}: ${summary.outcome}`,
    '',
    ...(feeds.length === 0 ? [] : [table(feeds), '']),
    // Where nothing changed nobody is matched again, and the step says nothing of links.
    `Persons   ${count(match.persons)} from ${count(match.records)} records, ${match.links === undefined ? 'nothing to match again' : `${count(match.links)} links (${traffic('match')})`}`,
    `Snapshot  ${String(publish.snapshot)}: ${count(publish.filesRewritten)} files rewritten, ${count(publish.filesCopied)} copied (${traffic('publish')})`,
  ].join('\n');
}
