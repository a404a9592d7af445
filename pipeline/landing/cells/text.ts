/** Text cells: spaces made single, one Unicode spelling (NFC), lengths and patterns as the contract says. */
import type { Column } from '../../contract/model.ts';
import { textOf } from '../fault.ts';
import { type CellRule, copy, fault, isDigit, writeText } from './rule.ts';

/** Where a contract sets no length: longer than any name, reference or list of codes, far shorter than an essay. */
const LONGEST = 1_000;
const SPACE = 0x20;

const controls = fault(
  'constraint-error',
  'holds characters that cannot be printed',
  'Remove them at source.',
);
const damaged = fault(
  'constraint-error',
  'holds characters that were lost when the file was converted',
  'Export it again in the encoding the help page names.',
);
const scientific = fault(
  'type-error',
  'is a number in scientific notation, so its last digits are lost',
  'Format the column as text in the spreadsheet, or export it again from your system.',
  true,
);
const spreadsheetError = fault(
  'type-error',
  'is an error message of a spreadsheet',
  'Mend the formula, or leave the cell empty.',
);

export function textRule(column: Column): CellRule {
  const longest = column.maxLength ?? LONGEST;
  const shortest = column.minLength ?? 0;
  const pattern = column.pattern === null ? null : new RegExp(anchored(column.pattern), 'u');
  const isReference = column.keyPosition !== null || column.classification === 'reference';
  const tooLong = fault(
    'constraint-error',
    `is longer than ${longest} characters`,
    'Check that the columns are in their places.',
  );
  const tooShort = fault(
    'constraint-error',
    `is shorter than ${shortest} characters`,
    'Send the whole value.',
  );
  const unlike = fault(
    'constraint-error',
    'is not written as the contract says',
    `Write it like ${column.examples[0] ?? column.pattern ?? ''}.`,
  );

  return (source, start, end, out) => {
    const from = out.at;
    if (isReference && isScientific(source, start, end)) return scientific;
    if (
      source[start] === 0x23 &&
      /^#(N\/A|REF!|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!)$/.test(textOf(source, start, end))
    ) {
      return spreadsheetError;
    }
    const plain = plainLength(source, start, end);
    if (plain < 0) return controls;
    if (plain === end - start) copy(source, start, end, out);
    else {
      const text = textOf(source, start, end);
      if (text.includes('\ufffd')) return damaged;
      if (end - start > longest * 4 + 64) return tooLong;
      writeText(tidy(text), out);
    }
    const length = plain === end - start ? plain : charactersIn(out.bytes, from, out.at);
    if (length > longest) return tooLong;
    if (length < shortest) return tooShort;
    return pattern === null || pattern.test(textOf(out.bytes, from, out.at)) ? null : unlike;
  };
}

const anchored = (pattern: string): string => `^(?:${pattern.replace(/^\^|\$$/g, '')})$`;

/** Length where the bytes may be copied as they are; less where they need care; -1 where a control character stands. */
function plainLength(source: Uint8Array, start: number, end: number): number {
  let plain = end - start;
  for (let at = start; at < end; at++) {
    const byte = source[at] ?? 0;
    if (byte > 0x20 && byte < 0x7f) continue;
    if (byte === SPACE) {
      if (source[at + 1] === SPACE) plain = 0;
    } else if (byte === 0x09 || byte === 0x0a || byte === 0x0d || byte >= 0x80) plain = 0;
    else return -1;
  }
  return plain;
}

/** One spelling: composed letters, no invisible characters, every run of white space one space. */
export const tidy = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[\u200b-\u200f\u2060\ufeff\u00ad\u0080-\u009f]/g, '')
    .replace(/\s+/gu, ' ')
    .trim();

function isScientific(source: Uint8Array, start: number, end: number): boolean {
  if (!isDigit(source[start]) || end - start < 4) return false;
  return /^\d+([.,]\d+)?E\+?\d+$/i.test(textOf(source, start, end));
}

/** Unicode characters in UTF-8: every byte that does not continue one. */
function charactersIn(bytes: Uint8Array, start: number, end: number): number {
  let characters = 0;
  for (let at = start; at < end; at++) if (((bytes[at] ?? 0) & 0xc0) !== 0x80) characters++;
  return characters;
}
