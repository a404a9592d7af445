/**
 * The canonical form in which landing hands accepted rows on: one line a row, cells in the contract's column order,
 * every value already in its one spelling. Control characters cannot occur in a value, so nothing needs quoting.
 */

/** ASCII unit separator: ends a cell. */
export const CELL_END = 0x1f;
export const ROW_END = 0x0a;
/** First cell of every row after the sink's own prefix: what a row of a changes delivery asks for. */
export const UPSERT = 0x75;
export const DELETE = 0x64;
/** Header label that marks the column of a changes delivery. */
export const CHANGE_COLUMN = 'change';

/**
 * Takes canonical rows. Each row is `<prefix><u|d>␟<cell>␟…<cell>\n`, where the prefix is room the sink asked for and
 * fills in place. Rows come before the whole file is judged: a sink keeps nothing of a file that is refused.
 */
export interface RowSink {
  readonly prefixBytes: number;
  /** `at` is where the prefix begins; the row key (parts joined by CELL_END) is `key[keyStart, keyEnd)`. */
  row(bytes: Uint8Array, at: number, key: Uint8Array, keyStart: number, keyEnd: number): void;
  /** Whole rows; the memory is used again after the call. */
  write(rows: Uint8Array): void;
}
