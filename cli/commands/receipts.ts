/** `tvt receipts`: what became of a partner's own deliveries, line by line where something was wrong. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { connect, type Connection } from '../connection.ts';
import { BadArguments, show, table } from '../output.ts';
import { landingBucket, listKeys, readJson, saveObject } from '../zones.ts';
import { keys } from '../../pipeline/zones.ts';

/** The parts of a receipt this command prints; the whole of it is in the JSON. */
export interface Receipt {
  readonly deliveryId: string;
  readonly feed: string;
  readonly accepted: boolean;
  readonly decidedAt: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly errors: readonly Fault[];
  readonly warnings: readonly Fault[];
}
interface Fault {
  readonly line: number | null;
  readonly column: string | null;
  readonly rule: string;
  readonly remedy: string;
}

export const receiptsCommand = (): Command =>
  new Command('receipts')
    .description('Show what became of your deliveries')
    .argument('[delivery]', 'one delivery; all when left out')
    .option('--as <principal>', 'the uploader')
    .option('--out <dir>', 'also save the receipts’ pages and CSV files here')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npx tvt receipts --as tvp-uploader --out receipts\n')
    .action(async (delivery: string | undefined, options: { as?: string; out?: string; json?: boolean }) => {
      const connection = connect(options.as);
      const found = await receipts(connection, delivery);
      if (delivery !== undefined && found.length === 0)
        throw new BadArguments(`There is no receipt for ${delivery}. A daily run writes it.`);
      if (options.out !== undefined) await saveAll(connection, found, options.out);
      show(found, options.json ?? false, receiptsInWords);
    });

export async function receipts(connection: Connection, delivery?: string): Promise<readonly Receipt[]> {
  const all = await listKeys(connection, landingBucket(connection), keys.landing.receipts);
  const wanted = all.filter(
    (key) => key.endsWith('.json') && (delivery === undefined || key.includes(`/${delivery}.`)),
  );
  const read = await Promise.all(
    wanted.map((key) => readJson<Receipt>(connection, landingBucket(connection), key)),
  );
  return read.flatMap((receipt) => (receipt === null ? [] : [receipt]));
}

async function saveAll(connection: Connection, found: readonly Receipt[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { feed, deliveryId } of found)
    for (const form of ['html', 'csv', 'json'] as const)
      await saveObject(
        connection,
        landingBucket(connection),
        keys.landing.receipt(feed, deliveryId, form),
        join(folder, `${deliveryId}.${form}`),
      );
}

const SHOWN = 10;

function receiptsInWords(found: readonly Receipt[]): string {
  if (found.length === 0) return 'No receipts yet: the daily run writes one for every delivery.';
  const rows = found.map(({ deliveryId, feed, accepted, counts, errors, warnings }) => ({
    delivery: deliveryId,
    feed,
    outcome: accepted ? 'accepted' : 'quarantined',
    'rows loaded': counts.loaded ?? 0,
    errors: errors.length,
    warnings: warnings.length,
  }));
  const faults = found
    .filter(({ errors }) => errors.length > 0)
    .map(({ deliveryId, errors }) =>
      [
        deliveryId,
        ...errors
          .slice(0, SHOWN)
          .map(
            ({ line, column, rule, remedy }) =>
              `  ${line === null ? 'the file' : `line ${line}`}${column === null ? '' : `, ${column}`}: ${rule}. ${remedy}`,
          ),
        ...(errors.length > SHOWN
          ? [`  … and ${errors.length - SHOWN} more: --out DIR saves the whole receipt as a page.`]
          : []),
      ].join('\n'),
    );
  return [table(rows), ...faults].join('\n\n');
}
