/** Reads the CSV in which Athena leaves a query's result: every value quoted, nothing beside the agreed columns. */

import type { Row } from './table.ts';

export type ResultRows =
  { readonly ok: true; readonly rows: readonly Row[] } | { readonly ok: false; readonly sentence: string };

/** The header must name exactly the agreed columns, in their order: anything else is not the agreed query. */
export function readResult(csv: string, columns: readonly string[]): ResultRows {
  const [header, ...records] = recordsOf(csv);
  if (header === undefined || JSON.stringify(header) !== JSON.stringify(columns))
    return { ok: false, sentence: 'The result does not have the agreed columns.' };
  if (records.some((record) => record.length !== columns.length))
    return { ok: false, sentence: 'A row of the result does not have the agreed number of values.' };
  return {
    ok: true,
    rows: records.map((record) =>
      Object.fromEntries(columns.map((column, index) => [column, record[index] ?? ''])),
    ),
  };
}

/** RFC 4180; a NULL (no quotes, nothing between the commas) reads as the empty text. */
export function recordsOf(csv: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  const value = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (value.lastIndex < csv.length) {
    const found = value.exec(csv);
    if (found === null) throw new Error('the result file is not CSV');
    record.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === ',') {
      // A comma at the very end of the file is followed by one more, empty value.
      if (value.lastIndex === csv.length) record.push('');
      else continue;
    }
    records.push(record);
    record = [];
  }
  return records;
}
