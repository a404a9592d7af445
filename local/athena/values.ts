/** Spells values and types as Athena does in its results: text for everything, Java's spelling of doubles. */
import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';

export interface ResultColumn {
  readonly name: string;
  readonly type: string;
}
export interface ResultTable {
  readonly columns: readonly ResultColumn[];
  /** Null stands for SQL's null. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** DuckDB sums integers into HUGEINT where Athena has bigint. */
const TYPES: Readonly<Record<string, string>> = {
  HUGEINT: 'bigint',
  BIGINT: 'bigint',
  INTEGER: 'integer',
  SMALLINT: 'smallint',
  TINYINT: 'tinyint',
  DOUBLE: 'double',
  FLOAT: 'float',
  BOOLEAN: 'boolean',
  DATE: 'date',
  TIMESTAMP: 'timestamp',
  VARCHAR: 'varchar',
};

export function athenaType(type: string): string {
  return TYPES[type] ?? (type.startsWith('DECIMAL') ? 'decimal' : 'varchar');
}

export function athenaValue(value: DuckDBValue, type: string): string | null {
  if (value === null) return null;
  if (typeof value === 'number')
    return type === 'DOUBLE' || type === 'FLOAT' ? javaDouble(value) : String(value);
  if (value instanceof DuckDBDateValue || value instanceof DuckDBDecimalValue) return value.toString();
  if (value instanceof DuckDBTimestampValue) return milliseconds(value.toString());
  return typeof value === 'string' ? value : String(value);
}

/** `2026-01-01 10:00:00.123`: always three digits. */
function milliseconds(text: string): string {
  const [whole = '', fraction = ''] = text.split('.');
  return `${whole}.${fraction.slice(0, 3).padEnd(3, '0')}`;
}

/** Double.toString: plain between a thousandth and ten million, else with an exponent, and never without a fraction. */
export function javaDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return withFraction(String(value));
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${withFraction(digits)}E${exponent.replace('+', '')}`;
}

const withFraction = (digits: string): string => (digits.includes('.') ? digits : `${digits}.0`);
