/** What a receipt says, before it is written as JSON, CSV or a page. */
import type { DeliveryId, DeliveryKind, FeedId, IsoDate, PartnerId } from '../zones.ts';
import type { Fault } from './fault.ts';
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
