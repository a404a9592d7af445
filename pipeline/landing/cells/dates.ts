/** Dates as the contract writes them, to ISO; a date in any other shape is never guessed. */
import type { Column, DateFormat } from '../../contract/model.ts';
import type { IsoDate } from '../../zones.ts';
import { textOf } from '../fault.ts';
import { type CellFault, type CellRule, fault, isDigit, type Out } from './rule.ts';

/** Nobody alive is older: a date of birth before it is a default or a slip. */
const OLDEST_PERSON_YEARS = 120;

const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const isCalendarDay = (year: number, month: number, day: number): boolean =>
  year >= 1 &&
  month >= 1 &&
  month <= 12 &&
  day >= 1 &&
  day <= (month === 2 && !isLeap(year) ? 28 : (MONTH_DAYS[month - 1] ?? 0));

export interface DateRuleOptions {
  readonly format: DateFormat;
  readonly twoDigitYearPivot: number | null;
  readonly today: IsoDate;
}

export function dateRule(column: Column, { format, twoDigitYearPivot, today }: DateRuleOptions): CellRule {
  const bounds = boundsOf(column, today);
  const isIso = format.order === 'ymd' && format.separator === '-' && format.yearDigits === 4;
  const slow =
    format.separator === '' ? solidReader(format, twoDigitYearPivot) : partsReader(format, twoDigitYearPivot);
  return (source, start, end, out) => {
    let number = isIso && end - start === 10 ? isoNumber(source, start) : 0;
    if (number === 0) {
      const read = slow(textOf(source, start, end));
      if (typeof read !== 'number') return read;
      number = read;
    }
    if (number < bounds.least) return bounds.tooEarly;
    if (number > bounds.most) return bounds.tooLate;
    writeIso(number, out);
    return null;
  };
}

/** `yyyymmdd` as a number, or 0: the way almost every date goes. */
function isoNumber(source: Uint8Array, at: number): number {
  if (source[at + 4] !== 0x2d || source[at + 7] !== 0x2d) return 0;
  const year = digits(source, at, 4);
  const month = digits(source, at + 5, 2);
  const day = digits(source, at + 8, 2);
  return isCalendarDay(year, month, day) ? year * 10_000 + month * 100 + day : 0;
}

/** A number of `count` digits; -1 where one is none, which is no year, month or day. */
function digits(source: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let place = at; place < at + count; place++) {
    if (!isDigit(source[place])) return -1;
    value = value * 10 + (source[place] ?? 0) - 0x30;
  }
  return value;
}

function writeIso(number: number, out: Out): void {
  const { bytes } = out;
  let at = out.at + 10;
  out.at = at;
  let rest = number;
  for (let place = 0; place < 10; place++) {
    if (place === 2 || place === 5) bytes[--at] = 0x2d;
    else {
      bytes[--at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly tooEarly: CellFault;
  readonly tooLate: CellFault;
}

function boundsOf(column: Column, today: IsoDate): Bounds {
  const now = Number(today.replaceAll('-', ''));
  const isPast = column.format === 'birth-date' || column.format === 'past-date';
  const least = column.format === 'birth-date' ? now - OLDEST_PERSON_YEARS * 10_000 : 0;
  const correct = column.required
    ? 'Correct it at source.'
    : 'Correct it at source; leave the cell empty where the date is not known.';
  const declared = (bound: string | number | null): number | null =>
    bound === null ? null : Number(String(bound).replaceAll('-', ''));
  return {
    least: Math.max(least, declared(column.minimum) ?? 0),
    most: Math.min(isPast ? now : 99_991_231, declared(column.maximum) ?? 99_991_231),
    tooEarly: fault(
      'constraint-error',
      column.format === 'birth-date'
        ? 'is a date of birth nobody alive has'
        : 'is earlier than the contract allows',
      correct,
    ),
    tooLate: fault(
      'constraint-error',
      isPast ? 'lies in the future' : 'is later than the contract allows',
      correct,
    ),
  };
}

type Reader = (text: string) => number | CellFault;

/** Reads three numbers with the declared mark between them; a time of midnight behind them says nothing more. */
function partsReader(format: DateFormat, pivot: number | null): Reader {
  return (text) => {
    const parts = text.replace(/[T ]00:00(:00(\.0+)?)?Z?$/, '').split(format.separator);
    const numbers = parts.map((part) => (/^\d{1,4}$/.test(part) ? Number(part) : -1));
    const yearAt = format.order === 'ymd' ? 0 : 2;
    if (parts.length !== 3 || numbers.includes(-1)) return otherShape(text, format);
    if ((parts[yearAt]?.length ?? 0) !== format.yearDigits) return otherShape(text, format);
    if (parts.some((part, place) => place !== yearAt && part.length > 2)) return otherShape(text, format);
    return calendar(numbers, format, pivot);
  };
}

function solidReader(format: DateFormat, pivot: number | null): Reader {
  const length = format.yearDigits + 4;
  return (text) => {
    if (text.length !== length || !/^\d+$/.test(text)) return otherShape(text, format);
    const cuts = format.order === 'ymd' ? [0, format.yearDigits, format.yearDigits + 2] : [0, 2, 4];
    const numbers = cuts.map((cut, place) => Number(text.slice(cut, cuts[place + 1] ?? length)));
    return calendar(numbers, format, pivot);
  };
}

function calendar(numbers: readonly number[], format: DateFormat, pivot: number | null): number | CellFault {
  const of = (letter: string): number => numbers[format.order.indexOf(letter)] ?? 0;
  const [written, month, day] = [of('y'), of('m'), of('d')];
  const year = format.yearDigits === 4 ? written : written + (written <= (pivot ?? -1) ? 2000 : 1900);
  if (isCalendarDay(year, month, day)) return year * 10_000 + month * 100 + day;
  return isCalendarDay(year, day, month) ? turnedRound(format) : impossible;
}

const impossible = fault(
  'type-error',
  'is no day of the calendar',
  'Correct it at source; leave the cell empty where the date is not known.',
);
const noDate = (format: DateFormat): CellFault =>
  fault(
    'type-error',
    'is not a date',
    `Write dates as ${format.text}; leave the cell empty where the date is not known.`,
  );
const turnedRound = (format: DateFormat): CellFault =>
  fault(
    'type-error',
    'seems to have day and month the other way round',
    `Write every date as ${format.text}: we do not guess which is meant.`,
    true,
  );

/** Dates of another shape refuse the file: if one was written so, nobody can know how the others were meant. */
function otherShape(text: string, format: DateFormat): CellFault {
  const remedy = `Write every date as ${format.text}. In a spreadsheet, format the column as text before you export it.`;
  if (/^\d{5}(\.\d+)?$/.test(text))
    return fault('type-error', 'is a day counted as a spreadsheet counts it', remedy, true);
  if (/^\d{1,2}([-/. ]?)(\d{1,2}|[a-z]{3,9})\1\d{2}$/i.test(text)) {
    return fault(
      'type-error',
      'is a date with a two-digit year, whose century would have to be guessed',
      remedy,
      true,
    );
  }
  const isDateLike =
    /^(\d{1,4}([-/. ])(\d{1,2}|[a-z]{3,9})\2\d{1,4}|[a-z]{3,9} \d{1,2},? \d{4}|(19|20)\d{6})([T ].*)?$/i.test(
      text,
    );
  return isDateLike
    ? fault('type-error', `is a date, but not written as ${format.text}`, remedy, true)
    : noDate(format);
}
