/** The receipt of a delivery, as JSON, as CSV in file order and as a page: what was wrong, where, which rule, what to do. */
import type { DeliveryId, DeliveryKind, FeedId, IsoDate, PartnerId } from '../zones.ts';
import type { Fault } from './fault.ts';
import { receiptPage } from './receipt-page.ts';
import type { LandingCounts, LandingResult } from './validate.ts';

/** What the receipt is of. No name the sender gave the file: it may hold personal data. */
export interface ReceiptOf {
  readonly deliveryId: DeliveryId;
  readonly partner: PartnerId;
  readonly partnerName: string;
  readonly feed: FeedId;
  readonly feedName: string;
  readonly contractVersion: string;
  readonly kind: DeliveryKind;
  readonly extracted: IsoDate | null;
  /** ISO date and time. */
  readonly judgedAt: string;
}

export interface Receipt extends ReceiptOf {
  readonly accepted: boolean;
  readonly summary: string;
  readonly counts: LandingCounts;
  readonly errors: readonly Fault[];
  readonly warnings: readonly Fault[];
}

export function receiptOf(result: LandingResult, of: ReceiptOf): Receipt {
  const { accepted, counts, errors, warnings } = result;
  return { ...of, accepted, summary: summaryOf(result), counts, errors, warnings };
}

const number = (value: number): string => value.toLocaleString('en-GB');
const rowsText = (rows: number): string => `${number(rows)} ${rows === 1 ? 'row' : 'rows'}`;

/** `0 of 1,204 rows were loaded.` */
function summaryOf({ accepted, counts, deletesUpload }: LandingResult): string {
  const loaded = `${number(counts.loaded)} of ${rowsText(counts.rows)} ${counts.rows === 1 ? 'was' : 'were'} loaded.`;
  if (accepted && counts.rows === 0) return 'The nil return was accepted.';
  return deletesUpload ? `${loaded} The file was deleted, because it holds what may not be shared.` : loaded;
}

export interface RenderedReceipt {
  readonly json: string;
  readonly csv: string;
  readonly html: string;
}

export function renderReceipt(result: LandingResult, of: ReceiptOf): RenderedReceipt {
  const receipt = receiptOf(result, of);
  return {
    json: `${JSON.stringify(receipt, null, 2)}\n`,
    csv: receiptCsv(receipt),
    html: receiptPage(receipt),
  };
}

const CSV_COLUMNS = [
  'severity',
  'line',
  'record',
  'column',
  'letter',
  'rule',
  'value',
  'problem',
  'remedy',
] as const;

/** Errors and warnings together, in file order. */
function receiptCsv({ errors, warnings }: Receipt): string {
  const faults = [
    ...errors.map((fault) => ({ severity: 'error', ...fault })),
    ...warnings.map((fault) => ({ severity: 'warning', ...fault })),
  ].toSorted((left, right) => (left.line ?? 0) - (right.line ?? 0));
  const lines = faults.map((fault) => CSV_COLUMNS.map((name) => csvCell(fault[name])).join(','));
  return [CSV_COLUMNS.join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

/** A text that a spreadsheet would run as a formula gets an apostrophe before it; full-width forms too. */
export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
