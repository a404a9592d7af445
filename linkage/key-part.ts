/** What a value contributes to a blocking key; the empty string where it contributes nothing. */
import type { KeyTake } from './model.ts';
import { foldName, postcodeDistrict, postcodeSector, soundex, swapDayAndMonth } from './similarity.ts';

export function keyPart(value: string | null, take: KeyTake): string {
  if (value === null || value === '') return '';
  switch (take) {
    case 'all':
      return foldName(value);
    case 'initial':
      return foldName(value).slice(0, 1);
    case 'first3':
      return foldName(value).slice(0, 3);
    case 'last4':
      return foldName(value).slice(-4);
    case 'soundex':
      return soundex(foldName(value));
    case 'year':
      return value.slice(0, 4);
    case 'monthday':
      return value.slice(5, 10);
    case 'yearmonth':
      return value.slice(0, 7);
    case 'sector':
      return postcodeSector(value);
    case 'district':
      return postcodeDistrict(value);
    case 'swapped': {
      // One key for a date and its day-month swap, so that both spellings meet.
      const other = swapDayAndMonth(value);
      return other === null || value < other ? value : other;
    }
  }
}
