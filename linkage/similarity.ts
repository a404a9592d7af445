/** Measures of likeness between two strings, and the keys that bring like strings into one block. */

/**
 * Jaro–Winkler similarity, 0 to 1, prefix scale 0.1 over at most four characters, for pairs whose Jaro similarity is
 * above 0.7, transpositions rounded down (Winkler's own program, and DuckDB). Compares UTF-16 code units; callers fold case first.
 */
export function jaroWinkler(left: string, right: string): number {
  if (left === right) return 1;
  const [a, b] = left.length <= right.length ? [left, right] : [right, left];
  if (a.length === 0) return 0;
  const window = Math.max(0, Math.floor(b.length / 2) - 1);
  const usedInB = new Uint8Array(b.length);
  const matchedOfA: number[] = [];
  for (let i = 0; i < a.length; i++) {
    const code = a.charCodeAt(i);
    const end = Math.min(b.length - 1, i + window);
    for (let j = Math.max(0, i - window); j <= end; j++) {
      if (usedInB[j] === 0 && b.charCodeAt(j) === code) {
        usedInB[j] = 1;
        matchedOfA.push(code);
        break;
      }
    }
  }
  const matches = matchedOfA.length;
  if (matches === 0) return 0;
  let halfTranspositions = 0;
  let k = 0;
  for (let j = 0; j < b.length; j++) {
    if (usedInB[j] === 1 && b.charCodeAt(j) !== matchedOfA[k++]) halfTranspositions++;
  }
  const jaro =
    (matches / a.length + matches / b.length + (matches - (halfTranspositions >> 1)) / matches) / 3;
  if (jaro <= 0.7) return jaro;
  let prefix = 0;
  while (prefix < 4 && prefix < a.length && a[prefix] === b[prefix]) prefix++;
  return jaro + prefix * 0.1 * (1 - jaro);
}

const SOUNDEX_DIGIT: Readonly<Record<string, string>> = Object.fromEntries(
  ['bfpv', 'cgjkqsxz', 'dt', 'l', 'mn', 'r'].flatMap((group, index) =>
    Array.from(group, (letter) => [letter, String(index + 1)]),
  ),
);

/** American Soundex (four characters); the empty string for a name without a Latin letter. */
export function soundex(name: string): string {
  const letters = name.toLowerCase().replace(/[^a-z]/g, '');
  if (letters === '') return '';
  let code = letters.charAt(0);
  let last = SOUNDEX_DIGIT[code] ?? '';
  for (const letter of letters.slice(1)) {
    const digit = SOUNDEX_DIGIT[letter] ?? '';
    if (digit !== '' && digit !== last) code += digit;
    if (letter !== 'h' && letter !== 'w') last = digit;
    if (code.length === 4) break;
  }
  return code.padEnd(4, '0');
}

/** Folds a name for comparison: lower case, accents off, apostrophes and dots gone, hyphens as spaces. */
export function foldName(name: string): string {
  if (/^[a-z0-9]*$/.test(name)) return name;
  return name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/ł/g, 'l')
    .replace(/ø/g, 'o')
    .replace(/[.'’`]/g, '')
    .replace(/[-\s]+/g, ' ')
    .trim();
}

/** Sector of a UK postcode: the outward code and the first digit of the inward code. */
export const postcodeSector = (postcode: string): string => postcode.replace(/\s/g, '').slice(0, -2);
/** District of a UK postcode: the outward code. */
export const postcodeDistrict = (postcode: string): string => postcode.replace(/\s/g, '').slice(0, -3);
/** The same date with day and month exchanged, or null where that is no date (`YYYY-MM-DD`). */
export function swapDayAndMonth(date: string): string | null {
  const day = date.slice(8, 10);
  return Number(day) <= 12 ? `${date.slice(0, 4)}-${day}-${date.slice(5, 7)}` : null;
}

/** A date as the engine takes it. */
export const isIsoDate = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text);

/** Edits between two strings, a swap of neighbours being one (optimal string alignment); 3 stands for three or more. */
export function editsUpToThree(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > 2) return 3;
  let before: number[] = [];
  let above = Array.from({ length: right.length + 1 }, (_, j) => j);
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1];
      let cost = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = above;
    above = row;
  }
  return Math.min(3, above[right.length] ?? 0);
}
