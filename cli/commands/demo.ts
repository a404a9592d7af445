/** `tvt demo`: the whole platform run once on this machine, from the partners' files to the released reports. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { BadArguments, formatNumber, progress, show, table } from '../output.ts';
import { freePort, startPlatform, synthesise } from '../platform.ts';
import { playValley, type Story } from '../valley-story.ts';
import { runInWords } from './run.ts';

const DATA = '.tvt/demo';

export const demoCommand = (): Command =>
  new Command('demo')
    .description('Run the whole platform once on a synthetic Thames Valley, and tell what came of it')
    .option('--months <number>', 'months of events', '36')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npm start\n')
    .action(async (options: { months: string; json?: boolean }) => {
      const months = Number(options.months);
      if (!Number.isInteger(months) || months < 1 || months > 72)
        throw new BadArguments(`--months takes a whole number from 1 to 72, not "${options.months}"`);
      const began = Date.now();
      const log = (sentence: string): void => {
        progress(`${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s  ${sentence}`);
      };
      await rm(DATA, { recursive: true, force: true });
      await mkdir(DATA, { recursive: true, mode: 0o700 });
      log('Synthesising the app …');
      await synthesise();
      log('Starting the platform from its templates …');
      const platform = await startPlatform({ port: await freePort(4566), dataDir: DATA });
      try {
        const story = await playValley({ dataDir: DATA, log, months });
        await writeFile(join(DATA, 'story.json'), JSON.stringify(story, null, 2));
        show(story, options.json ?? false, (told) => inWords(told, (Date.now() - began) / 1000));
      } finally {
        await platform.stop();
      }
    });

function inWords(story: Story, seconds: number): string {
  const { receipts, links, refused, released, pages, run } = story;
  const accepted = receipts.filter((receipt) => receipt.accepted);
  const rows = accepted.reduce((sum, { counts }) => sum + (counts.loaded ?? 0), 0);
  const share = (value: number | null): string => (value === null ? 'none' : `${(100 * value).toFixed(1)} %`);
  return [
    '',
    'Thames Valley Together: one day on a synthetic valley',
    '=====================================================',
    '',
    `Deliveries  ${accepted.length} accepted, ${receipts.length - accepted.length} quarantined; ${formatNumber(rows)} rows loaded`,
    '',
    table(
      receipts.map(({ partner, feed, accepted: good, counts, errors }) => ({
        partner,
        feed,
        outcome: good ? 'accepted' : 'quarantined',
        rows: counts.loaded ?? 0,
        why: errors[0] === undefined ? '' : `line ${errors[0].line ?? '–'}: ${errors[0].remedy}`,
      })),
    ),
    '',
    runInWords(run),
    '',
    `Links       precision ${share(links.all.precision)}, recall ${share(links.all.recall)} over all pairs of rows;`,
    `            precision ${share(links.acrossPartners.precision)}, recall ${share(links.acrossPartners.recall)} across partners`,
    '',
    'Reports',
    table(
      [refused, ...released].map(({ reportId, outcome, cells, withheld, reasons }) => ({
        report: reportId,
        outcome,
        counts: cells ?? '',
        'withheld [c]':
          cells === undefined ? '' : `${withheld ?? 0} (${((100 * (withheld ?? 0)) / cells).toFixed(0)} %)`,
        why: reasons?.[0]?.sentence ?? 'every partner agreed',
      })),
    ),
    ...(refused.outcome === 'refused'
      ? [`${refused.reportId} was asked for again once all had signed.`]
      : []),
    '',
    'Open in a browser:',
    ...pages.map(({ path }) => `  file://${resolve(path)}`),
    '',
    `Done in ${seconds.toFixed(0)} s. \`npm run local\` keeps the platform up for your own files and tools.`,
  ].join('\n');
}
