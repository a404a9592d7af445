/** `tvt report`: what has been released to you, fetched from your own shelf of the reports zone. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { connect, type Connection } from '../connection.ts';
import { BadArguments, Refused, show, table } from '../output.ts';
import { listKeys, readJson, saveObject, zoneBucket } from '../zones.ts';
import { keys } from '../../pipeline/zones.ts';

interface Latest {
  readonly release: string;
  readonly releasedOn: string;
}

export const reportCommand = (): Command => {
  const command = new Command('report')
    .description('List and fetch the reports released to you')
    .addHelpText('after', '\nExample:\n  npx tvt report list --as oxon-analyst\n');
  command
    .command('list')
    .description('List the reports released to you')
    .option('--as <principal>', 'a recipient')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npx tvt report list --as oxon-analyst\n')
    .action(async (options: { as?: string; json?: boolean }) => {
      const connection = connect(options.as);
      const shelf = await listKeys(
        connection,
        zoneBucket(connection, 'reports'),
        keys.reports.packs(connection.principal.partner),
      );
      const latest = shelf.filter((key) => key.endsWith('/latest.json'));
      const rows = await Promise.all(
        latest.map(async (key) => {
          const found = await readJson<Latest>(connection, zoneBucket(connection, 'reports'), key);
          const report = /report=([^/]+)\//.exec(key)?.[1] ?? '';
          return { report, release: found?.release ?? '', releasedOn: found?.releasedOn ?? '' };
        }),
      );
      show(rows, options.json ?? false, (all) =>
        all.length === 0
          ? 'Nothing has been released to you yet.'
          : table(all.map(({ releasedOn, ...rest }) => ({ ...rest, 'released on': releasedOn }))),
      );
    });
  command
    .command('get')
    .description('Fetch the latest release of a report')
    .argument('<report>', 'the report’s id')
    .option('--as <principal>', 'a recipient')
    .requiredOption('--out <dir>', 'where to write table.csv and index.html')
    .option('--json', 'one JSON value on standard output')
    .addHelpText(
      'after',
      '\nExample:\n  npx tvt report get serious-violence-by-district --as oxon-analyst --out report\n',
    )
    .action(async (report: string, options: { as?: string; out: string; json?: boolean }) => {
      const fetched = await fetchReport(connect(options.as), report, options.out);
      show(
        fetched,
        options.json ?? false,
        ({ release, files }) => `Release ${release}:\n${files.join('\n')}`,
      );
    });
  return command;
};

/** S3 answers "denied" for a key that is missing to whoever may list only a part of the bucket. */
function notThere(error: unknown): null {
  if (error instanceof Error && error.name === 'AccessDenied') return null;
  throw error;
}

/** @throws Refused when nothing was released to this principal's partner; BadArguments for an impossible id. */
export async function fetchReport(
  connection: Connection,
  report: string,
  folder: string,
): Promise<{ readonly report: string; readonly release: string; readonly files: readonly string[] }> {
  if (!/^[a-z][a-z0-9-]*$/.test(report)) throw new BadArguments(`"${report}" cannot be the id of a report.`);
  const bucket = zoneBucket(connection, 'reports');
  const partner = connection.principal.partner;
  const latest = await readJson<Latest>(connection, bucket, keys.reports.latest(partner, report)).catch(
    async (error: unknown) => {
      // Whoever may not list the shelf either is no recipient, and is told so by AWS itself.
      await listKeys(connection, bucket, keys.reports.packs(partner));
      return notThere(error);
    },
  );
  if (latest === null) throw new Refused(`No release of ${report} has been made to ${partner}.`);
  await mkdir(folder, { recursive: true });
  const files = await Promise.all(
    ['table.csv', 'index.html'].map(async (file) => {
      const path = join(folder, file);
      await saveObject(connection, bucket, keys.reports.pack(partner, report, latest.release, file), path);
      return path;
    }),
  );
  return { report, release: latest.release, files };
}
