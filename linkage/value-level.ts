/** The comparison level of two values that are both there and not the same. */
import { LEVELS, type ComparisonKind } from './model.ts';
import {
  editsUpToThree,
  foldName,
  isIsoDate,
  jaroWinkler,
  postcodeDistrict,
  postcodeSector,
  swapDayAndMonth,
} from './similarity.ts';

/** Jaro–Winkler similarity from which two names are "very similar" and "similar" (Splink's published defaults). */
export const VERY_SIMILAR = 0.92;
export const SIMILAR = 0.8;

/** Nickname groups of a name; a name may be short for several. */
export type Nicknames = ReadonlyMap<string, readonly number[]>;

/** A value as its kind compares it; the empty string is missing. */
export function fold(value: string, kind: ComparisonKind): string {
  if (kind === 'name' || kind === 'text') return foldName(value);
  if (kind === 'date') return isIsoDate(value) ? value : '';
  return value;
}

/** @returns a function of two folded, unequal values, the lesser (by code unit) first. */
export function valueLevel(
  kind: ComparisonKind,
  nicknames: Nicknames,
): (left: string, right: string) => number {
  const last = LEVELS[kind].length - 1;
  switch (kind) {
    case 'exact':
      return () => last;
    case 'postcode':
      return (left, right) =>
        postcodeSector(left) === postcodeSector(right)
          ? 1
          : postcodeDistrict(left) === postcodeDistrict(right)
            ? 2
            : last;
    case 'date':
      return (left, right) =>
        swapDayAndMonth(left) === right || swapDayAndMonth(right) === left
          ? 1
          : digitsDiffering(left, right) === 1
            ? 2
            : left.slice(0, 4) === right.slice(0, 4)
              ? 3
              : last;
    case 'name':
      return (left, right) => {
        if (sharesNickname(left, right, nicknames) || sharesPart(left, right)) return 1;
        const likeness = jaroWinkler(left, right);
        return likeness >= VERY_SIMILAR ? 2 : likeness >= SIMILAR ? 3 : last;
      };
    case 'text':
      return (left, right) => {
        const likeness = jaroWinkler(left, right);
        return likeness >= VERY_SIMILAR ? 1 : likeness >= SIMILAR ? 2 : last;
      };
    case 'code':
      return (left, right) => editsUpToThree(left, right);
  }
}

function digitsDiffering(left: string, right: string): number {
  let count = 0;
  for (let i = 0; i < 10; i++) if (left[i] !== right[i]) count++;
  return count;
}

/** One part of a double-barrelled name standing alone on the other side. */
export function sharesPart(left: string, right: string): boolean {
  const parts = left.split(' ');
  const others = right.split(' ');
  if (parts.length === 1 && others.length === 1) return false;
  return parts.some((part) => part.length > 2 && others.includes(part));
}

function sharesNickname(left: string, right: string, groups: Nicknames): boolean {
  const mine = groups.get(left);
  const theirs = groups.get(right);
  return mine !== undefined && theirs !== undefined && mine.some((group) => theirs.includes(group));
}

export function nicknameGroups(groups: readonly (readonly string[])[]): Nicknames {
  const known = new Map<string, number[]>();
  groups.forEach((group, index) => {
    for (const name of new Set(group.map(foldName))) known.set(name, [...(known.get(name) ?? []), index]);
  });
  return known;
}

/**
 * Chance that a stranger has the shared value. Smoothed: the two records at hand are left out, and what remains is
 * drawn towards an even spread over the values (Gamma prior of shape one half, posterior mean), since a value met
 * twice among a thousand records is met there because of the pair and not because one in five hundred has it.
 */
export function frequency(
  count: number,
  total: number,
  distinct: number,
  exactU: number,
  smoothed: boolean,
): number {
  // Nothing counted, nothing known: the average stands.
  if (total === 0) return exactU;
  if (!smoothed) return Math.max(count / total, 1 / total);
  return (0.5 + Math.max(0, count - 2)) / (0.5 * Math.max(distinct, 1 / exactU) + total);
}
