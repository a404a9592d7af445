/** Date formats as contracts write them (`yyyy-MM-dd`, `DD/MM/YYYY`, `%d.%m.%y`, `iso`), read into parts. */
import type { DateFormat } from './model.ts';

const STRFTIME: Readonly<Record<string, string>> = { '%Y': 'yyyy', '%y': 'yy', '%m': 'MM', '%d': 'dd' };
const LETTERS = { y: 'y', m: 'm', d: 'd' } as const;

/** null where the text is no day-month-year format with fixed places. */
export function parseDateFormat(text: string): DateFormat | null {
  const plain = /^iso(-?8601)?$/i.test(text)
    ? 'yyyy-MM-dd'
    : text.replace(/%[Yymd]/g, (part) => STRFTIME[part] ?? part);
  const match = /^(y{2}|y{4}|mm|dd)([^a-z0-9]?)(y{2}|y{4}|mm|dd)\2(y{2}|y{4}|mm|dd)$/i.exec(plain);
  if (match === null) return null;
  const parts = [match[1] ?? '', match[3] ?? '', match[4] ?? ''].map((part) => part.toLowerCase());
  const order = parts.map((part) => LETTERS[part.charAt(0) as keyof typeof LETTERS]).join('');
  if (order !== 'ymd' && order !== 'dmy' && order !== 'mdy') return null;
  const yearDigits = parts.includes('yyyy') ? 4 : 2;
  return { text, order, separator: match[2] ?? '', yearDigits };
}
