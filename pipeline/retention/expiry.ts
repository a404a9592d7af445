/** The six-year clock in one place: which rows are past it, as SQL and as a plain test. */
import { sqlText } from '../parquet.ts';
import type { IsoDate } from '../zones.ts';

/** `floor` is the first collection date still held (zones.ts, retentionFloor). */
export const isExpired = (collectionDate: IsoDate, floor: IsoDate): boolean => collectionDate < floor;

/** The same as a condition on a date column. */
export const expiredSql = (column: string, floor: IsoDate): string =>
  `${column} < cast(${sqlText(floor)} as date)`;
