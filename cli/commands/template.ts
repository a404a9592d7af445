/** `tvt template`: what a partner needs to make a feed's file: an empty CSV, its description as CSVW, and a help page. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { loadContracts } from '../../pipeline/contract/load.ts';
import { templateOf } from '../../pipeline/landing/template.ts';
import { BadArguments, show } from '../output.ts';

const CONTRACTS = fileURLToPath(new URL('../../contracts', import.meta.url));

export const templateCommand = (): Command =>
  new Command('template')
    .description('Write the template and help page of a feed')
    .argument('<feed>', 'the feed’s id')
    .option('--partner <id>', 'only the columns this partner chose to share')
    .requiredOption('--out <dir>', 'where to write')
    .option('--json', 'one JSON value on standard output')
    .addHelpText(
      'after',
      '\nExample:\n  npx tvt template social-care-children --partner reading-borough-council --out template\n',
    )
    .action(async (feed: string, options: { partner?: string; out: string; json?: boolean }) => {
      const { feeds, partners } = loadContracts(CONTRACTS);
      const contract = feeds.get(feed);
      if (contract === undefined)
        throw new BadArguments(`There is no feed "${feed}". There are: ${[...feeds.keys()].join(', ')}.`);
      const share =
        options.partner === undefined
          ? undefined
          : partners.get(options.partner)?.feeds.find((one) => one.feed === feed);
      if (options.partner !== undefined && share === undefined)
        throw new BadArguments(`There is no partner "${options.partner}" that shares ${feed}.`);
      const { csv, csvw, html } = templateOf(contract, share);
      await mkdir(options.out, { recursive: true });
      const files = await Promise.all(
        [
          [`${feed}.csv`, csv],
          [`${feed}.csv-metadata.json`, csvw],
          [`${feed}.html`, html],
        ].map(async ([name = '', text = '']) => {
          const path = join(options.out, name);
          await writeFile(path, text);
          return path;
        }),
      );
      show({ feed, files }, options.json ?? false, () => files.join('\n'));
    });
