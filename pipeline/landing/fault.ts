/** What is wrong with a delivery, where, and what to do: never with the value that was sent. */

export interface Fault {
  /** Physical line, from 1; null where the fault is of the whole file. */
  readonly line: number | null;
  /** Data record, from 1; the header is 0; null where the fault is of the whole file. */
  readonly record: number | null;
  readonly column: string | null;
  /** Letter of the column as a spreadsheet names it. */
  readonly letter: string | null;
  /** Frictionless's name of the error, or the rule of the contract. */
  readonly rule: string;
  /** Shape of the value: letters as A or a, digits as 9. */
  readonly value: string | null;
  readonly problem: string;
  readonly remedy: string;
}

/** Faults listed for one rule; the rest are only counted. (Ten screens of the same fault help nobody.) */
export const FAULTS_LISTED_PER_RULE = 1_000;

/** Faults in the order found, capped for each rule, with full counts. */
export class FaultList {
  readonly listed: Fault[] = [];
  readonly counts = new Map<string, number>();

  add(fault: Fault): void {
    if (this.count(fault.rule)) this.listed.push(fault);
  }

  /** Counts a fault; false when there are enough of its rule, so that the caller need not describe it. */
  count(rule: string): boolean {
    const seen = (this.counts.get(rule) ?? 0) + 1;
    this.counts.set(rule, seen);
    return seen <= FAULTS_LISTED_PER_RULE;
  }

  addAll(others: FaultList): void {
    this.listed.push(...others.listed);
    for (const [rule, count] of others.counts) this.counts.set(rule, (this.counts.get(rule) ?? 0) + count);
  }

  get total(): number {
    let sum = 0;
    for (const count of this.counts.values()) sum += count;
    return sum;
  }
}

/** `A`, `Z`, `AA` … for a column number from 0. */
export function columnLetter(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnLetter(Math.floor(index / 26) - 1) + last;
}

const SHAPE_LENGTH = 30;

/**
 * The shape of a value: enough to see a date turned round or a number in scientific notation, nothing of whose it is.
 * Letters keep only their case, digits nothing; any other character beyond plain punctuation becomes a full stop.
 */
export function shapeOf(text: string): string {
  const characters = Array.from(text);
  const shape = characters.slice(0, SHAPE_LENGTH).map((character) => {
    if (/\p{Nd}/u.test(character)) return '9';
    if (/\p{Lu}/u.test(character)) return 'A';
    if (/\p{L}/u.test(character)) return 'a';
    return /[\s/.,:;+'"#£&@()_=*%?!-]/.test(character) ? (/\s/.test(character) ? ' ' : character) : '.';
  });
  const isScientific = /^\d+(\.\d+)?E[+-]?\d+$/i.test(text);
  const shown = isScientific ? shape.join('').replace(/a/i, 'E') : shape.join('');
  return characters.length > SHAPE_LENGTH ? `${shown}… (${characters.length} characters)` : shown;
}

const decoder = new TextDecoder();
export const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  decoder.decode(bytes.subarray(start, end));
