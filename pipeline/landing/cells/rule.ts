/** What a cell rule is: it reads the bytes of one trimmed cell and writes the value's one spelling, or names a fault. */

/** Where canonical bytes go; a rule may write before it finds a fault, the caller then takes it back. */
export interface Out {
  bytes: Uint8Array;
  at: number;
}

export interface CellFault {
  readonly rule: string;
  readonly problem: string;
  readonly remedy: string;
  /** The file comes back whole, even where the column is optional: the value would have to be guessed, or may not be sent. */
  readonly refusesFile: boolean;
  /** The law does not let this value be shared: the upload is deleted in the step that finds it. */
  readonly deletesUpload?: boolean;
}

/** Bytes are not empty and have no space at either end. */
export type CellRule = (source: Uint8Array, start: number, end: number, out: Out) => CellFault | null;

export const fault = (rule: string, problem: string, remedy: string, refusesFile = false): CellFault => ({
  rule,
  problem,
  remedy,
  refusesFile,
});

export const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** ASCII small letters to capitals; everything else as it is. */
export const upper = (byte: number): number => (byte >= 0x61 && byte <= 0x7a ? byte - 32 : byte);

export const isCapital = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 0x41 && byte <= 0x5a;

export function copy(source: Uint8Array, start: number, end: number, out: Out): void {
  const { bytes } = out;
  let at = out.at;
  for (let from = start; from < end; from++) bytes[at++] = source[from] ?? 0;
  out.at = at;
}

const encoder = new TextEncoder();
export function writeText(text: string, out: Out): void {
  out.at += encoder.encodeInto(text, out.bytes.subarray(out.at)).written;
}
