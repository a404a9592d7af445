/** How every command speaks: tables for people, one JSON value for programs, and an exit code that says which way it went. */

/** Exit 1: what was asked was refused or found wanting. The message says why and what to do. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly value: unknown;
  constructor(message: string, value: unknown = { error: 'Refused', message }) {
    super(message);
    this.value = value;
  }
}

/** Exit 2: the arguments or the input cannot be used. */
export class BadArguments extends Error {
  override readonly name = 'BadArguments';
  readonly value: unknown;
  constructor(message: string, value: unknown = { error: 'BadArguments', message }) {
    super(message);
    this.value = value;
  }
}

/** A table with aligned columns; numbers to the right. */
export function table(rows: readonly Readonly<Record<string, string | number>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const width = (column: string): number =>
    Math.max(column.length, ...rows.map((row) => String(row[column] ?? '').length));
  const widths = new Map(columns.map((column) => [column, width(column)]));
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, index) => {
        const size = widths.get(columns[index] ?? '') ?? 0;
        return typeof cell === 'number' ? formatNumber(cell).padStart(size) : cell.padEnd(size);
      })
      .join('  ')
      .trimEnd();
  return [
    line(columns),
    line(columns.map((column) => '-'.repeat(widths.get(column) ?? 0))),
    ...rows.map((row) => line(columns.map((column) => row[column] ?? ''))),
  ].join('\n');
}

export const formatNumber = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en-GB') : String(value);

/** Progress goes to standard error, so that standard output stays what was asked for. */
export function progress(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** Prints one JSON value with `--json`, else what `people` makes of it. */
export function show<T>(value: T, json: boolean, people: (value: T) => string): void {
  process.stdout.write(
    `${json ? JSON.stringify(value, null, process.stdout.isTTY ? 2 : 0) : people(value)}\n`,
  );
}
