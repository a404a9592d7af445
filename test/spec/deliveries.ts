/** Small made-up deliveries for tests: rows as a partner's system would write them, and what landing says of them. */
import { loadContracts } from '../../pipeline/contract/load.ts';
import type { FeedContract, PartnerFeed } from '../../pipeline/contract/model.ts';
import {
  type DeliveryRequest,
  type LandingResult,
  validateDelivery,
} from '../../pipeline/landing/validate.ts';

export const contracts = loadContracts(new URL('../../contracts', import.meta.url).pathname);
export const TODAY = '2026-11-24';

export function contractOf(feed: string): FeedContract {
  const contract = contracts.feeds.get(feed);
  if (contract === undefined) throw new Error(`no contract ${feed}`);
  return contract;
}
export const police = contractOf('police-involvements');
export const socialCare = contractOf('social-care-children');
export const fire = contractOf('fire-home-visits');

/** A contract with another dialect. */
export const written = (contract: FeedContract, dialect: Partial<FeedContract['dialect']>): FeedContract => ({
  ...contract,
  dialect: { ...contract.dialect, ...dialect },
});

export type Cells = Readonly<Record<string, string>>;

/** A row that every rule accepts, with the cells named put in place of the made-up ones. */
export function row(contract: FeedContract, number: number, cells: Cells = {}): Cells {
  const made = contract.columns.map((column) => [column.name, column.examples[0] ?? ''] as const);
  const key = contract.columns.find((column) => column.keyPosition !== null)?.name ?? '';
  return { ...Object.fromEntries(made), [key]: `REF-${String(number).padStart(6, '0')}`, ...cells };
}
export const rows = (contract: FeedContract, count: number, from = 1): readonly Cells[] =>
  Array.from({ length: count }, (_, index) => row(contract, from + index));

/** The file such rows make: quoted where they must be, line ends LF. */
export function csv(
  contract: FeedContract,
  records: readonly Cells[],
  extra: readonly string[] = [],
): string {
  const names = [...extra, ...contract.columns.map((column) => column.name)];
  const { delimiter } = contract.dialect;
  const quoted = (text: string): string =>
    /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = records.map((record) => names.map((name) => quoted(record[name] ?? '')).join(delimiter));
  return [names.join(delimiter), ...lines].map((line) => `${line}\n`).join('');
}

export interface Sending {
  readonly kind?: 'full' | 'changes' | 'nil' | null;
  readonly rows?: number | null;
  readonly extracted?: string | null;
  readonly share?: PartnerFeed;
  readonly sink?: DeliveryRequest['sink'];
}

export function check(
  contract: FeedContract,
  file: string | Uint8Array,
  sending: Sending = {},
): Promise<LandingResult> {
  const { kind = 'full', rows: declared = null, extracted = null, share, sink = null } = sending;
  return validateDelivery({
    file: [typeof file === 'string' ? Buffer.from(file) : file],
    contract,
    share,
    declared: { kind, rows: declared, extracted },
    today: TODAY,
    sink,
  });
}

/** Rules broken, in file order, each once. */
export const rulesOf = (faults: LandingResult['errors']): readonly string[] => [
  ...new Set(faults.map((fault) => fault.rule)),
];
