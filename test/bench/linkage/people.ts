/** Made people for the linkage bench: seeded, with common and rare names, households, doubles and typing errors. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { soundex } from '../../../linkage/similarity.ts';
import { mulberry } from '../../../linkage/training/train.ts';

const SYLLABLES =
  'ba be bi bo ca ce da de di do fa fe ga go ha he hi ja jo ka ke ki la le li lo ma me mi mo na ne ni no pa pe ra re ri ro sa se si so ta te ti to va ve wa wi ya za'.split(
    ' ',
  );
const ENDS = [
  'n',
  'r',
  's',
  't',
  'l',
  'm',
  'd',
  'ck',
  'th',
  'x',
  'son',
  'ton',
  'ley',
  'man',
  'er',
  'ski',
  'ez',
  '',
];

/** Writes `records` rows: id, first_name, surname, surname_sound, dob, postcode, sex, phone, nhs. */
export function writePeople(path: string, records: number, seed: number): void {
  const random = mulberry(seed);
  const whole = (below: number): number => Math.floor(random() * below);
  const surnames = names(60_000, random);
  const forenames = names(4_000, random);
  // Zipf–Mandelbrot: the commonest surname is borne by about one in a hundred.
  const surname = ranked(surnames.length, 12, random);
  const forename = ranked(forenames.length, 8, random);
  const file = openSync(path, 'w');
  let text = 'id,first_name,surname,surname_sound,dob,postcode,sex,phone,nhs\n';
  const postcodes = Math.max(500, Math.floor(records / 8));
  let person = newPerson();
  for (let row = 0; row < records; row++) {
    const double = row > 0 && random() < 0.35;
    if (!double) person = newPerson(random() < 0.3 ? person : undefined);
    const copy = double ? spoilt(person) : person;
    const sound = copy.surname === '' ? '' : soundex(copy.surname);
    text += `${row},${copy.first},${copy.surname},${sound},${copy.dob},${copy.postcode},${copy.sex},${copy.phone},${copy.nhs}\n`;
    if (text.length > 1 << 20) {
      writeSync(file, text);
      text = '';
    }
  }
  writeSync(file, text);
  closeSync(file);

  function newPerson(household?: Person): Person {
    const year = 1930 + whole(85);
    return {
      first: forenames[forename()] ?? '',
      surname: household?.surname ?? surnames[surname()] ?? '',
      dob: `${year}-${two(1 + whole(12))}-${two(1 + whole(28))}`,
      postcode: household?.postcode ?? postcode(whole(postcodes)),
      sex: random() < 0.5 ? 'f' : 'm',
      phone: random() < 0.2 ? '' : `07${String(whole(1e9)).padStart(9, '0')}`,
      nhs: random() < 0.3 ? '' : String(4_000_000_000 + whole(1e9)),
    };
  }

  function spoilt(from: Person): Person {
    const typo = (value: string): string => {
      if (value.length < 3 || random() > 0.12) return value;
      const at = 1 + whole(value.length - 1);
      return value.slice(0, at) + String.fromCharCode(97 + whole(26)) + value.slice(at + whole(2));
    };
    const [year, month, day] = from.dob.split('-');
    return {
      first: random() < 0.05 ? '' : typo(from.first),
      surname: random() < 0.05 ? (surnames[surname()] ?? '') : typo(from.surname),
      dob:
        random() < 0.03
          ? `${year}-${day}-${month}`.replace(/-(1[3-9]|2\d)-/, '-01-')
          : random() < 0.05
            ? `${year}-${month}-0${1 + whole(9)}`
            : from.dob,
      postcode: random() < 0.15 ? postcode(whole(postcodes)) : from.postcode,
      sex: from.sex,
      phone: random() < 0.3 ? '' : from.phone,
      nhs: random() < 0.5 ? '' : from.nhs,
    };
  }
}

interface Person {
  readonly first: string;
  readonly surname: string;
  readonly dob: string;
  readonly postcode: string;
  readonly sex: string;
  readonly phone: string;
  readonly nhs: string;
}

const two = (number: number): string => String(number).padStart(2, '0');

/** Visibly made up: areas of the letters Z and Q, 60 of them. */
function postcode(number: number): string {
  const area = `Z${String.fromCharCode(65 + (number % 20))}`;
  const letter = (n: number): string => String.fromCharCode(65 + (n % 26));
  return `${area}${1 + (Math.floor(number / 20) % 30)} ${Math.floor(number / 600) % 10}${letter(Math.floor(number / 6000))}${letter(number)}`;
}

function names(count: number, random: () => number): readonly string[] {
  const made = new Set<string>();
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? '';
  while (made.size < count)
    made.add(pick(SYLLABLES) + pick(SYLLABLES) + (random() < 0.5 ? pick(SYLLABLES) : '') + pick(ENDS));
  return [...made];
}

function ranked(count: number, shift: number, random: () => number): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += 1 / (rank + shift) ** 1.05;
  return () => {
    const at = random() * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
