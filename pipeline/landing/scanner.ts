/** Finds the records and cells of a CSV (RFC 4180) in a stream of UTF-8 bytes, without making a string of anything. */

/** Cells of one record, as places in `bytes`; valid until the call returns. */
export interface ScannedRecord {
  bytes: Uint8Array;
  starts: Int32Array;
  ends: Int32Array;
  count: number;
  /** Physical line the record begins on, from 1. */
  line: number;
}

export interface ScanFault {
  readonly is: 'quote not closed' | 'text after quote' | 'record too long' | 'too many cells';
  readonly line: number;
  /** Cell number within the record, from 0. */
  readonly cell: number;
}

/** A record longer than this is no record of ours: no feed has a column of free text. */
export const RECORD_BYTES = 1 << 20;
const CELLS = 2_000;

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

export class CsvScanner {
  readonly lineEnds = { lf: 0, cr: 0, crlf: 0 };
  readonly #delimiter: number;
  readonly #onRecord: (record: ScannedRecord) => void;
  readonly #record: ScannedRecord = {
    bytes: new Uint8Array(0),
    starts: new Int32Array(CELLS),
    ends: new Int32Array(CELLS),
    count: 0,
    line: 1,
  };
  /** Cells of the record in hand that hold doubled quotes. */
  readonly #escaped: number[] = [];
  #bytes = new Uint8Array(1 << 17);
  #used = 0;
  #line = 1;

  constructor(delimiter: string, onRecord: (record: ScannedRecord) => void) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#onRecord = onRecord;
  }

  /** The physical line the scanner stands on, counting line ends in what it has not yet given out. */
  get line(): number {
    let line = this.#line;
    for (let at = 0; at < this.#used; at++) {
      const byte = this.#bytes[at];
      if (byte === LF || (byte === CR && this.#bytes[at + 1] !== LF)) line++;
    }
    return line;
  }

  /** Takes the next bytes; `last` when no more will come. A fault ends the scan: what follows cannot be trusted. */
  push(chunk: Uint8Array, last: boolean): ScanFault | null {
    const needed = this.#used + chunk.length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#used);
    this.#used = needed;
    return this.#scan(last);
  }

  /** The loop of the whole landing: one pass over the bytes, a record handed on as soon as its line end is seen. */
  #scan(last: boolean): ScanFault | null {
    const bytes = this.#bytes;
    const end = this.#used;
    const delimiter = this.#delimiter;
    const record = this.#record;
    const { starts, ends } = record;
    record.bytes = bytes;
    let recordStart = 0;
    let at = 0;

    records: while (at < end) {
      recordStart = at;
      let cells = 0;
      let inside = 0; // line ends inside quoted cells
      this.#escaped.length = 0;
      for (;;) {
        if (cells >= CELLS) return { is: 'too many cells', line: this.#line, cell: cells };
        if (at < end && bytes[at] === QUOTE) {
          // A quoted cell: up to a quote that is not doubled.
          const opened = this.#line + inside;
          const start = ++at;
          let doubled = false;
          for (;;) {
            if (at >= end) {
              if (!last && end - recordStart <= RECORD_BYTES) break records;
              return { is: 'quote not closed', line: opened, cell: cells };
            }
            const byte = bytes[at];
            if (byte === QUOTE) {
              if (at + 1 >= end && !last) break records;
              if (at + 1 >= end || bytes[at + 1] !== QUOTE) break;
              doubled = true;
              at++;
            } else if (byte === LF) inside++;
            else if (byte === CR) {
              if (at + 1 >= end && !last) break records;
              if (bytes[at + 1] !== LF || at + 1 >= end) inside++;
            }
            at++;
          }
          starts[cells] = start;
          ends[cells] = at;
          if (doubled) this.#escaped.push(cells);
          at++;
          while (at < end && bytes[at] === SPACE && delimiter !== SPACE) at++;
          const next = bytes[at];
          if (at < end && next !== delimiter && next !== LF && next !== CR) {
            return { is: 'text after quote', line: opened, cell: cells };
          }
        } else {
          // A plain cell: up to a delimiter or a line end. A quote inside it is data.
          starts[cells] = at;
          while (at < end) {
            const byte = bytes[at];
            if (byte === delimiter || byte === LF || byte === CR) break;
            at++;
          }
          ends[cells] = at;
        }
        cells++;
        if (at >= end) {
          if (!last) break records;
          break;
        }
        const byte = bytes[at];
        if (byte === delimiter) {
          at++;
          continue;
        }
        // A line end; CR at the end of a chunk may be half of CR LF.
        if (byte === CR) {
          if (at + 1 >= end && !last) break records;
          if (at + 1 < end && bytes[at + 1] === LF) {
            at++;
            this.lineEnds.crlf++;
          } else this.lineEnds.cr++;
        } else this.lineEnds.lf++;
        at++;
        inside++;
        break;
      }
      record.count = cells;
      record.line = this.#line;
      if (this.#escaped.length > 0) this.#undouble();
      this.#onRecord(record);
      this.#line += inside;
      recordStart = at;
    }

    // What is left is the beginning of a record: it moves to the front and is read again with the next bytes.
    if (end - recordStart > RECORD_BYTES) return { is: 'record too long', line: this.#line, cell: 0 };
    bytes.copyWithin(0, recordStart, end);
    this.#used = end - recordStart;
    return null;
  }

  /** Takes the second of each doubled quote out, in place. */
  #undouble(): void {
    const { bytes, starts, ends } = this.#record;
    for (const cell of this.#escaped) {
      const end = ends[cell] ?? 0;
      let to = starts[cell] ?? 0;
      for (let from = to; from < end; from++) {
        bytes[to++] = bytes[from] ?? 0;
        if (bytes[from] === QUOTE) from++;
      }
      ends[cell] = to;
    }
  }
}
