/** Judges one delivery against its contract: accepted whole, with what was mended said, or refused whole, with every reason. */
import { createReadStream } from 'node:fs';
import { chosenColumns } from '../contract/load.ts';
import type { Column, FeedContract, PartnerFeed } from '../contract/model.ts';
import { CHANGE_COLUMN, type RowSink } from '../contract/rows.ts';
import type { DeliveryKind, IsoDate } from '../zones.ts';
import { decode, type DecodeNotes, newNotes } from './decode.ts';
import { type Fault, FaultList, textOf } from './fault.ts';
import { decodeFault, fileFault, scanFault } from './file-faults.ts';
import {
  delimiterName,
  delimiterThatFits,
  type HeaderPlan,
  isHeaderLike,
  labelsFound,
  plainLabel,
  readHeader,
} from './header.ts';
import { RowCheck } from './row-check.ts';
import { CsvScanner, type ScannedRecord, type ScanFault } from './scanner.ts';

export interface DeliveryRequest {
  /** The file: its path, or its bytes as they come. */
  readonly file: string | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly contract: FeedContract;
  /** What the partner chose to share of this feed; every column where nothing is said. */
  readonly share?: PartnerFeed | undefined;
  /** What the sender signed about the file; null where not stated. */
  readonly declared: {
    readonly kind: DeliveryKind | null;
    readonly rows: number | null;
    readonly extracted: IsoDate | null;
  };
  readonly today: IsoDate;
  /** Takes the rows on; nothing of a refused file may be kept. */
  readonly sink?: RowSink | null;
}

export interface LandingResult {
  readonly accepted: boolean;
  /** What refuses the file, in file order. */
  readonly errors: readonly Fault[];
  /** What was done to load it, in file order. */
  readonly warnings: readonly Fault[];
  readonly counts: LandingCounts;
  /** The law does not let this file be shared: its bytes are to be deleted, with their versions, in this step. */
  readonly deletesUpload: boolean;
}
export interface LandingCounts {
  readonly bytes: number;
  readonly rows: number;
  readonly loaded: number;
  readonly upserts: number;
  readonly deletes: number;
  readonly rowsWithEmptiedCells: number;
  readonly errors: number;
  readonly warnings: number;
  readonly errorsByRule: Readonly<Record<string, number>>;
  readonly warningsByRule: Readonly<Record<string, number>>;
}

/** Records looked through for the header when the first is none. */
const TITLE_ROWS = 30;

/** What is known of the file while it is read. */
interface Reading {
  readonly request: DeliveryRequest;
  readonly columns: readonly Column[];
  readonly chosen: ReadonlySet<string>;
  readonly check: RowCheck;
  readonly errors: FaultList;
  readonly warnings: FaultList;
  plan: HeaderPlan | null;
  headerSeen: boolean;
  /** A first record that is no header, while the real one is looked for. */
  title: { readonly line: number; readonly cells: readonly string[]; recordsLookedAt: number } | null;
}

export async function validateDelivery(request: DeliveryRequest): Promise<LandingResult> {
  const { contract, today, share, sink = null } = request;
  const chosen = chosenColumns(contract, share);
  const reading: Reading = {
    request,
    columns: contract.columns,
    chosen: new Set(chosen.map((column) => column.name)),
    check: new RowCheck({ contract, today, gateways: share?.gateways ?? [], sink }),
    errors: new FaultList(),
    warnings: new FaultList(),
    plan: null,
    headerSeen: false,
    title: null,
  };
  if (!contract.dialect.headerRow) planWithoutHeader(reading, chosen);
  const notes = newNotes();
  const scanner = new CsvScanner(contract.dialect.delimiter, (record) => takeRecord(reading, record));
  const stopped = await scanAll(request, notes, scanner);
  judgeWhole(reading, notes, scanner, stopped);
  if (reading.errors.total === 0 && reading.check.errors.total === 0) reading.check.flush();
  return resultOf(reading, notes);
}

async function scanAll(
  request: DeliveryRequest,
  notes: DecodeNotes,
  scanner: CsvScanner,
): Promise<ScanFault | null> {
  const source =
    typeof request.file === 'string'
      ? createReadStream(request.file, { highWaterMark: 1 << 20 })
      : request.file;
  for await (const text of decode(source, request.contract.dialect.encoding, notes)) {
    const stopped = scanner.push(text, false);
    if (stopped !== null) return stopped;
  }
  return notes.fault === null ? scanner.push(new Uint8Array(0), true) : null;
}

