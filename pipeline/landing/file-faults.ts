/** Faults of the file as a whole, in words for the person who sent it. */
import type { Dialect } from '../contract/model.ts';
import type { DecodeFault } from './decode.ts';
import { columnLetter, type Fault } from './fault.ts';
import type { ScanFault } from './scanner.ts';

export const fileFault = (
  rule: string,
  problem: string,
  remedy: string,
  line: number | null = null,
): Fault => ({
  line,
  record: null,
  column: null,
  letter: null,
  rule,
  value: null,
  problem,
  remedy,
});

const EXPORT_CSV = 'Export the data as CSV and send that file.';

/** Rule, what is wrong, what to do; `%` stands for the encoding the contract names. */
const DECODE_FAULTS: Readonly<Record<DecodeFault['is'], readonly [string, string, string]>> = {
  spreadsheet: ['format-error', 'the file is a spreadsheet, whatever its name ends in', EXPORT_CSV],
  zip: ['format-error', 'the file is a ZIP archive', 'Unpack it and send the CSV file inside.'],
  pdf: ['format-error', 'the file is a PDF', EXPORT_CSV],
  'web page': ['format-error', 'the file is a web page or XML', EXPORT_CSV],
  gzip: ['format-error', 'the file is compressed', 'Unpack it and send the CSV file inside.'],
  parquet: ['format-error', 'the file is Parquet', EXPORT_CSV],
  'not utf-8': [
    'encoding-error',
    'the text is not UTF-8, which the contract names',
    'Export the file as UTF-8 (in Excel: CSV UTF-8).',
  ],
  'not windows-1252': [
    'encoding-error',
    'the text is not Windows-1252, which the contract names',
    'Export the file as Windows-1252.',
  ],
  'utf-8 but not declared': [
    'encoding-error',
    'the text is UTF-8, but the contract names Windows-1252',
    'Export the file as Windows-1252, or ask for the contract to be changed.',
  ],
  'utf-16 without mark': [
    'encoding-error',
    'the text looks like UTF-16 without its mark; the contract names %',
    'Export the file as %.',
  ],
  'not utf-16': ['encoding-error', 'the text is not whole UTF-16', 'Export the file again, as UTF-8.'],
  nul: [
    'format-error',
    'the file holds a NUL byte, which no text has',
    'Export the file again; it may have been damaged on the way.',
  ],
  'control-z': [
    'format-error',
    'the file holds Ctrl-Z before its end',
    'Export the file again; old programs stop reading there.',
  ],
};

export function decodeFault(fault: DecodeFault, encoding: Dialect['encoding'], line: number): Fault {
  const [rule, problem, remedy] = DECODE_FAULTS[fault.is];
  const isAboutWhole = problem.startsWith('the file is ');
  return fileFault(
    rule,
    problem.replace('%', encoding),
    remedy.replace('%', encoding),
    isAboutWhole ? null : line,
  );
}

const SCAN_FAULTS: Readonly<Record<ScanFault['is'], readonly [string, string]>> = {
  'quote not closed': [
    'a quotation mark opens a cell on this line and is never closed',
    'Close it, or write a quotation mark inside a value twice.',
  ],
  'text after quote': [
    'a quotation mark opens a cell on this line, and text follows where it is closed',
    'Close it at the end of the value, and write a quotation mark inside a value twice.',
  ],
  'record too long': [
    'the row that begins on this line is longer than 1 MB',
    'Check the line ends and quotation marks of the file.',
  ],
  'too many cells': [
    'the row that begins on this line has more than 2,000 cells',
    'Check the line ends and the delimiter of the file.',
  ],
};

export function scanFault({ is, line, cell }: ScanFault): Fault {
  const [problem, remedy] = SCAN_FAULTS[is];
  return {
    ...fileFault('format-error', problem, remedy, line),
    letter: is.includes('quote') ? columnLetter(cell) : null,
  };
}
