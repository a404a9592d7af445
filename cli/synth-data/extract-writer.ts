/** Writes delimited text a buffer at a time, so that a file of any size takes the same memory. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
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
  return layout.columns.map(({ name, isDate }) => {
    const value = values[name] ?? '';
    return isDate && value !== '' ? formatted(value, layout.dateFormat) : value;
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

function formatted(date: string, format: string): string {
  if (format === 'yyyy-MM-dd') return date;
  return format
    .replace('yyyy', date.slice(0, 4))
    .replace('MM', date.slice(5, 7))
    .replace('dd', date.slice(8, 10));
}