function takeRecord(reading: Reading, record: ScannedRecord): void {
  if (reading.headerSeen) {
    reading.check.row(record, reading.plan);
    return;
  }
  const cells = cellsOf(record);
  if (reading.title === null && cells.every((cell) => cell.trim() === '')) {
    reading.errors.add(
      fileFault('blank-header', 'the first line is empty', 'Begin the file with the header.', record.line),
    );
  }
  if (isHeaderLike(cells, reading.chosen, reading.columns)) takeHeader(reading, record, cells);
  else if (reading.title === null) {
    reading.title = { line: record.line, cells, recordsLookedAt: 1 };
  } else if (++reading.title.recordsLookedAt >= TITLE_ROWS) noHeader(reading, reading.title);
}

const cellsOf = ({ bytes, starts, ends, count }: ScannedRecord): readonly string[] =>
  Array.from({ length: Math.min(count, 500) }, (_, cell) =>
    textOf(bytes, starts[cell] ?? 0, ends[cell] ?? 0),
  );

function takeHeader(reading: Reading, record: ScannedRecord, cells: readonly string[]): void {
  reading.headerSeen = true;
  if (reading.title !== null) {
    const lines = record.line - 1;
    reading.errors.add(
      fileFault(
        'incorrect-label',
        `the header looks to be on line ${record.line}, with ${lines} ${lines === 1 ? 'line' : 'lines'} above it`,
        'Take the lines above the header out, so that the file begins with it.',
        record.line,
      ),
    );
    return;
  }
  readLabels(reading, record.line, cells);
}

function readLabels(reading: Reading, line: number, cells: readonly string[]): void {
  const { plan, errors, warnings } = readHeader({
    labels: cells,
    line,
    columns: reading.columns,
    chosen: reading.chosen,
    isChanges: isChanges(reading.request.declared.kind, cells),
  });
  for (const fault of errors) reading.errors.add(fault);
  for (const fault of warnings) reading.warnings.add(fault);
  if (errors.some((fault) => fault.rule === 'gateway')) reading.check.deletesUpload = true;
  reading.plan = plan;
}

/** As declared; a file checked before anybody declared anything is one of changes if it has their column. */
const isChanges = (kind: DeliveryKind | null, cells: readonly string[]): boolean =>
  kind === null ? cells.some((cell) => plainLabel(cell) === CHANGE_COLUMN) : kind === 'changes';

/** No line is a header: the likeliest reason is named. */
function noHeader(
  reading: Reading,
  title: { readonly line: number; readonly cells: readonly string[] },
): void {
  reading.headerSeen = true;
  if (labelsFound(title.cells, reading.columns) > 0) {
    readLabels(reading, title.line, title.cells);
    return;
  }
  const { delimiter } = reading.request.contract.dialect;
  const other = delimiterThatFits(title.cells.join(delimiter), delimiter, reading.chosen, reading.columns);
  reading.errors.add(
    other === null
      ? fileFault(
          'incorrect-label',
          'the first line is not the header of this feed',
          'Begin the file with the names of the columns, as in the template, and check that it is the right feed.',
          title.line,
        )
      : fileFault(
          'dialect-error',
          `the cells are separated by ${other}; the contract says ${delimiterName(delimiter)}`,
          `Export the file again with ${delimiterName(delimiter)} between the cells.`,
          title.line,
        ),
  );
}

/** Without a header the cells stand in the contract's order. */
function planWithoutHeader(reading: Reading, chosen: readonly Column[]): void {
  const order = chosen.map((column) => column.name);
  const cellOf = Int32Array.from(reading.columns, (column) => order.indexOf(column.name));
  const isChanges = reading.request.declared.kind === 'changes';
  const cells = order.length + (isChanges ? 1 : 0);
  reading.plan = { cellOf, changeAt: isChanges ? order.length : -1, cells, cellsWithEmptyTail: cells };
  reading.headerSeen = true;
}

/** What can only be said once the whole file was read, or could not be read further. */
function judgeWhole(
  reading: Reading,
  notes: DecodeNotes,
  scanner: CsvScanner,
  stopped: ScanFault | null,
): void {
  const { errors, warnings, check, request } = reading;
  if (notes.fault !== null)
    errors.add(decodeFault(notes.fault, request.contract.dialect.encoding, scanner.line));
  if (stopped !== null) errors.add(scanFault(stopped));
  const wasReadWhole = notes.fault === null && stopped === null;
  if (!reading.headerSeen && reading.title !== null) noHeader(reading, reading.title);
  if (wasReadWhole) judgeAmount(reading, notes);
  sayWhatWasDone(warnings, notes, scanner, request.contract.dialect.delimiter);
  if (check.blankTailRows > 0) {
    warnings.add(
      fileFault(
        'blank-row',
        `${check.blankTailRows} empty rows stand at the end`,
        'Nothing: they were left out.',
      ),
    );
  }
  const { maxRejectRatio } = request.contract.dialect;
  if (check.rows > 0 && check.rowsWithEmptiedCells / check.rows > maxRejectRatio) {
    errors.add(
      fileFault(
        'reject-ratio',
        `${check.rowsWithEmptiedCells} of ${check.rows} rows have values that cannot be used; the contract allows ${Math.floor(maxRejectRatio * 1000) / 10} %`,
        'Mend the cells listed, or the extract that makes them, and send the file again.',
      ),
    );
    check.errors.addAll(check.emptied);
  } else warnings.addAll(check.emptied);
}

