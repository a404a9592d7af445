/** Damages a file as transport, spreadsheets and old systems do, from a seed. */

export type Random = () => number;

/** mulberry32: small, seeded, good enough to choose damage. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Mutation = (file: Buffer, random: Random) => Buffer;

const place = (file: Buffer, random: Random): number => Math.floor(random() * (file.length + 1));
const insert = (file: Buffer, at: number, bytes: Buffer): Buffer =>
  Buffer.concat([file.subarray(0, at), bytes, file.subarray(at)]);
const lines = (file: Buffer): string[] => file.toString('latin1').split('\n');
const onLines =
  (change: (all: string[], random: Random) => string[]): Mutation =>
  (file, random) =>
    Buffer.from(change(lines(file), random).join('\n'), 'latin1');

const TOKENS = [
  '"',
  '""',
  ',',
  ';',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\0',
  '\u001a',
  'é',
  '\u00a0',
  '=cmd()',
  '#N/A',
  '1E+11',
  '-',
  '  ',
  '\u{1f600}',
  '31/12/99',
  '32875',
  '￿',
];

const MUTATIONS: readonly Mutation[] = [
  (file, random) => file.subarray(0, place(file, random)),
  (file, random) =>
    insert(file, place(file, random), Buffer.from(TOKENS[Math.floor(random() * TOKENS.length)] ?? '')),
  (file, random) => insert(file, place(file, random), Buffer.from([Math.floor(random() * 256)])),
  (file, random) => {
    const copy = Buffer.from(file);
    if (copy.length > 0) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
    return copy;
  },
  (file, random) => {
    const at = place(file, random);
    return Buffer.concat([
      file.subarray(0, at),
      file.subarray(Math.min(file.length, at + Math.floor(random() * 50))),
    ]);
  },
  (file, random) => {
    const [from, to] = [place(file, random), place(file, random)].toSorted((left, right) => left - right);
    return Buffer.concat([file, file.subarray(from, to)]);
  },
  (file) => Buffer.from(`\ufeff${file.toString('utf8')}`),
  (file) => Buffer.from(`\ufeff${file.toString('utf8')}`, 'utf16le'),
  (file) => Buffer.from(file.toString('utf8'), 'utf16le'),
  (file) => Buffer.from(file.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  (file) => Buffer.from(file.toString('latin1').replaceAll('\n', '\r'), 'latin1'),
  (file) => Buffer.from(file.toString('latin1').replaceAll(',', ';'), 'latin1'),
  (file, random) => insert(file, place(file, random), Buffer.alloc(70_000, 'x')),
  (file, random) => insert(file, place(file, random), Buffer.from(`"${'y\n'.repeat(2_000)}`)),
  onLines((all, random) =>
    all.toSpliced(Math.floor(random() * all.length), 0, all[Math.floor(random() * all.length)] ?? ''),
  ),
  onLines((all, random) => all.toSpliced(Math.floor(random() * all.length), 1)),
  onLines((all) => ['A title', '', ...all]),
  onLines((all) => [...all, '', ',,,', '']),
  onLines((all) => all.map((line) => `${line},`)),
  onLines((all, random) =>
    all.map((line) => (random() < 0.1 ? line.split(',').toReversed().join(',') : line)),
  ),
  onLines((all, random) =>
    all.map((line, number) => (number > 0 && random() < 0.02 ? line.replace(/,[^,]*,/, ',zzz,') : line)),
  ),
];

/** One to four mutations, one after another. */
export function mutated(file: Buffer, random: Random): Buffer {
  let damaged = file;
  for (let left = 1 + Math.floor(random() * 4); left > 0; left--) {
    damaged = (MUTATIONS[Math.floor(random() * MUTATIONS.length)] ?? ((same) => same))(damaged, random);
  }
  return damaged;
}
