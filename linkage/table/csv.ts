/** Reads CSV (RFC 4180, also with semicolons, tabs or bars) byte by byte into dictionary codes. */
import { closeSync, openSync, readSync } from 'node:fs';
import { ByteDictionary } from './dictionary.ts';
import type { CodedColumn } from './table.ts';

export interface CsvColumns {
  readonly headers: readonly string[];
  readonly rows: number;
  readonly columns: readonly CodedColumn[];
}

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const CHUNK_BYTES = 1 << 24;

/** @throws Error when a row has more cells than the header, with its number. */
export function readCsv(path: string): CsvColumns {
  const file = openSync(path, 'r');
  try {
    let buffer = new Uint8Array(CHUNK_BYTES);
    let held = 0;
    let reader: Reader | undefined;
    for (;;) {
      if (held === buffer.length) buffer = doubled(buffer);
      const got = readSync(file, buffer, held, buffer.length - held, null);
      const end = held + got;
      reader ??= new Reader(buffer.subarray(0, end));
      const used = reader.take(buffer, end, got === 0);
      buffer.copyWithin(0, used, end);
      held = end - used;
      if (got === 0) return reader.finish();
    }
  } finally {
    closeSync(file);
  }
}

/** The same from bytes in memory. */
export function parseCsv(bytes: Uint8Array): CsvColumns {
  const reader = new Reader(bytes);
  reader.take(bytes, bytes.length, true);
  return reader.finish();
}

class Reader {
  readonly #delimiter: number;
  #headers: string[] | undefined;
  #rows = 0;
  #dictionaries: ByteDictionary[] = [];
  #codes: Int32Array[] = [];
  /** Cells of the row being read: where each begins and ends in the buffer, and its hash. */
  #starts = new Int32Array(1024);
  #ends = new Int32Array(1024);
  #hashes = new Int32Array(1024);
  #unquoted = new Uint8Array(1 << 16);
  #first = true;

  constructor(sample: Uint8Array) {
    this.#delimiter = delimiterOf(sample);
  }

