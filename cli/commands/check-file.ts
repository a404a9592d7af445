/** `tvt check-file`: what the platform would say of a file, said before it is sent. Nothing leaves this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { parseFeedContract } from '../../pipeline/contract/feed.ts';
import { loadContracts } from '../../pipeline/contract/load.ts';
import { ContractError, type FeedContract, type PartnerFeed } from '../../pipeline/contract/model.ts';
import { validateDelivery, type LandingResult } from '../../pipeline/landing/validate.ts';
import type { DeliveryKind } from '../../pipeline/zones.ts';
import { BadArguments, show, table } from '../output.ts';

const CONTRACTS = fileURLToPath(new URL('../../contracts', import.meta.url));

interface Flags {
  readonly contract: string;
  readonly partner?: string;
  readonly kind?: DeliveryKind;
  readonly json?: boolean;
}

export const checkFileCommand = (): Command =>
  new Command('check-file')
    .description('Check a file against its contract before sending it; nothing leaves this machine')
    .argument('<file>', 'the CSV file')
    .requiredOption('--contract <feed>', 'a feed’s id, or the path of an .odcs.yaml file')
    .option('--partner <id>', 'check against the columns this partner chose to share')
    .addOption(new Option('--kind <kind>', 'what it would be sent as').choices(['full', 'changes', 'nil']))
    .option('--json', 'one JSON value on standard output')
    .addHelpText(
      'after',
      '\nExample:\n  npx tvt check-file involvements.csv --contract police-involvements\n',
    )
    .action(async (file: string, flags: Flags) => {
      const found = await stat(file).catch(() => null);
      if (found === null || !found.isFile()) throw new BadArguments(`There is no file ${basename(file)}.`);
      const { contract, share } = chosenContract(flags.contract, flags.partner);
      const result = await validateDelivery({
        file,
        contract,
        share,
        declared: { kind: flags.kind ?? null, rows: null, extracted: null },
        today: new Date().toISOString().slice(0, 10),
      });
      const { accepted, errors, warnings, counts } = result;
      show({ accepted, errors, warnings, counts }, flags.json ?? false, () => inWords(result));
      if (!accepted) process.exitCode = 1;
    });

/** @throws BadArguments when there is no such contract or partner, or the contract cannot be used. */
function chosenContract(
  named: string,
  partner: string | undefined,
): { readonly contract: FeedContract; readonly share: PartnerFeed | undefined } {
  try {
    if (existsSync(named) && named.endsWith('.yaml'))
      return {
        contract: parseFeedContract(readFileSync(named, 'utf8'), basename(named), { house: false }),
        share: undefined,
      };
    const { feeds, partners } = loadContracts(CONTRACTS);
    const contract = feeds.get(named);
    if (contract === undefined)
      throw new BadArguments(`There is no contract "${named}". There are: ${[...feeds.keys()].join(', ')}.`);
    if (partner === undefined) return { contract, share: undefined };
    const share = partners.get(partner)?.feeds.find(({ feed }) => feed === named);
    if (share === undefined) throw new BadArguments(`There is no partner "${partner}" that shares ${named}.`);
    return { contract, share };
  } catch (error) {
    if (error instanceof ContractError) throw new BadArguments(error.message);
    throw error;
  }
}

const SHOWN = 20;

function inWords({ accepted, errors, warnings, counts }: LandingResult): string {
  const faults = accepted ? warnings : errors;
  const rows = faults.slice(0, SHOWN).map(({ line, column, rule, remedy }) => ({
    line: line ?? 'file',
    column: column ?? '',
    rule,
    'what to do': remedy,
  }));
  return [
    accepted
      ? `The file would be accepted: ${counts.rows.toLocaleString('en-GB')} rows.`
      : `The file would be refused: 0 of ${counts.rows.toLocaleString('en-GB')} rows would be loaded.`,
    ...(rows.length === 0 ? [] : ['', table(rows)]),
    ...(faults.length > SHOWN ? ['', `… and ${faults.length - SHOWN} more; --json lists them.`] : []),
  ].join('\n');
}
