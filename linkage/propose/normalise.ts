/** Puts raw values into the form the comparisons expect; the empty string is missing. */
import type { ColumnSource } from '../model.ts';
import { foldName } from '../similarity.ts';

/** What files write for "nothing"; case matters, since Na and None are names too. */
const MISSING = /^(NA|N\/A|n\/a|NULL|null|None|NaN|nan|NaT|\\N|\?|-|--|\.|#N\/A|unknown|UNKNOWN|missing)$/;

export function normalise(
  value: string,
  as: ColumnSource['as'],
  dateOrder: 'ymd' | 'dmy' | 'mdy' = 'ymd',
): string {
  const text = value.trim();
  if (MISSING.test(text)) return '';
  switch (as) {
    case 'name':
    case 'text':
      return foldName(text.replaceAll(',', ' '));
    case 'first-word':
      return foldName(givenAndFamily(text)[0]);
    case 'last-word':
      return foldName(givenAndFamily(text)[1]);
    case 'date':
      return isoDate(text, dateOrder);
    case 'postcode':
      return text
        .toUpperCase()
        .replace(/[^A-Z0-9]/g, '')
        .replace(/^0+(?=\d)/, '');
    case 'code':
      return text
        .toLowerCase()
        .replace(/\.0$/, '')
        .replace(/[^a-z0-9@]/g, '')
        .replace(/^0+(?=.)/, '');
    case 'digits':
      return text
        .replace(/\.0$/, '')
        .replace(/\D/g, '')
        .replace(/^(0044|44)(?=\d{10}$)/, '')
        .replace(/^0+/, '');
    case 'sex':
      return sexLetter(text);
    case 'exact':
      return foldName(text).replace(/\.0$/, '');
  }
}

/** Parts of one name in one column: "Given Family" or "Family, Given". */
function givenAndFamily(text: string): readonly [string, string] {
  const comma = text.indexOf(',');
  if (comma > 0)
    return [
      text
        .slice(comma + 1)
        .trim()
        .split(/\s+/)[0] ?? '',
      text.slice(0, comma),
    ];
  const words = text.split(/\s+/);
  return words.length === 1 ? ['', text] : [words[0] ?? '', words.at(-1) ?? ''];
}

function sexLetter(text: string): string {
  const folded = foldName(text);
  if (/^(u|x|9|0)$|^unk|^not/.test(folded)) return '';
  if (/^(f|w)/.test(folded)) return 'f';
  return folded.startsWith('m') ? 'm' : folded.replace(/\.0$/, '');
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function isoDate(text: string, dateOrder: 'ymd' | 'dmy' | 'mdy'): string {
  const bare = text.replace(/[T ]\d\d:.*$/, '').replace(/\.0$/, '');
  const parts = /^\d{8}$/.test(bare) ? eightDigits(bare, dateOrder) : bare.split(/[-/. ]+/);
  if (parts.length !== 3) return '';
  const [one = '', two = '', three = ''] = parts;
  const yearFirst = dateOrder === 'ymd' || one.length === 4;
  let [year, month, day] = yearFirst
    ? [one, two, three]
    : dateOrder === 'mdy'
      ? [three, one, two]
      : [three, two, one];
  const named = MONTHS.indexOf(month.slice(0, 3).toLowerCase());
  if (named >= 0) month = String(named + 1);
  if (year.length === 2) year = `19${year}`;
  if (!/^\d{4}$/.test(year) || !/^\d{1,2}$/.test(month) || !/^\d{1,2}$/.test(day)) return '';
  if (Number(month) > 12 && Number(day) <= 12) [month, day] = [day, month];
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

function eightDigits(text: string, dateOrder: 'ymd' | 'dmy' | 'mdy'): readonly string[] {
  const year = Number(text.slice(0, 4));
  return dateOrder === 'ymd' || (year > 1700 && year < 2100 && Number(text.slice(4, 6)) <= 12)
    ? [text.slice(0, 4), text.slice(4, 6), text.slice(6)]
    : [text.slice(0, 2), text.slice(2, 4), text.slice(4)];
}