  /** Reads whole rows from the buffer; answers how many bytes they took. */
  take(buffer: Uint8Array, end: number, last: boolean): number {
    let at = 0;
    if (this.#first && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) at = 3;
    for (;;) {
      const next = this.#row(buffer, at, end, last);
      if (next < 0) return at;
      this.#first = false;
      at = next;
      if (at >= end) return at;
    }
  }

  finish(): CsvColumns {
    const headers = this.#headers ?? [];
    return {
      headers,
      rows: this.#rows,
      columns: headers.map((_, index) => ({
        codes: (this.#codes[index] ?? new Int32Array(0)).slice(0, this.#rows),
        dictionary: this.#dictionaries[index] ?? new ByteDictionary(),
      })),
    };
  }

  /** Reads one row; answers where the next begins, or -1 when the row is not all there yet. */
  #row(buffer: Uint8Array, from: number, end: number, last: boolean): number {
    const delimiter = this.#delimiter;
    let cell = 0;
    let at = from;
    if (at >= end) return -1;
    for (;;) {
      while (at < end && buffer[at] === SPACE) at++;
      let hash = 0x811c9dc5 | 0;
      if (at < end && buffer[at] === QUOTE) {
        const close = closingQuote(buffer, at + 1, end, last);
        if (close < 0) return -1;
        this.#starts[cell] = at;
        this.#ends[cell] = close + 1;
        hash = 0;
        at = close + 1;
        while (at < end && buffer[at] !== delimiter && buffer[at] !== NEWLINE) at++;
      } else {
        const start = at;
        let solid = at;
        let solidHash = hash;
        for (; at < end; at++) {
          const byte = buffer[at] as number;
          if (byte === delimiter || byte === NEWLINE) break;
          hash = Math.imul(hash ^ byte, 0x01000193);
          // Blanks at the end of a cell belong to no value.
          if (byte !== SPACE && byte !== RETURN) {
            solid = at + 1;
            solidHash = hash;
          }
        }
        this.#starts[cell] = start;
        this.#ends[cell] = solid;
        hash = solidHash;
      }
      this.#hashes[cell] = hash;
      if (at >= end && !last) return -1;
      if (cell < 1023) cell++;
      if (at >= end || buffer[at] === NEWLINE) break;
      at++;
    }
    this.#keep(buffer, cell);
    return at + 1;
  }

  #keep(buffer: Uint8Array, cells: number): void {
    const blank = cells === 1 && this.#starts[0] === this.#ends[0];
    if (this.#headers === undefined) {
      this.#headers = Array.from({ length: cells }, (_, cell) => this.#text(buffer, cell));
      this.#dictionaries = this.#headers.map(() => new ByteDictionary());
      this.#codes = this.#headers.map(() => new Int32Array(1 << 12));
      return;
    }
    if (blank) return;
    if (cells > this.#headers.length)
      throw new Error(`row ${this.#rows + 1} has ${cells} cells, the header ${this.#headers.length}`);
    const row = this.#rows++;
    for (let cell = 0; cell < this.#headers.length; cell++) {
      let codes = this.#codes[cell] as Int32Array;
      if (row >= codes.length) {
        const more = new Int32Array(codes.length * 2);
        more.set(codes);
        codes = more;
        this.#codes[cell] = more;
      }
      codes[row] = cell < cells ? this.#code(buffer, cell) : -1;
    }
  }

  #code(buffer: Uint8Array, cell: number): number {
    let start = this.#starts[cell] as number;
    let end = this.#ends[cell] as number;
    if (start === end) return -1;
    const dictionary = this.#dictionaries[cell] as ByteDictionary;
    if (buffer[start] !== QUOTE) return dictionary.code(buffer, start, end, this.#hashes[cell] as number);
    const length = this.#unquote(buffer, start + 1, end - 1);
    const plain = this.#unquoted;
    start = 0;
    end = length;
    while (start < end && plain[start] === SPACE) start++;
    while (end > start && plain[end - 1] === SPACE) end--;
    if (start === end) return -1;
    let hash = 0x811c9dc5 | 0;
    for (let k = start; k < end; k++) hash = Math.imul(hash ^ (plain[k] as number), 0x01000193);
    return dictionary.code(plain, start, end, hash);
  }

  #unquote(buffer: Uint8Array, from: number, to: number): number {
    if (to - from > this.#unquoted.length) this.#unquoted = new Uint8Array((to - from) * 2);
    let length = 0;
    for (let k = from; k < to; k++) {
      if (buffer[k] === QUOTE) k++;
      this.#unquoted[length++] = buffer[k] as number;
    }
    return length;
  }

  #text(buffer: Uint8Array, cell: number): string {
    const start = this.#starts[cell] as number;
    const end = this.#ends[cell] as number;
    if (buffer[start] !== QUOTE) return Buffer.from(buffer.subarray(start, end)).toString('utf8');
    const length = this.#unquote(buffer, start + 1, end - 1);
    return Buffer.from(this.#unquoted.subarray(0, length)).toString('utf8').trim();
  }
}

/** Where the quoted cell ends, a doubled quote being a quote; -1 when that is not in the buffer yet. */
function closingQuote(buffer: Uint8Array, from: number, end: number, last: boolean): number {
  for (let at = from; at < end; at++) {
    if (buffer[at] !== QUOTE) continue;
    if (at + 1 >= end) return last ? at : -1;
    if (buffer[at + 1] !== QUOTE) return at;
    at++;
  }
  return last ? end - 1 : -1;
}

/** The separator that stands most often in the header line. */
function delimiterOf(sample: Uint8Array): number {
  const line = sample.subarray(0, sample.indexOf(NEWLINE) + 1 || sample.length);
  const count = (byte: number): number => line.reduce((sum, one) => sum + (one === byte ? 1 : 0), 0);
  return [0x2c, 0x3b, 0x09, 0x7c].reduce((best, byte) => (count(byte) > count(best) ? byte : best));
}

function doubled(old: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(old.length * 2);
  next.set(old);
  return next;
}
