/** Seeded chance: one small generator (sfc32) and the draws the valley needs. Not for secrets. */

/** A stream of numbers in [0, 1). */
export type Random = () => number;

/** The stream named by these words: equal words, equal stream; streams with other words are independent. */
export function randomStream(...words: readonly (string | number)[]): Random {
  let [a, b, c, d] = hash128(words.join('\u0000'));
  const next = (): number => {
    // sfc32 of PractRand (Chris Doty-Humphrey, public domain).
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let warmUp = 0; warmUp < 12; warmUp += 1) next();
  return next;
}

/** A fixed number in [0, 1) for a word: for choices that must not depend on what was drawn before. */
export const fixedShare = (...words: readonly (string | number)[]): number =>
  (hash128(words.join('\u0000'))[0] >>> 0) / 4_294_967_296;

export const chance = (random: Random, probability: number): boolean => random() < probability;

/** Whole number from 0 to `below` - 1. */
export const whole = (random: Random, below: number): number => Math.floor(random() * below);

/** Whole number from `from` to `to`, both included. */
export const between = (random: Random, from: number, to: number): number =>
  from + whole(random, to - from + 1);

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[whole(random, items.length)];
  if (item === undefined) throw new Error('There is nothing to pick from.');
  return item;
}

/** One of the letters of a word, each one UTF-16 unit. */
export const pickLetter = (random: Random, letters: string): string =>
  letters.charAt(whole(random, letters.length));

/** Early items more often than late ones, as names are: the first of a hundred is drawn about three times in a hundred. */
export function pickSkewed<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() ** 1.3 * items.length)];
  if (item === undefined) throw new Error('There is nothing to pick from.');
  return item;
}

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Poisson by Knuth below 30, by the normal curve above: counts of events, not statistics of record. */
export function poisson(random: Random, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

/** A draw from items in proportion to their weights; null where every weight is nought. */
export function weighted<Item>(
  items: readonly Item[],
  weightOf: (item: Item) => number,
): ((random: Random) => Item) | null {
  const sums = new Float64Array(items.length);
  let total = 0;
  items.forEach((item, at) => {
    total += weightOf(item);
    sums[at] = total;
  });
  if (total <= 0) return null;
  return (random) => {
    const item = items[firstAbove(sums, random() * total)];
    if (item === undefined) throw new Error('A weighted draw fell outside its items.');
    return item;
  };
}

function firstAbove(sums: Float64Array, target: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 0) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** cyrb128 (bryc, public domain): spreads a word over four 32-bit numbers. */
function hash128(word: string): [number, number, number, number] {
  let [a, b, c, d] = [1_779_033_703, 3_144_134_277, 1_013_904_242, 2_773_480_762];
  for (let at = 0; at < word.length; at += 1) {
    const code = word.charCodeAt(at);
    a = b ^ Math.imul(a ^ code, 597_399_067);
    b = c ^ Math.imul(b ^ code, 2_869_860_233);
    c = d ^ Math.imul(c ^ code, 951_274_213);
    d = a ^ Math.imul(d ^ code, 2_716_044_179);
  }
  a = Math.imul(c ^ (a >>> 18), 597_399_067);
  b = Math.imul(d ^ (b >>> 22), 2_869_860_233);
  c = Math.imul(a ^ (c >>> 17), 951_274_213);
  d = Math.imul(b ^ (d >>> 19), 2_716_044_179);
  return [a ^ b ^ c ^ d, b ^ a, c ^ a, d ^ a];
}
