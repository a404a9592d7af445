/** Records as columns of dictionary codes: what the engine works on, whether they came as strings or as a file. */
import type { LinkInput } from '../model.ts';
import { TextDictionary, type Dictionary } from './dictionary.ts';

export interface CodedColumn {
  /** Code of each record's value; -1 is missing. */
  readonly codes: Int32Array;
  readonly dictionary: Dictionary;
}

export interface Table {
  readonly rows: number;
  /** Source number of each record. */
  readonly sources: Int32Array;
  readonly columns: ReadonlyMap<string, CodedColumn>;
  /** Sources in which no person stands twice. */
  readonly duplicateFree: readonly number[];
}

export function tableFromInput(input: LinkInput): Table {
  return {
    rows: input.ids.length,
    sources: Int32Array.from(input.sources),
    columns: new Map(Object.entries(input.columns).map(([name, values]) => [name, codedColumn(values)])),
    duplicateFree: input.duplicateFree ?? [],
  };
}

function codedColumn(values: readonly (string | null)[]): CodedColumn {
  const dictionary = new TextDictionary();
  const codes = new Int32Array(values.length).fill(-1);
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (value !== null && value !== undefined && value !== '') codes[row] = dictionary.code(value);
  }
  return { codes, dictionary };
}

/** The same column with every distinct value put through `change`; the empty string is missing. */
export function mapColumn(
  column: CodedColumn,
  change: (value: string) => string,
  dictionary = new TextDictionary(),
): CodedColumn {
  const to = new Int32Array(column.dictionary.size);
  for (let code = 0; code < to.length; code++) {
    const value = change(column.dictionary.text(code));
    to[code] = value === '' ? -1 : dictionary.code(value);
  }
  return { codes: recoded(column.codes, to), dictionary };
}

function recoded(codes: Int32Array, to: Int32Array): Int32Array {
  const next = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    next[row] = code < 0 ? -1 : (to[code] as number);
  }
  return next;
}
