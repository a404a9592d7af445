/** Turns the bytes of a delivery into UTF-8 as the contract's encoding says, and stops at the first byte that cannot be. */
import { isUtf8 } from 'node:buffer';
import type { Dialect } from '../contract/model.ts';

/** What was found on the way; a fault stands at the point where the decoded bytes end. */
export interface DecodeNotes {
  mark: 'utf-8' | 'utf-16' | null;
  windows1252: boolean;
  endOfFileMark: boolean;
  fault: DecodeFault | null;
  bytes: number;
}
export type DecodeFault =
  | { readonly is: 'spreadsheet' | 'zip' | 'pdf' | 'web page' | 'gzip' | 'parquet' }
  | { readonly is: 'not utf-8' | 'not windows-1252' | 'utf-8 but not declared' | 'utf-16 without mark' }
  | { readonly is: 'not utf-16' | 'nul' | 'control-z' };

export const newNotes = (): DecodeNotes => ({
  mark: null,
  windows1252: false,
  endOfFileMark: false,
  fault: null,
  bytes: 0,
});

/** First bytes of files that are not text, whatever their name ends in. */
const MAGIC: readonly (readonly [readonly number[], DecodeFault])[] = [
  [[0x50, 0x4b, 0x03, 0x04], { is: 'spreadsheet' }],
  [[0x50, 0x4b, 0x05, 0x06], { is: 'zip' }],
  [[0xd0, 0xcf, 0x11, 0xe0], { is: 'spreadsheet' }],
  [[0x25, 0x50, 0x44, 0x46], { is: 'pdf' }],
  [[0x1f, 0x8b], { is: 'gzip' }],
  [[0x50, 0x41, 0x52, 0x31], { is: 'parquet' }],
];

const NUL = 0;
const CONTROL_Z = 0x1a;

/** Yields UTF-8 without mark. The order of checks: what the file is, its mark, its encoding, bytes no text has. */
export async function* decode(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  encoding: Dialect['encoding'],
  notes: DecodeNotes,
): AsyncGenerator<Uint8Array> {
  let transcode: ((bytes: Uint8Array, last: boolean) => Uint8Array) | null = null;
  let head = new Uint8Array(0);
  let ended = false;
  for await (const chunk of withLast(source)) {
    notes.bytes += chunk.bytes.length;
    let bytes = chunk.bytes;
    if (transcode === null) {
      head = head.length === 0 ? new Uint8Array(bytes) : joined(head, bytes);
      if (head.length < 4 && !chunk.last) continue;
      notes.fault = whatItIs(head);
      if (notes.fault !== null) return;
      const opened = open(head, encoding, notes);
      transcode = opened.transcode;
      bytes = opened.rest;
    }
    if (ended) {
      if (!isTail(bytes)) notes.fault = { is: 'control-z' };
      if (notes.fault !== null) return;
      continue;
    }
    const text = transcode(bytes, chunk.last);
    const stop = badByte(text);
    if (stop < 0) yield text;
    else {
      yield text.subarray(0, stop);
      if (text[stop] === NUL) notes.fault = { is: looksLikeUtf16(head) ? 'utf-16 without mark' : 'nul' };
      else if (!isTail(text.subarray(stop))) notes.fault = { is: 'control-z' };
      else notes.endOfFileMark = ended = true;
    }
    if (notes.fault !== null) return;
  }
}

