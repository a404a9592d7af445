/** The receipt of a delivery, as JSON, as CSV in file order and as a page: what was wrong, where, which rule, what to do. */
import { receiptPage } from './receipt-page.ts';
import { type Receipt, type ReceiptOf, receiptOf } from './receipt-of.ts';
import type { LandingResult } from './validate.ts';

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
