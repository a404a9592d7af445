/** Comparison levels of strings by dictionary code: a letter-bag bound, then a memo, then the measure itself. */
import type { Dictionary } from '../table/dictionary.ts';
import { SIMILAR, VERY_SIMILAR, sharesPart, type Nicknames } from '../value-level.ts';

export type StringKind = 'name' | 'text' | 'code';

/** The strings of one dictionary, laid out for the kernels; plain typed arrays, so that threads can share them. */
export interface StringSpace {
  readonly kind: StringKind;
  readonly size: number;
  readonly chars: Uint16Array;
  readonly starts: Uint32Array;
  /** Bit per letter (low five bits of each code unit) that stands in the string. */
  readonly letters: Int32Array;
  /** The same for letters that stand in it at least twice. */
  readonly repeated: Int32Array;
  /** 1 where the string has several words. */
  readonly several: Uint8Array;
  /** Nickname groups: `groups[groupStarts[code]]` up to the next start. */
  readonly groupStarts: Uint32Array;
  readonly groups: Uint16Array;
}

export function sharedArray<T>(
  Kind: { new (buffer: SharedArrayBuffer): T; readonly BYTES_PER_ELEMENT: number },
  length: number,
): T {
  return new Kind(new SharedArrayBuffer(Math.max(1, length) * Kind.BYTES_PER_ELEMENT));
}

export function stringSpace(dictionary: Dictionary, kind: StringKind, nicknames: Nicknames): StringSpace {
  const size = dictionary.size;
  const starts = sharedArray(Uint32Array, size + 1);
  const letters = sharedArray(Int32Array, size);
  const repeated = sharedArray(Int32Array, size);
  const several = sharedArray(Uint8Array, size);
  const groupStarts = sharedArray(Uint32Array, size + 1);
  const groups: number[] = [];
  let chars = new Uint16Array(size * 8 + 64);
  let used = 0;
  for (let code = 0; code < size; code++) {
    const text = dictionary.text(code);
    if (used + text.length > chars.length) {
      const more = new Uint16Array(chars.length * 2 + text.length);
      more.set(chars);
      chars = more;
    }
    let mask = 0;
    let twice = 0;
    for (let k = 0; k < text.length; k++) {
      const unit = text.charCodeAt(k);
      chars[used + k] = unit;
      const letter = 1 << (unit & 31);
      twice |= mask & letter;
      mask |= letter;
      if (unit === 0x20) several[code] = 1;
    }
    used += text.length;
    starts[code + 1] = used;
    letters[code] = mask;
    repeated[code] = twice;
    if (kind === 'name') groups.push(...(nicknames.get(text) ?? []));
    groupStarts[code + 1] = groups.length;
  }
  const kept = sharedArray(Uint16Array, used);
  kept.set(chars.subarray(0, used));
  const groupsKept = sharedArray(Uint16Array, groups.length);
  groupsKept.set(groups);
  return { kind, size, chars: kept, starts, letters, repeated, several, groupStarts, groups: groupsKept };
}

/** Largest memo; a small dictionary has no use for more slots than it has pairs. */
const MEMO_BITS = 18;

/** @returns level of two different codes of the space. Each thread makes its own: the memo is not shared. */
export function stringLevels(space: StringSpace): (x: number, y: number) => number {
  const { chars, starts } = space;
  const alone = aloneIn(space);
  const named = space.kind === 'name';
  const memoBits = Math.min(MEMO_BITS, Math.max(4, Math.ceil(2 * Math.log2(space.size + 1))));
  const memoLow = new Int32Array(1 << memoBits).fill(-1);
  const memoHigh = new Int32Array(1 << memoBits);
  const memoLevel = new Uint8Array(1 << memoBits);
  const last = space.kind === 'name' ? 4 : 3;
  const measure = space.kind === 'code' ? codeLevel(space) : likenessLevel(space);
  const code = space.kind === 'code';
  return (x, y) => {
    // More than two characters without a fellow are more than two edits.
    if (code ? alone(x, y) > 2 || alone(y, x) > 2 : hopeless(x, y)) return last;
    const low = x < y ? x : y;
    const high = x < y ? y : x;
    const slot = (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) >>> (32 - memoBits);
    if (memoLow[slot] === low && memoHigh[slot] === high) return memoLevel[slot] as number;
    const level = measure(low, high);
    memoLow[slot] = low;
    memoHigh[slot] = high;
    memoLevel[slot] = level;
    return level;
  };

  /**
   * True when the letters alone keep Jaro–Winkler under SIMILAR: a letter kind that only one string has is at least
   * one unmatched character of it, and matches bound Jaro from above; prefix at its best. Never true of nicknames
   * or shared parts, which need no likeness.
   */
  function hopeless(x: number, y: number): boolean {
    if (named && (space.several[x] === 1 || space.several[y] === 1)) return false;
    if (
      named &&
      space.groupStarts[x] !== space.groupStarts[x + 1] &&
      space.groupStarts[y] !== space.groupStarts[y + 1]
    )
      return false;
    const startX = starts[x] as number;
    const startY = starts[y] as number;
    const lengthX = (starts[x + 1] as number) - startX;
    const lengthY = (starts[y + 1] as number) - startY;
    const matches = Math.min(lengthX - alone(x, y), lengthY - alone(y, x));
    const jaro = (matches / lengthX + matches / lengthY + 1) / 3;
    if (jaro <= 0.7) return true;
    let prefix = 0;
    while (
      prefix < 4 &&
      prefix < lengthX &&
      prefix < lengthY &&
      chars[startX + prefix] === chars[startY + prefix]
    )
      prefix++;
    return jaro + prefix * 0.1 * (1 - jaro) < SIMILAR - 1e-9;
  }
}