async function* withLast(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly last: boolean }> {
  let held: Uint8Array | null = null;
  for await (const bytes of source) {
    if (held !== null) yield { bytes: held, last: false };
    held = bytes;
  }
  yield { bytes: held ?? new Uint8Array(0), last: true };
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

function whatItIs(head: Uint8Array): DecodeFault | null {
  for (const [magic, fault] of MAGIC) if (magic.every((byte, place) => head[place] === byte)) return fault;
  return /^\s*<(!doctype|html|\?xml|table)/i.test(Buffer.from(head.subarray(0, 64)).toString('latin1'))
    ? { is: 'web page' }
    : null;
}

function open(
  head: Uint8Array,
  encoding: Dialect['encoding'],
  notes: DecodeNotes,
): { readonly rest: Uint8Array; readonly transcode: (bytes: Uint8Array, last: boolean) => Uint8Array } {
  const [first, second, third] = head;
  if (first === 0xef && second === 0xbb && third === 0xbf) {
    notes.mark = 'utf-8';
    return { rest: head.subarray(3), transcode: strictUtf8(notes) };
  }
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    notes.mark = 'utf-16';
    return { rest: head.subarray(2), transcode: fromUtf16(first === 0xff ? 'utf-16le' : 'utf-16be', notes) };
  }
  if (encoding === 'utf-16') return { rest: head, transcode: fromUtf16('utf-16le', notes) };
  return { rest: head, transcode: encoding === 'utf-8' ? strictUtf8(notes) : fromWindows1252(notes) };
}

/** Passes bytes through as they are; a character cut by a chunk's end waits for its rest. */
function strictUtf8(notes: DecodeNotes): (bytes: Uint8Array, last: boolean) => Uint8Array {
  let waiting: Uint8Array = new Uint8Array(0);
  return (bytes, last) => {
    const all = waiting.length === 0 ? bytes : joined(waiting, bytes);
    const whole = last ? all.length : all.length - cutCharacter(all);
    waiting = all.slice(whole);
    const text = all.subarray(0, whole);
    if (isUtf8(text)) return text;
    const valid = validLength(text);
    notes.fault = { is: 'not utf-8' };
    return text.subarray(0, valid);
  };
}

/** Bytes at the end that begin a character without ending it. */
function cutCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** Longest prefix that is UTF-8, by halving. */
function validLength(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const end = middle - cutCharacter(bytes.subarray(0, middle));
    if (isUtf8(bytes.subarray(0, end))) good = middle;
    else bad = middle;
  }
  return good - cutCharacter(bytes.subarray(0, good));
}

function fromUtf16(label: string, notes: DecodeNotes): (bytes: Uint8Array, last: boolean) => Uint8Array {
  const decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
  const encoder = new TextEncoder();
  return (bytes, last) => {
    try {
      return encoder.encode(decoder.decode(bytes, { stream: !last }));
    } catch {
      notes.fault = { is: 'not utf-16' };
      return new Uint8Array(0);
    }
  };
}

/** The five bytes Windows-1252 gives no character. */
const UNASSIGNED = /[\u0081\u008d\u008f\u0090\u009d]/;

function fromWindows1252(notes: DecodeNotes): (bytes: Uint8Array) => Uint8Array {
  const decoder = new TextDecoder('windows-1252');
  const encoder = new TextEncoder();
  let first = true;
  return (bytes) => {
    if (bytes.every((byte) => byte < 0x80)) return bytes;
    // Text in Windows-1252 that happens to be UTF-8 as well is next to impossible: it would read "Ã©" for "é".
    if (first && isUtf8(bytes.subarray(0, bytes.length - cutCharacter(bytes)))) {
      notes.fault = { is: 'utf-8 but not declared' };
      return new Uint8Array(0);
    }
    first = false;
    notes.windows1252 = true;
    const text = decoder.decode(bytes);
    if (UNASSIGNED.test(text)) notes.fault = { is: 'not windows-1252' };
    return encoder.encode(text.slice(0, notes.fault === null ? undefined : text.search(UNASSIGNED)));
  };
}

/** First NUL or Ctrl-Z, or -1. */
function badByte(bytes: Uint8Array): number {
  const nul = bytes.indexOf(NUL);
  const end = bytes.indexOf(CONTROL_Z);
  if (nul < 0) return end;
  return end < 0 ? nul : Math.min(nul, end);
}

/** Nothing but what old systems leave after the last row: Ctrl-Z, line ends, spaces. */
const isTail = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte === CONTROL_Z || byte === 0x0a || byte === 0x0d || byte === 0x20);

/** Every second byte of the beginning is NUL: Latin text in UTF-16. */
function looksLikeUtf16(head: Uint8Array): boolean {
  const sample = head.subarray(0, 64);
  return sample.filter((byte) => byte === NUL).length >= sample.length / 3;
}
