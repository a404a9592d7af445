/** Writes delimited text a buffer at a time, so that a file of any size takes the same memory. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DateFormat } from '../../pipeline/contract/model.ts';
import type { ExtractLayout } from './extract-layout.ts';

export interface TextFile {
  readonly path: string;
  readonly rows: () => number;
  readonly write: (cells: readonly string[]) => void;
  readonly close: () => void;
}

const BUFFERED_CHARACTERS = 1 << 20;

/** Files may hold invented people only, yet they look like the real thing: nobody else on the machine reads them. */
export function openTextFile(path: string, header: readonly string[], delimiter = ','): TextFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'w', 0o600);
  let [buffer, rows] = [line(header, delimiter), 0];
  const flush = (): void => {
    writeSync(file, buffer);
    buffer = '';
  };
  return {
    path,
    rows: () => rows,
    write: (cells) => {
      rows += 1;
      buffer += line(cells, delimiter);
      if (buffer.length > BUFFERED_CHARACTERS) flush();
    },
    close: () => {
      flush();
      closeSync(file);
    },
  };
}

/** The cells of a row in a partner's columns and dialect; a column the valley knows nothing of stays empty. */
export function cellsFor(layout: ExtractLayout, values: Readonly<Record<string, string>>): readonly string[] {
  return layout.columns.map(({ name, dateFormat }) => {
    const value = values[name] ?? '';
    return dateFormat !== null && value !== '' ? formatted(value, dateFormat) : value;
  });
}

export const headerOf = (layout: ExtractLayout): readonly string[] => layout.columns.map(({ name }) => name);

export function line(cells: readonly string[], delimiter: string): string {
  let text = '';
  for (let at = 0; at < cells.length; at += 1) {
    const cell = cells[at] ?? '';
    const quoted =
      cell.includes(delimiter) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
    text += at === 0 ? quoted : delimiter + quoted;
  }
  return `${text}\n`;
}

function formatted(date: string, { order, separator, yearDigits }: DateFormat): string {
  const [year, month, day] = [date.slice(4 - yearDigits, 4), date.slice(5, 7), date.slice(8, 10)];
  const parts = { ymd: [year, month, day], dmy: [day, month, year], mdy: [month, day, year] };
  return parts[order].join(separator);
}
