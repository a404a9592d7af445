/** Makes the model's columns out of the columns of files, each value put into form once. */
import type { ColumnSource } from '../model.ts';
import type { CsvColumns } from '../table/csv.ts';
import { TextDictionary } from '../table/dictionary.ts';
import type { CodedColumn, Table } from '../table/table.ts';
import { normalise } from './normalise.ts';

/** One file as columns, whatever format it came in. */
export type SourceFile = CsvColumns;

export function tableOf(
  files: readonly SourceFile[],
  columns: readonly ColumnSource[],
  duplicateFree: readonly number[],
): Table {
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const sources = new Int32Array(rows);
  let at = 0;
  files.forEach((file, source) => {
    sources.fill(source, at, at + file.rows);
    at += file.rows;
  });
  return {
    rows,
    sources,
    duplicateFree,
    columns: new Map(columns.map((column) => [column.name, columnOf(files, column, rows)])),
  };
}

function columnOf(files: readonly SourceFile[], column: ColumnSource, rows: number): CodedColumn {
  const dictionary = new TextDictionary();
  const codes = new Int32Array(rows).fill(-1);
  let at = 0;
  for (const file of files) {
    const parts = partsIn(file, column);
    if (parts !== null) fill(codes, at, file.rows, parts, column, dictionary);
    at += file.rows;
  }
  return { codes, dictionary };
}

function partsIn(file: SourceFile, column: ColumnSource): readonly CodedColumn[] | null {
  for (const headers of [column.from, ...(column.or ?? [])]) {
    const parts = headers.map((header) => columnNamed(file, header));
    if (parts.every((part) => part !== null)) return parts;
  }
  return null;
}

export function columnNamed(file: SourceFile, header: string): CodedColumn | null {
  const exact = file.headers.indexOf(header);
  if (exact >= 0) return file.columns[exact] ?? null;
  const folded = file.headers.findIndex((one) => one.trim().toLowerCase() === header.trim().toLowerCase());
  return folded >= 0 ? (file.columns[folded] ?? null) : null;
}

function fill(
  codes: Int32Array,
  at: number,
  rows: number,
  parts: readonly CodedColumn[],
  column: ColumnSource,
  dictionary: TextDictionary,
): void {
  const form = (text: string): number => {
    // Year, month and day from columns of their own are put in that order; only written dates have another.
    const value = normalise(text, column.as, parts.length > 1 ? 'ymd' : column.dateOrder);
    return value === '' ? -1 : dictionary.code(value);
  };
  const [only] = parts;
  if (only === undefined) return;
  if (parts.length === 1) {
    const to = new Int32Array(only.dictionary.size);
    for (let code = 0; code < to.length; code++) to[code] = form(only.dictionary.text(code));
    for (let row = 0; row < rows; row++) {
      const code = only.codes[row] as number;
      codes[at + row] = code < 0 ? -1 : (to[code] as number);
    }
    return;
  }
  const separator = column.as === 'date' ? '-' : ' ';
  const known = new Map<string, number>();
  for (let row = 0; row < rows; row++) {
    const texts = parts.map((part) => {
      const code = part.codes[row] as number;
      return code < 0 ? '' : part.dictionary.text(code).replace(/\.0$/, '');
    });
    if (column.as === 'date' ? texts.includes('') : texts.every((text) => text === '')) continue;
    const text = texts.filter((one) => one !== '').join(separator);
    let code = known.get(text);
    if (code === undefined) {
      code = form(text);
      known.set(text, code);
    }
    codes[at + row] = code;
  }
}
