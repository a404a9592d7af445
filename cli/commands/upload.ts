/** `tvt upload`: asks for a presigned address and puts a file there, exactly as any other client could. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Command, Option } from 'commander';
import { ask, connect, type Connection } from '../connection.ts';
import { BadArguments, Refused, show } from '../output.ts';

export interface UploadAddress {
  readonly deliveryId: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresInSeconds: number;
}
export interface UploadOptions {
  readonly feed: string;
  readonly kind?: 'full' | 'changes' | 'nil';
  readonly extracted?: string;
  readonly rows?: number;
}

interface Flags extends UploadOptions {
  readonly as?: string;
  readonly print?: boolean;
  readonly json?: boolean;
}

export const uploadCommand = (): Command =>
  new Command('upload')
    .description('Send one extract to your own landing zone')
    .argument('<file>', 'the CSV file')
    .requiredOption('--feed <id>', 'the feed it belongs to, e.g. police-involvements')
    .option('--as <principal>', 'the uploader')
    .addOption(
      new Option('--kind <kind>', 'full replaces all, changes has a column `change`, nil is empty')
        .choices(['full', 'changes', 'nil'])
        .default('full'),
    )
    .option('--extracted <date>', 'day the extract was taken, YYYY-MM-DD', day)
    .option('--rows <number>', 'data rows in the file, to be checked on arrival', wholeNumber)
    .option('--print', 'print the address and a curl line instead of sending')
    .option('--json', 'one JSON value on standard output')
    .addHelpText(
      'after',
      '\nExample:\n  npx tvt upload involvements.csv --as tvp-uploader --feed police-involvements --extracted 2026-11-01 --rows 1204\n',
    )
    .action(async (file: string, flags: Flags) => {
      const connection = connect(flags.as);
      const address = await askForAddress(connection, file, flags);
      if (flags.print === true) {
        show({ url: address.url, headers: address.headers }, flags.json ?? false, () =>
          curlLine(file, address),
        );
        return;
      }
      await send(file, address);
      show({ deliveryId: address.deliveryId, feed: flags.feed, sent: true }, flags.json ?? false, (sent) =>
        [
          `Sent as delivery ${sent.deliveryId}.`,
          `The next daily run decides on it. \`npx tvt receipts --as ${flags.as ?? ''}\` then shows what it found.`,
        ].join('\n'),
      );
    });

function day(value: string): string {
  const moment = new Date(`${value}T00:00:00Z`);
  if (Number.isNaN(moment.getTime()) || moment.toISOString().slice(0, 10) !== value)
    throw new BadArguments(`--extracted takes a day, YYYY-MM-DD, not "${value}"`);
  return value;
}

function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new BadArguments(`--rows takes a whole number, not "${value}"`);
  return Number(value);
}

/** @throws BadArguments when there is no such file or the platform cannot use what is declared of it; Refused with the platform's reason. */
export async function askForAddress(
  connection: Connection,
  file: string,
  options: UploadOptions,
): Promise<UploadAddress> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) throw new BadArguments(`There is no file ${file}.`);
  return ask<UploadAddress>(connection, 'tvt-issue-upload-url', {
    feed: options.feed,
    kind: options.kind ?? 'full',
    ...(options.extracted === undefined ? {} : { extracted: options.extracted }),
    ...(options.rows === undefined ? {} : { rows: options.rows }),
    size: found.size,
    sha256: await digestOf(file),
  });
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('base64');
}

/** @throws Refused with S3's own code when the upload is not taken. */
export async function send(file: string, address: UploadAddress): Promise<void> {
  const reply = await fetch(address.url, {
    method: 'PUT',
    headers: address.headers,
    body: Readable.toWeb(createReadStream(file)),
    duplex: 'half',
  });
  const text = await reply.text();
  if (reply.ok) return;
  const code = /<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? String(reply.status);
  const message = /<Message>([^<]+)<\/Message>/.exec(text)?.[1] ?? 'the upload was refused';
  throw new Refused(`${code}: ${message}`, { error: code, message });
}

function curlLine(file: string, address: UploadAddress): string {
  const headers = Object.entries(address.headers).map(
    ([name, value]) => `  -H ${quote(`${name}: ${value}`)} \\`,
  );
  return [
    `# good for ${Math.round(address.expiresInSeconds / 60)} minutes, for this very file, once`,
    `curl --fail-with-body -X PUT -T ${quote(file)} \\`,
    ...headers,
    `  ${quote(address.url)}`,
  ].join('\n');
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