/** At least so many characters of the one string have no fellow in the other. */
function aloneIn({ letters, repeated }: StringSpace): (one: number, other: number) => number {
  return (one, other) =>
    ones((letters[one] as number) & ~(letters[other] as number)) +
    ones((repeated[one] as number) & ~(repeated[other] as number));
}

function ones(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** -1, 0 or 1 as the strings sort by code unit. */
function order(space: StringSpace, x: number, y: number): number {
  const { chars, starts } = space;
  const a = starts[x] as number;
  const b = starts[y] as number;
  const lengthA = (starts[x + 1] as number) - a;
  const lengthB = (starts[y + 1] as number) - b;
  const shared = Math.min(lengthA, lengthB);
  for (let k = 0; k < shared; k++) {
    const difference = (chars[a + k] as number) - (chars[b + k] as number);
    if (difference !== 0) return difference;
  }
  return lengthA - lengthB;
}

function likenessLevel(space: StringSpace): (x: number, y: number) => number {
  const likeness = jaroWinklerOf(space);
  const text = (code: number): string =>
    String.fromCharCode(...space.chars.subarray(space.starts[code], space.starts[code + 1]));
  const nameKind = space.kind === 'name';
  const last = nameKind ? 4 : 3;
  return (x, y) => {
    if (nameKind) {
      if (sharesGroup(x, y)) return 1;
      if ((space.several[x] === 1 || space.several[y] === 1) && sharesPart(text(x), text(y))) return 1;
    }
    const like = order(space, x, y) < 0 ? likeness(x, y) : likeness(y, x);
    return like >= VERY_SIMILAR ? last - 2 : like >= SIMILAR ? last - 1 : last;
  };

  function sharesGroup(x: number, y: number): boolean {
    const { groups, groupStarts } = space;
    for (let i = groupStarts[x] as number; i < (groupStarts[x + 1] as number); i++)
      for (let j = groupStarts[y] as number; j < (groupStarts[y + 1] as number); j++)
        if (groups[i] === groups[j]) return true;
    return false;
  }
}

/** Jaro–Winkler over the character table, the same arithmetic in the same order as `similarity.ts`. */
function jaroWinklerOf(space: StringSpace): (x: number, y: number) => number {
  const { chars, starts } = space;
  let used = new Uint8Array(256);
  let matched = new Uint16Array(256);
  return (x, y) => {
    let a = starts[x] as number;
    let b = starts[y] as number;
    let lengthA = (starts[x + 1] as number) - a;
    let lengthB = (starts[y + 1] as number) - b;
    if (lengthA > lengthB) {
      [a, b] = [b, a];
      [lengthA, lengthB] = [lengthB, lengthA];
    }
    if (lengthA === 0) return 0;
    if (lengthB > used.length) {
      used = new Uint8Array(lengthB * 2);
      matched = new Uint16Array(lengthB * 2);
    }
    used.fill(0, 0, lengthB);
    const window = Math.max(0, (lengthB >> 1) - 1);
    let matches = 0;
    for (let i = 0; i < lengthA; i++) {
      const unit = chars[a + i] as number;
      const end = Math.min(lengthB - 1, i + window);
      for (let j = Math.max(0, i - window); j <= end; j++) {
        if (used[j] === 0 && chars[b + j] === unit) {
          used[j] = 1;
          matched[matches++] = unit;
          break;
        }
      }
    }
    if (matches === 0) return 0;
    let halfTranspositions = 0;
    let k = 0;
    for (let j = 0; j < lengthB; j++)
      if (used[j] === 1 && chars[b + j] !== matched[k++]) halfTranspositions++;
    const jaro =
      (matches / lengthA + matches / lengthB + (matches - (halfTranspositions >> 1)) / matches) / 3;
    if (jaro <= 0.7) return jaro;
    let prefix = 0;
    while (prefix < 4 && prefix < lengthA && chars[a + prefix] === chars[b + prefix]) prefix++;
    return jaro + prefix * 0.1 * (1 - jaro);
  };
}

/** Optimal string alignment up to three, in three rolling rows. */
function codeLevel(space: StringSpace): (x: number, y: number) => number {
  const { chars, starts } = space;
  let rows = [new Int32Array(64), new Int32Array(64), new Int32Array(64)] as const;
  return (x, y) => {
    const a = starts[x] as number;
    const b = starts[y] as number;
    const lengthA = (starts[x + 1] as number) - a;
    const lengthB = (starts[y + 1] as number) - b;
    if (Math.abs(lengthA - lengthB) > 2) return 3;
    if (lengthB >= rows[0].length) {
      const size = lengthB * 2;
      rows = [new Int32Array(size), new Int32Array(size), new Int32Array(size)];
    }
    let [before, above, row] = rows;
    for (let j = 0; j <= lengthB; j++) above[j] = j;
    for (let i = 1; i <= lengthA; i++) {
      row[0] = i;
      let least = i;
      for (let j = 1; j <= lengthB; j++) {
        const same = chars[a + i - 1] === chars[b + j - 1];
        let cost = Math.min(
          (above[j] as number) + 1,
          (row[j - 1] as number) + 1,
          (above[j - 1] as number) + (same ? 0 : 1),
        );
        if (i > 1 && j > 1 && chars[a + i - 1] === chars[b + j - 2] && chars[a + i - 2] === chars[b + j - 1])
          cost = Math.min(cost, (before[j - 2] as number) + 1);
        row[j] = cost;
        if (cost < least) least = cost;
      }
      if (least > 3) return 3;
      [before, above, row] = [above, row, before];
    }
    return Math.min(3, above[lengthB] as number);
  };
}
