/** EventBridge cron expressions: six fields, with the characters AWS documents and no others. */

/** Whether a calendar day matches, and at which hours and minutes. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly isMonth: (month: number) => boolean;
  readonly isYear: (year: number) => boolean;
  readonly isDay: (year: number, month: number, day: number) => boolean;
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly words: readonly string[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const FIELDS = {
  minutes: { name: 'minutes', least: 0, most: 59, words: [] },
  hours: { name: 'hours', least: 0, most: 23, words: [] },
  dayOfMonth: { name: 'day of month', least: 1, most: 31, words: [] },
  month: { name: 'month', least: 1, most: 12, words: MONTHS },
  dayOfWeek: { name: 'day of week', least: 1, most: 7, words: DAYS },
  year: { name: 'year', least: 1970, most: 2199, words: [] },
} as const satisfies Readonly<Record<string, Field>>;

/** @throws Error that names the field it cannot read. */
export function parseCron(text: string): Cron {
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year, ...more] = text.trim().split(/\s+/);
  if (
    minutes === undefined ||
    hours === undefined ||
    dayOfMonth === undefined ||
    month === undefined ||
    dayOfWeek === undefined ||
    year === undefined ||
    more.length > 0
  ) {
    throw new Error(`cron(${text}) must have six fields.`);
  }
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new Error(`cron(${text}) must have ? in exactly one of day of month and day of week.`);
  }
  const months = parseSet(month, FIELDS.month);
  const years = parseSet(year, FIELDS.year);
  return {
    minutes: [...parseSet(minutes, FIELDS.minutes)].toSorted((a, b) => a - b),
    hours: [...parseSet(hours, FIELDS.hours)].toSorted((a, b) => a - b),
    isMonth: (value) => months.has(value),
    isYear: (value) => years.has(value),
    isDay: dayOfWeek === '?' ? parseDayOfMonth(dayOfMonth) : parseDayOfWeek(dayOfWeek),
  };
}

function parseSet(text: string, field: Field): ReadonlySet<number> {
  return new Set(text.split(',').flatMap((item) => parseItem(item, field)));
}

/** One number, a range, or every so many from a start: `5`, `MON-FRI`, `0/15`, `1-10/3`, `*`. */
function parseItem(item: string, field: Field): readonly number[] {
  const [, range = '', step] = /^([^/]+)(?:\/(\d+))?$/.exec(item) ?? [];
  const by = step === undefined ? 1 : Number(step);
  const [from, to] = range.split('-');
  const first = from === '*' ? field.least : parseValue(from ?? '', field);
  const open = from === '*' || (step !== undefined && to === undefined);
  const last = open ? field.most : to === undefined ? first : parseValue(to, field);
  if (range === '' || by < 1 || last < first || (from === '*' && to !== undefined)) {
    throw new Error(`A schedule's ${field.name} cannot be ${item}.`);
  }
  return Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, index) => first + index * by);
}

function parseValue(text: string, field: Field): number {
  const word = field.words.indexOf(text.toUpperCase());
  // Days of the week count from 1 for Sunday, months from 1 for January.
  const value = word === -1 ? Number(text) : word + 1;
  if (!/^\w+$/.test(text) || !Number.isInteger(value) || value < field.least || value > field.most) {
    throw new Error(`A schedule's ${field.name} cannot be ${text}.`);
  }
  return value;
}

/** `L` is the last day, `15W` the weekday nearest to the 15th within its month. */
function parseDayOfMonth(text: string): Cron['isDay'] {
  if (text === 'L') return (year, month, day) => day === daysIn(year, month);
  if (text === 'LW') return (year, month, day) => day === nearestWeekday(year, month, daysIn(year, month));
  const near = /^(\d+)W$/.exec(text)?.[1];
  if (near !== undefined) {
    const wanted = parseValue(near, FIELDS.dayOfMonth);
    return (year, month, day) => wanted <= daysIn(year, month) && day === nearestWeekday(year, month, wanted);
  }
  const days = parseSet(text, FIELDS.dayOfMonth);
  return (_year, _month, day) => days.has(day);
}

/** `6L` is the last Friday, `3#2` the second Tuesday; a bare `L` is Saturday. */
function parseDayOfWeek(text: string): Cron['isDay'] {
  const last = /^(\w+)L$/.exec(text)?.[1];
  if (last !== undefined) {
    const wanted = parseValue(last, FIELDS.dayOfWeek);
    return (year, month, day) => weekday(year, month, day) === wanted && day + 7 > daysIn(year, month);
  }
  const [wanted, nth] = text.split('#');
  if (wanted !== undefined && nth !== undefined) {
    if (!/^[1-5]$/.test(nth)) throw new Error(`A schedule's day of week cannot be ${text}.`);
    const which = parseValue(wanted, FIELDS.dayOfWeek);
    return (year, month, day) => weekday(year, month, day) === which && Math.ceil(day / 7) === Number(nth);
  }
  const days = text === 'L' ? new Set([7]) : parseSet(text, FIELDS.dayOfWeek);
  return (year, month, day) => days.has(weekday(year, month, day));
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
const weekday = (year: number, month: number, day: number): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;

/** Never into another month: the first, if a Saturday, moves to Monday the third. */
function nearestWeekday(year: number, month: number, day: number): number {
  switch (weekday(year, month, day)) {
    case 7:
      return day === 1 ? 3 : day - 1;
    case 1:
      return day === daysIn(year, month) ? day - 2 : day + 1;
    default:
      return day;
  }
}
