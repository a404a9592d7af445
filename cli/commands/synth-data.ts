/** `tvt synth-data`: a made-up Thames Valley to work on; real areas, invented people. */
import { Command } from 'commander';
import { synthData } from '../synth-data/synth-data.ts';
import { BadArguments, progress, show } from '../output.ts';

export const synthDataCommand = (): Command =>
  new Command('synth-data')
    .description('Write a synthetic Thames Valley: one CSV per partner and feed, and the truth about it')
    .requiredOption('--out <dir>', 'where to write')
    .option('--seed <number>', 'another seed gives another valley', '1')
    .option('--months <number>', 'months of events', '36')
    .option('--scale <number>', '1 is the demo’s valley, 10 is ten times as many people', '1')
    .option('--until <date>', 'events end with the month before this day, YYYY-MM-DD; today when left out')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npx tvt synth-data --out valley --seed 7 --months 12\n')
    .action(
      (options: {
        out: string;
        seed: string;
        months: string;
        scale: string;
        until?: string;
        json?: boolean;
      }) => {
        const until = options.until ?? new Date().toISOString().slice(0, 10);
        if (!/^\d{4}-\d\d-\d\d$/.test(until)) throw new BadArguments('--until takes a date, YYYY-MM-DD');
        const outcome = synthData({
          out: options.out,
          seed: positive('--seed', options.seed),
          months: months(options.months),
          scale: positive('--scale', options.scale),
          until,
          log: options.json === true ? () => undefined : progress,
        });
        show(outcome, options.json ?? false, (value) => JSON.stringify(value, null, 2));
      },
    );

function months(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 72)
    throw new BadArguments(`--months takes a whole number from 1 to 72, not "${text}"`);
  return value;
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new BadArguments(`${flag} takes a number above 0, not "${text}"`);
  return value;
}
