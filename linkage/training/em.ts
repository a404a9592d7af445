/** Expectation–maximisation over agreement patterns: m, the prior, and the pairs that are related without being one. */

export interface Patterns {
  /** Levels of each pattern, -1 missing, `comparisons` to a pattern. */
  readonly levels: Int8Array;
  readonly counts: Float64Array;
  readonly comparisons: number;
}

export interface Estimates {
  /** Share of all comparable pairs that are of one person. */
  readonly match: number;
  /** Share of those that are of related people (household, neighbourhood), per kind. */
  readonly related: readonly number[];
  readonly m: readonly (readonly number[])[];
  readonly u: readonly (readonly number[])[];
  /** Per kind of related people and comparison: level probabilities, or null where they are as strangers. */
  readonly h: readonly (readonly (readonly number[] | null)[])[];
  readonly iterations: number;
}

export interface EmOptions {
  /** All comparable pairs; those no rule brought together count as strangers. */
  readonly allPairs: number;
  readonly iterations?: number;
  /** Strength, in pairs, with which m is held near its start. */
  readonly pseudoPairs?: number;
  /** Level frequencies over all pairs (matches among them included), from which u is corrected as matches are found. */
  readonly overall: readonly (readonly number[])[];
  /** Upper limit of matches, as pairs. */
  readonly mostMatches?: number;
}

const LEAST = 1e-7;

/**
 * The likelihood is that of all comparable pairs: u is known (a random pair is a stranger), pairs without a common
 * block are taken for strangers, so the prior needs no guess of recall.
 */
export function estimate(patterns: Patterns, start: Estimates, options: EmOptions): Estimates {
  let now = start;
  const most = options.iterations ?? 60;
  for (let iteration = 1; iteration <= most; iteration++) {
    const next = { ...step(patterns, now, start, options), iterations: iteration };
    const moved = Math.abs(Math.log2(next.match / now.match)) + largestMove(now.m, next.m);
    now = next;
    if (moved < 1e-4) break;
  }
  return now;
}

interface Tally {
  match: number;
  readonly related: number[];
  readonly m: number[][];
  readonly h: (number[] | null)[][];
}

function step(patterns: Patterns, now: Estimates, start: Estimates, options: EmOptions): Estimates {
  const { levels, counts, comparisons } = patterns;
  const kinds = now.related.length;
  const strangers = Math.max(LEAST, 1 - now.match - now.related.reduce((sum, share) => sum + share, 0));
  // Likelihood ratios against strangers: u cancels wherever a kind of pair behaves as strangers do.
  const ratioM = now.m.map((row, c) => row.map((m, level) => m / (now.u[c]?.[level] ?? 1)));
  const ratioH = now.h.map((rows) =>
    rows.map((row, c) => row?.map((h, level) => h / (now.u[c]?.[level] ?? 1)) ?? null),
  );
  const tally: Tally = {
    match: 0,
    related: now.related.map(() => 0),
    m: now.m.map((row) => row.map(() => 0)),
    h: now.h.map((rows) => rows.map((row) => row?.map(() => 0) ?? null)),
  };
  const odds = new Float64Array(kinds);
  for (let pattern = 0; pattern < counts.length; pattern++) {
    const base = pattern * comparisons;
    let match = now.match / strangers;
    for (let kind = 0; kind < kinds; kind++) odds[kind] = (now.related[kind] ?? 0) / strangers;
    for (let c = 0; c < comparisons; c++) {
      const level = levels[base + c] as number;
      if (level < 0) continue;
      match *= ratioM[c]?.[level] ?? 1;
      for (let kind = 0; kind < kinds; kind++) {
        const ratio = ratioH[kind]?.[c];
        if (ratio !== null && ratio !== undefined) odds[kind] = (odds[kind] as number) * (ratio[level] ?? 1);
      }
    }
    let sum = 1 + match;
    for (let kind = 0; kind < kinds; kind++) sum += odds[kind] as number;
    const count = counts[pattern] as number;
    add(tally.m, levels, base, (match / sum) * count);
    tally.match += (match / sum) * count;
    for (let kind = 0; kind < kinds; kind++) {
      const share = ((odds[kind] as number) / sum) * count;
      tally.related[kind] = (tally.related[kind] ?? 0) + share;
      add(tally.h[kind] ?? [], levels, base, share);
    }
  }
  const pseudo = options.pseudoPairs ?? 4;
  const m = tally.m.map((row, c) => smoothed(row, start.m[c] ?? row, pseudo));
  const matchPairs = Math.min(tally.match, options.mostMatches ?? Infinity);
  const match = Math.max(LEAST / options.allPairs, matchPairs / options.allPairs);
  return {
    match,
    related: tally.related.map((pairs) => Math.max(LEAST / options.allPairs, pairs / options.allPairs)),
    m,
    u: options.overall.map((row, c) => strangersOnly(row, m[c] ?? row, match)),
    h: tally.h.map((rows, kind) =>
      rows.map((row, c) => (row === null ? null : smoothed(row, start.h[kind]?.[c] ?? row, pseudo))),
    ),
    iterations: 0,
  };
}

function add(tally: readonly (number[] | null)[], levels: Int8Array, base: number, share: number): void {
  for (let c = 0; c < tally.length; c++) {
    const level = levels[base + c] as number;
    const row = tally[c];
    if (level >= 0 && row !== null && row !== undefined) row[level] = (row[level] ?? 0) + share;
  }
}

function smoothed(row: readonly number[], towards: readonly number[], pseudo: number): readonly number[] {
  const sum = row.reduce((total, value) => total + value, 0) + pseudo;
  return toShares(row.map((value, level) => (value + pseudo * (towards[level] ?? 0)) / sum));
}

/** Overall level frequencies less what the matches among the pairs contribute. */
function strangersOnly(overall: readonly number[], m: readonly number[], match: number): readonly number[] {
  return toShares(overall.map((share, level) => Math.max(share * 0.02, (share - match * (m[level] ?? 0)) / (1 - match))));
}

/** Probabilities, none of them nought, that sum to one. */
export function toShares(row: readonly number[]): readonly number[] {
  const kept = row.map((value) => Math.max(LEAST, value));
  const sum = kept.reduce((total, value) => total + value, 0);
  return kept.map((value) => value / sum);
}

function largestMove(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  let most = 0;
  a.forEach((row, c) =>
    row.forEach((value, level) => {
      most = Math.max(most, Math.abs(value - (b[c]?.[level] ?? value)));
    }),
  );
  return most;
}
