/**
 * How fast a delivery goes from CSV to record tables, beside DuckDB's bare CSV-to-Parquet copy of the same file with one
 * thread in the same run. `node test/bench/normalise.ts [rows]`
 *
 * Rules in force: the whole police contract (22 columns): encoding, quoting, header, ragged and blank rows, key missing or
 * doubled, five code lists, three dates, two postcodes, UPRN, telephone, offence code, names to NFC, lengths, masks,
 * record references (HMAC-SHA256), postcode to small area, four record tables.
 */
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadContracts } from '../../pipeline/contract/load.ts';
import { validateDelivery } from '../../pipeline/landing/validate.ts';
import { openStaging } from '../../pipeline/normalise/stage.ts';
import { openDuck, sqlText } from '../../pipeline/parquet.ts';
import { seeded } from '../property/mutations.ts';

const ROWS = Number(process.argv[2] ?? 500_000);
const contractsDir = new URL('../../contracts', import.meta.url).pathname;
const contract = loadContracts(contractsDir).feeds.get('police-involvements');
if (contract === undefined) throw new Error('no contract');
const folder = mkdtempSync(join(tmpdir(), 'bench-normalise-'));
const path = join(folder, 'involvements.csv');

/** Wall and processor seconds of a piece of work; the second is what one core would need with nothing beside it. */
async function timed(name: string, work: () => Promise<void>): Promise<number> {
  const [wall, processor] = [performance.now(), process.cpuUsage()];
  await work();
  const used = process.cpuUsage(processor);
  const seconds = (used.user + used.system) / 1e6;
  const elapsed = (performance.now() - wall) / 1000;
  console.log(
    `${name.padEnd(44)} ${Math.round(ROWS / seconds)
      .toLocaleString('en-GB')
      .padStart(10)} rows/s of processor time, ${Math.round(ROWS / elapsed)
      .toLocaleString('en-GB')
      .padStart(10)} elapsed`,
  );
  return seconds;
}

writeExtract();
console.log(`${ROWS.toLocaleString('en-GB')} rows, ${(statSync(path).size / 1e6).toFixed(0)} MB, 22 columns`);
const declared = { kind: 'full', rows: ROWS, extracted: null } as const;
const request = { file: path, contract, declared, today: '2026-11-24' };
try {
  const duck = await openDuck({ memoryMb: 1024, threads: 1, tempDir: folder });
  const bare = await timed('DuckDB, bare copy', async () => {
    await duck.write(
      `select * from read_csv(${sqlText(path)}, header = true, all_varchar = true)`,
      join(folder, 'bare.parquet'),
    );
  });
  const checking = await timed('validate and normalise', async () => {
    const result = await validateDelivery(request);
    if (!result.accepted) throw new Error(JSON.stringify(result.errors[0]));
  });
  const staging = openStaging({
    contract,
    partner: 'thames-valley-police',
    secret: Buffer.alloc(32, 1),
    folder,
  });
  const writing = await timed('… with record references, to disk', async () => {
    await validateDelivery({ ...request, sink: staging.sink });
  });
  const making = await timed('canonical rows to four tables in Parquet', async () => {
    await staging.finish(duck, join(contractsDir, 'reference', 'postcodes.csv'));
  });
  await duck.close();
  console.log(`validate and normalise: ${(checking / bare).toFixed(2)} times the bare copy`);
  console.log(`end to end to Parquet:  ${((writing + making) / bare).toFixed(2)} times the bare copy`);
  console.log(`memory at most: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Every row differs; about one in ten has a name with an accent, one in fifty a telephone number that is none. */
function writeExtract(): void {
  const random = seeded(7);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const number = (digits: number): string =>
    String(Math.floor(random() * 10 ** digits)).padStart(digits, '0');
  const date = (from: number, years: number): string =>
    `${from + Math.floor(random() * years)}-${String(1 + Math.floor(random() * 12)).padStart(2, '0')}-${String(1 + Math.floor(random() * 28)).padStart(2, '0')}`;
  const names = ['Marigold', 'Fern', 'Basil', 'Zoë', 'Rowan', 'Sorrel', 'Tansy', 'Ash', 'Bryony', "D'Arcy"];
  const file = openSync(path, 'w');
  let lines = `${contract?.columns.map((column) => column.name).join(',')}\n`;
  for (let row = 0; row < ROWS; row++) {
    const cells = [
      `TVP-INV-${String(row).padStart(9, '0')}`,
      `TVP-OCC-${number(8)}`,
      `TVP-NOM-${number(7)}`,
      pick(['VICT', 'SUSP', 'WITN', 'INVP']),
      pick(['8N', '34B', '10D', '105A', '5D', '8L']),
      date(2021, 5),
      date(2021, 5),
      `ZZ${number(1)} ${number(1)}AA`,
      pick(['Y', 'N', '']),
      pick(['N', '']),
      pick(['Y', 'N', '']),
      pick(['N', '']),
      pick(names),
      pick(['', '', 'Fern']),
      `${pick(names)}${pick(['ton', 'by', 'well', 'ley'])}`,
      date(1950, 60),
      pick(['M', 'F', 'U']),
      pick(['W1', 'A1', 'B2', 'NS', '']),
      `ZZ${number(1)} ${number(1)}AB`,
      `999${number(9)}`,
      random() < 0.02 ? 'ask' : `07700 900${number(3)}`,
      pick(['', '', '', 'WITNESS']),
    ];
    lines += `${cells.join(',')}\n`;
    if (lines.length > 1 << 20) {
      writeSync(file, lines);
      lines = '';
    }
  }
  writeSync(file, lines);
  closeSync(file);
}