function judgeAmount(reading: Reading, notes: DecodeNotes): void {
  const { errors, check, request } = reading;
  const { kind, rows, extracted } = request.declared;
  const { nilReturnAllowed, headerRow } = request.contract.dialect;
  const isEmpty = !reading.headerSeen || (!headerRow && check.rows === 0 && notes.bytes === 0);
  if (kind === 'nil' && !nilReturnAllowed) {
    errors.add(
      fileFault(
        'nil-return',
        'this feed has no nil returns',
        'Send the rows of the period as a full delivery or as changes.',
      ),
    );
  } else if (kind === 'nil' && check.rows > 0) {
    errors.add(
      fileFault(
        'nil-return',
        `the file was sent as a nil return and has ${check.rows} rows`,
        'Send it as a full delivery or as changes.',
      ),
    );
  } else if (isEmpty && kind !== 'nil' && reading.title === null) {
    errors.add(
      fileFault(
        'source-error',
        'the file is empty',
        'Send the file with its header; declare a nil return where there is nothing to send.',
      ),
    );
  } else if (check.rows === 0 && reading.plan !== null && kind !== 'nil') {
    errors.add(
      fileFault(
        'source-error',
        'the file has a header and no rows',
        'Where there is nothing to send and the contract allows it, declare a nil return.',
      ),
    );
  }
  if (rows !== null && rows !== check.rows) {
    errors.add(
      fileFault(
        'row-count',
        `the file has ${check.rows} rows; its sender declared ${rows}`,
        'Check that the file was not cut short, and declare the rows it has.',
      ),
    );
  }
  if (extracted !== null && extracted > request.today) {
    errors.add(
      fileFault(
        'extracted-date',
        'the date of extraction lies in the future',
        'Declare the day the extract was taken.',
      ),
    );
  }
}

function sayWhatWasDone(
  warnings: FaultList,
  notes: DecodeNotes,
  scanner: CsvScanner,
  delimiter: string,
): void {
  const say = (rule: string, problem: string): void => warnings.add(fileFault(rule, problem, 'Nothing.'));
  if (notes.mark === 'utf-8')
    say('encoding-error', 'the file begins with a byte-order mark, which was left out');
  if (notes.mark === 'utf-16') say('encoding-error', 'the file is UTF-16 by its mark, and was read so');
  if (notes.windows1252) say('encoding-error', 'the file was read as Windows-1252, as the contract says');
  if (notes.endOfFileMark) say('format-error', 'the file ends in Ctrl-Z, which was left out');
  if (delimiter !== ',')
    say('dialect-error', `cells were separated by ${delimiterName(delimiter)}, as the contract says`);
  const { cr, crlf, lf } = scanner.lineEnds;
  const kinds = [cr > 0 ? 'CR' : '', crlf > 0 ? 'CR LF' : '', lf > 0 ? 'LF' : ''].filter(
    (kind) => kind !== '',
  );
  if (cr > 0 || crlf > 0)
    say('dialect-error', `lines end in ${kinds.join(' and ')}, which were read as line ends`);
}

function inFileOrder(left: Fault, right: Fault): number {
  const [one, other] = [left.letter ?? '', right.letter ?? ''];
  return (
    (left.line ?? 0) - (right.line ?? 0) ||
    one.length - other.length ||
    (one < other ? -1 : one > other ? 1 : 0)
  );
}

function resultOf(reading: Reading, notes: DecodeNotes): LandingResult {
  const { check, errors, warnings } = reading;
  errors.addAll(check.errors);
  warnings.addAll(check.warnings);
  const accepted = errors.total === 0;
  return {
    accepted,
    errors: errors.listed.toSorted(inFileOrder),
    warnings: warnings.listed.toSorted(inFileOrder),
    counts: {
      bytes: notes.bytes,
      rows: check.rows,
      loaded: accepted ? check.rows : 0,
      upserts: check.upserts,
      deletes: check.deletes,
      rowsWithEmptiedCells: check.rowsWithEmptiedCells,
      errors: errors.total,
      warnings: warnings.total,
      errorsByRule: Object.fromEntries(errors.counts),
      warningsByRule: Object.fromEntries(warnings.counts),
    },
    deletesUpload: check.deletesUpload,
  };
}
