/** `tvt protect`: any table made safe to publish, outside any report. Nothing leaves this machine. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Command, InvalidArgumentError } from 'commander';
import {
  protectDocument,
  type ProtectedDocument,
} from '../../pipeline/release/suppression/protect-document.ts';
import { BadArguments, Refused, show, table } from '../output.ts';

interface Flags {
  readonly exact?: boolean;
  readonly seconds: number;
  readonly json?: boolean;
}
/** Beside 0, 1 and 2 of every command. */
const NO_SAFE_TABLE = 3;
const NOT_PROVED = 4;
/** How long a small table is improved where no optimum is asked for. */
const SECONDS_TO_IMPROVE = 5;

export const protectCommand = (): Command =>
  new Command('protect')
    .description(
      'Withhold cells of a table until no unsafe one can be worked out; nothing leaves this machine',
    )
    .argument('<table>', 'the table, as JSON')
    .option('--exact', 'as few cells (or as little value) as can be, proved')
    .option('--seconds <n>', 'how long to look for the proof', positive, 60)
    .option('--json', 'one JSON value on standard output')
    .addHelpText(
      'after',
      '\nExit codes: 2 the table cannot be used, 3 no safe table exists, 4 the optimum was not proved in time\n' +
        '(the best safe table is printed).\n\nExample:\n  npx tvt protect table.json --exact --json\n',
    )
    .action(async (file: string, flags: Flags) => {
      const started = performance.now();
      if (flags.exact !== true) keepSmall();
      const input = await readTable(file);
      const optimum = flags.exact === true;
      const seconds = optimum ? flags.seconds : SECONDS_TO_IMPROVE;
      const secondsLeft = (): number => seconds - (performance.now() - started) / 1000;
      const outcome = await protectDocument(input, { optimum, secondsLeft });
      if (outcome.ok) {
        show(outcome.document, flags.json ?? false, inWords);
        if (optimum && !outcome.proved) process.exitCode = NOT_PROVED;
        return;
      }
      if (outcome.code === 'bad-input') throw new BadArguments(outcome.sentence);
      if (outcome.code === 'audit-failed') throw new Refused(outcome.sentence, { error: outcome.sentence });
      show({ error: outcome.sentence }, flags.json ?? false, ({ error }) => error);
      process.exitCode = NO_SAFE_TABLE;
    });

/**
 * The solver's second compilation and a growing nursery pay only over the minutes that a proof takes; without them the
 * same seconds need about a quarter less memory. Both flags work if set before the solver is loaded.
 */
function keepSmall(): void {
  setFlagsFromString('--liftoff-only');
  setFlagsFromString('--semi-space-growth-factor=1');
}

function positive(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new InvalidArgumentError('Give a number of seconds above 0.');
  return seconds;
}

/** @throws BadArguments when there is no such file, or it holds no JSON. */
async function readTable(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new BadArguments(`There is no file ${basename(file)}.`);
  });
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new BadArguments(`The file ${basename(file)} is not JSON.`);
  }
}

function inWords({ cells, audit }: ProtectedDocument): string {
  const ranges = new Map(
    audit
      .filter(({ as }) => as === 'outsider')
      .map(({ cell, low, high }) => [cell.join('\n'), `${low} to ${high ?? 'any number'}`]),
  );
  const rows = cells.map(({ cell, value, status }) => ({
    cell: cell.join(', '),
    value: value ?? '[c]',
    status,
    'could be': ranges.get(cell.join('\n')) ?? '',
  }));
  return table(rows);
}
