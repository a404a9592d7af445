/** Numbers that name things: UPRN, NHS number, telephone, postcode; and plain numbers. */
import type { Column } from '../../contract/model.ts';
import { textOf } from '../fault.ts';
import { type CellRule, copy, fault, isCapital, isDigit, type Out, upper, writeText } from './rule.ts';

const SPACE = 0x20;
const HYPHEN = 0x2d;

const notUprn = fault(
  'uprn',
  'is not a unique property reference number',
  'Send up to 12 digits. A spreadsheet may have shortened the number: format the column as text.',
);

/** Up to 12 digits, leading zeros dropped: the same number with or without them. */
export const uprnRule: CellRule = (source, start, end, out) => {
  let at = start;
  while (at < end && source[at] === 0x30) at++;
  if (end - at < 1 || end - at > 12) return notUprn;
  for (let place = at; place < end; place++) if (!isDigit(source[place])) return notUprn;
  copy(source, at, end, out);
  return null;
};

const notNhsNumber = fault(
  'nhs-number',
  'is not an NHS number of ten digits',
  'Send ten digits. A spreadsheet may have shortened the number: format the column as text.',
);
const badCheckDigit = fault(
  'nhs-check-digit',
  'is an NHS number whose check digit is wrong',
  'Correct the number at source, or leave the cell empty.',
);

/** Ten digits whose last is 11 less the weighted sum of the others, modulo 11 (NHS Data Dictionary, NHS NUMBER). */
export const nhsNumberRule: CellRule = (source, start, end, out) => {
  const from = out.at;
  for (let at = start; at < end; at++) {
    const byte = source[at] ?? 0;
    if (isDigit(byte) && out.at - from < 10) out.bytes[out.at++] = byte;
    else if (byte !== SPACE && byte !== HYPHEN) return notNhsNumber;
  }
  if (out.at - from !== 10) return notNhsNumber;
  let sum = 0;
  for (let place = 0; place < 9; place++) sum += ((out.bytes[from + place] ?? 0) - 0x30) * (10 - place);
  const check = (11 - (sum % 11)) % 11;
  return check === (out.bytes[from + 9] ?? 0) - 0x30 ? null : badCheckDigit;
};

const notPhone = fault(
  'phone',
  'is not a telephone number',
  'Send it with its leading 0 or with + and the country, like 07700 900123 or +44 7700 900123.',
);

/** Digits with + and country. A number of this country has 9 or 10 digits after its 0 (Ofcom numbering plan). */
export const phoneRule: CellRule = (source, start, end, out) => {
  const isInternational = source[start] === 0x2b;
  const digits: number[] = [];
  for (let at = isInternational ? start + 1 : start; at < end; at++) {
    const byte = source[at] ?? 0;
    if (isDigit(byte)) digits.push(byte);
    else if (
      byte !== SPACE &&
      byte !== HYPHEN &&
      byte !== 0x28 &&
      byte !== 0x29 &&
      byte !== 0x2e &&
      byte !== 0x2f
    )
      return notPhone;
    if (digits.length > 17) return notPhone;
  }
  let text = String.fromCharCode(...digits);
  if (isInternational) text = text.replace(/^440/, '44');
  else if (text.startsWith('00')) text = text.slice(2).replace(/^440/, '44');
  else if (text.startsWith('0')) text = `44${text.slice(1)}`;
  else return notPhone;
  const isValid = text.startsWith('44')
    ? text.length === 11 || text.length === 12
    : text.length >= 8 && text.length <= 15;
  if (!isValid || text.startsWith('0')) return notPhone;
  writeText(`+${text}`, out);
  return null;
};

const notPostcode = fault('postcode', 'is not a postcode', 'Send it whole, like ZZ1 1AA.');

/** Outward and inward part with one space between (BS 7666): `A9`, `A99`, `A9A`, `AA9`, `AA99`, `AA9A`, then `9AA`. */
export const postcodeRule: CellRule = (source, start, end, out) => {
  const { bytes } = out;
  const from = out.at;
  let at = from;
  for (let place = start; place < end; place++) {
    const byte = source[place] ?? 0;
    if (byte === SPACE) continue;
    if (at - from === 7) return notPostcode;
    bytes[at++] = upper(byte);
  }
  const length = at - from;
  if (length < 5) return notPostcode;
  const inward = at - 3;
  if (!isDigit(bytes[inward]) || !isCapital(bytes[inward + 1]) || !isCapital(bytes[inward + 2]))
    return notPostcode;
  if (!isOutward(bytes, from, inward)) return notPostcode;
  bytes.copyWithin(inward + 1, inward, at);
  bytes[inward] = SPACE;
  out.at = at + 1;
  return null;
};

function isOutward(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  while (at < end && isCapital(bytes[at])) at++;
  if (at - from < 1 || at - from > 2 || !isDigit(bytes[at])) return false;
  at++;
  if (at === end) return true;
  return at + 1 === end && (isDigit(bytes[at]) || isCapital(bytes[at]));
}

/** Whole or decimal numbers within the contract's bounds. */
export function numberRule(column: Column): CellRule {
  const isWhole = column.type === 'integer';
  const shape = isWhole ? /^[+-]?\d{1,15}$/ : /^[+-]?(\d{1,15}(\.\d{1,15})?|\.\d{1,15})$/;
  const notNumber = fault(
    'type-error',
    isWhole ? 'is not a whole number' : 'is not a number',
    'Send digits only, without £, % or commas.',
  );
  const least = column.minimum === null ? -Infinity : Number(column.minimum);
  const most = column.maximum === null ? Infinity : Number(column.maximum);
  const outside = fault(
    'constraint-error',
    'is outside what the contract allows',
    `Send a number from ${least} to ${most}.`,
  );
  return (source, start, end, out) => {
    const text = textOf(source, start, end);
    if (!shape.test(text)) return notNumber;
    const value = Number(text);
    if (value < least || value > most) return outside;
    writeText(String(Object.is(value, -0) ? 0 : value), out);
    return null;
  };
}

const TRUE = /^(true|1|y|yes)$/i;
const FALSE = /^(false|0|n|no)$/i;
const notBoolean = fault('type-error', 'is neither true nor false', 'Send true or false.');

export const booleanRule: CellRule = (source, start, end, out: Out) => {
  const text = textOf(source, start, end);
  if (!TRUE.test(text) && !FALSE.test(text)) return notBoolean;
  writeText(String(TRUE.test(text)), out);
  return null;
};

const notTimestamp = fault('type-error', 'is not a date and time', 'Write it like 2025-03-14T09:30:00.');

export const timestampRule: CellRule = (source, start, end, out) => {
  const text = textOf(source, start, end);
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?$/.exec(
    text,
  );
  const day = Date.parse(`${match?.[1] ?? ''}T00:00:00Z`);
  // JavaScript reads 30 February as 2 March: the day must come back as it was written.
  const isDay =
    match !== null && !Number.isNaN(day) && new Date(day).toISOString().startsWith(match[1] ?? '');
  if (!isDay || Number(match[2]) > 23 || Number(match[3]) > 59) return notTimestamp;
  writeText(text.replace(' ', 'T'), out);
  return null;
};
