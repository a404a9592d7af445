/** Cells that hold a code of a list, or several; and Home Office offence codes, whose list changes too often to be fixed. */
import type { Column } from '../../contract/model.ts';
import { textOf } from '../fault.ts';
import { type CellFault, type CellRule, copy, fault, isCapital, isDigit, type Out, upper } from './rule.ts';

/** Code lists are short: finding a code is one hash of its bytes and one comparison. */
function codeIndex(
  codes: readonly string[],
): (source: Uint8Array, start: number, end: number) => Uint8Array | null {
  const encoder = new TextEncoder();
  const byHash = new Map<number, Uint8Array[]>();
  for (const code of codes) {
    const bytes = encoder.encode(code);
    const hash = hashOf(bytes, 0, bytes.length);
    byHash.set(hash, [...(byHash.get(hash) ?? []), bytes]);
  }
  return (source, start, end) => {
    for (const code of byHash.get(hashOf(source, start, end)) ?? [])
      if (equals(code, source, start, end)) return code;
    return null;
  };
}

/** Capitals and small letters hash alike: `m` means `M` and nothing else. */
function hashOf(source: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + upper(source[at] ?? 0)) | 0;
  return hash;
}

function equals(code: Uint8Array, source: Uint8Array, start: number, end: number): boolean {
  if (code.length !== end - start) return false;
  for (let at = 0; at < code.length; at++)
    if (upper(code[at] ?? 0) !== upper(source[start + at] ?? 0)) return false;
  return true;
}

/** `gateways`: those this partner's agreement names beyond the Act; codes they cover may be sent. */
export function codeRule(column: Column, gateways: readonly string[]): CellRule {
  const beyond = Object.entries(column.codesBeyondGateway).filter(([gateway]) => !gateways.includes(gateway));
  const findBeyond = codeIndex(beyond.flatMap(([, codes]) => codes));
  const find = codeIndex(column.codes ?? []);
  const shown = (column.codes ?? []).filter((code) => !beyond.some(([, codes]) => codes.includes(code)));
  const listed =
    shown.length <= 12 ? shown.join(', ') : `${shown.slice(0, 10).join(', ')} … (see the help page)`;
  const unknown = fault(
    'constraint-error',
    'is not in the list of codes',
    `Use one of ${listed}${column.required ? '' : '; leave the cell empty where none applies'}.`,
  );
  const notCovered: CellFault = {
    ...fault(
      'gateway',
      'holds a code that the law you share under does not cover (information about health)',
      'Take these codes out of the extract. The file you sent has been deleted.',
      true,
    ),
    deletesUpload: true,
  };

  const one: CellRule = (source, start, end, out) => {
    const code = find(source, start, end);
    if (beyond.length > 0 && findBeyond(source, start, end) !== null) return notCovered;
    if (code === null) return unknown;
    copy(code, 0, code.length, out);
    return null;
  };
  return column.listSeparator === null ? one : listRule(one, column.listSeparator.charCodeAt(0), unknown);
}

/** Codes in the order sent, each once, empty places left out. A code that may not be sent is found whatever else is wrong. */
function listRule(one: CellRule, separator: number, unknown: CellFault): CellRule {
  return (source, start, end, out) => {
    const from = out.at;
    let worst: CellFault | null = null;
    let cell = start;
    for (let at = start; at <= end; at++) {
      if (at < end && source[at] !== separator) continue;
      let [first, last] = [cell, at];
      cell = at + 1;
      while (first < last && source[first] === 0x20) first++;
      while (last > first && source[last - 1] === 0x20) last--;
      if (first === last) continue;
      const before = out.at;
      if (before > from) out.bytes[out.at++] = separator;
      const written = out.at;
      const found = one(source, first, last, out);
      if (found?.refusesFile === true) return found;
      if (found !== null) worst = unknown;
      if (found !== null || isRepeated(out, from, written, separator)) out.at = before;
    }
    return worst;
  };
}

/** Whether the code just written stands in the list already. */
function isRepeated(out: Out, from: number, written: number, separator: number): boolean {
  const text = textOf(out.bytes, from, out.at);
  const mark = String.fromCharCode(separator);
  return (
    written > from &&
    text
      .slice(0, written - from)
      .split(mark)
      .includes(text.slice(written - from))
  );
}

const notOffenceCode = fault(
  'type-error',
  'is not a Home Office offence code',
  'Write it as in the counting rules, like 8N, 34B or 10D. Spreadsheets turn some codes into dates or numbers: format the column as text.',
);

/** `8N`, `105A`, `92D`, `4.1`, `1/4.1/4.10/4.2`: 1 to 3 digits, up to two letters or a decimal, parts joined by `/`. */
export function offenceCodeRule(): CellRule {
  return (source, start, end, out) => {
    let at = start;
    for (;;) {
      const first = at;
      while (at < end && isDigit(source[at])) at++;
      if (at === first || at - first > 3) return notOffenceCode;
      const letters = at;
      while (at < end && isCapital(upper(source[at] ?? 0))) at++;
      if (at - letters > 2) return notOffenceCode;
      if (source[at] === 0x2e && at < end) {
        const decimals = ++at;
        while (at < end && isDigit(source[at])) at++;
        if (at === decimals || at - decimals > 2) return notOffenceCode;
      }
      if (at === end) break;
      if (source[at] !== 0x2f) return notOffenceCode;
      at++;
    }
    if (end - start > 16) return notOffenceCode;
    for (let from = start; from < end; from++) out.bytes[out.at++] = upper(source[from] ?? 0);
    return null;
  };
}
