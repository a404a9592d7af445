/** Functions agreed SQL may call: those seen to answer alike on Trino and on DuckDB (with the macros of the stand-in). */

const AGGREGATES = ['count', 'sum', 'min', 'max'] as const;
const WINDOWS = ['row_number', 'rank', 'dense_rank', 'lag', 'lead'] as const;
const SCALARS = [
  'abs',
  'coalesce',
  'date_diff',
  'date_trunc',
  'extract',
  'length',
  'lower',
  'nullif',
  'round',
  'trim',
  'upper',
] as const;

export const ALLOWED_FUNCTIONS: ReadonlySet<string> = new Set([...AGGREGATES, ...WINDOWS, ...SCALARS]);
export const AGGREGATE_FUNCTIONS: ReadonlySet<string> = new Set(AGGREGATES);

/** Day of week counts from 7 in one engine and from 0 in the other; weeks and hours are not needed. */
export const EXTRACT_UNITS: ReadonlySet<string> = new Set(['year', 'quarter', 'month', 'day']);
export const CAST_TYPES: ReadonlySet<string> = new Set(['date', 'double']);
