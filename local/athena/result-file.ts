/** The result as Athena leaves it in S3: every value quoted, null as nothing at all, and the columns beside it. */
import { z } from 'zod';

import type { ResultColumn, ResultTable } from './values.ts';

export function writeCsv({ columns, rows }: ResultTable): string {
  const lines = [columns.map(({ name }) => name), ...rows].map((row) => row.map(quote).join(','));
  return `${lines.join('\n')}\n`;
}

const quote = (value: string | null): string => (value === null ? '' : `"${value.replaceAll('"', '""')}"`);

/** Reads what writeCsv wrote: the rows with the header first. */
export function readCsv(text: string): readonly (readonly (string | null)[])[] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  let at = 0;
  while (at < text.length) {
    const [value, end] = text[at] === '"' ? readQuoted(text, at) : [null, at];
    row.push(value);
    if (text[end] !== ',') {
      rows.push(row);
      row = [];
    } else if (text[end + 1] === '\n' || end + 1 === text.length) {
      rows.push([...row, null]);
      row = [];
      at = end + 2;
      continue;
    }
    at = end + 1;
  }
  return rows;
}

function readQuoted(text: string, start: number): readonly [string, number] {
  let at = start + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end === -1) throw new Error('a result file ends inside a value');
    if (text[end + 1] !== '"') return [text.slice(start + 1, end).replaceAll('""', '"'), end + 1];
    at = end + 2;
  }
}

const metadataSchema = z.strictObject({
  columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
});

/** Athena's own form of this file is not documented; ours is JSON. */
export const writeMetadata = ({ columns }: ResultTable): string => JSON.stringify({ columns });
export const readMetadata = (text: string): readonly ResultColumn[] =>
  metadataSchema.parse(JSON.parse(text)).columns;
