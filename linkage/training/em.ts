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

function step(patterns: Patterns, now: Estimates, start: Estimates, options: EmOptions): Estimates {
  const { levels, counts, comparisons } = patterns;
  const kinds = now.related.length;
  const strangers = Math.max(LEAST, 1 - now.match - now.related.reduce((sum, share) => sum + share, 0));
  const tables = likelihoodTables(now, strangers);
  const tally = new Float64Array(tables.ratios.length);
  const sums = new Float64Array(kinds + 1);
  const odds = new Float64Array(kinds + 1);
  const { ratios, width } = tables;
  const kindWidth = comparisons * width;
  for (let pattern = 0; pattern < counts.length; pattern++) {
    const base = pattern * comparisons;
    let sum = 1;
    for (let kind = 0; kind <= kinds; kind++) {
      let likelihood = tables.priors[kind] as number;
      // Missing is level -1 and stands first in every row of the table, with the ratio one.
      for (let c = 0, at = kind * kindWidth + 1; c < comparisons; c++, at += width)
        likelihood *= ratios[at + (levels[base + c] as number)] as number;
      odds[kind] = likelihood;
      sum += likelihood;
    }
    const scale = (counts[pattern] as number) / sum;
    for (let kind = 0; kind <= kinds; kind++) {
      const share = (odds[kind] as number) * scale;
      if (share < 1e-9) continue;
      sums[kind] = (sums[kind] as number) + share;
      for (let c = 0, at = kind * kindWidth + 1; c < comparisons; c++, at += width) {
        const place = at + (levels[base + c] as number);
        tally[place] = (tally[place] as number) + share;
      }
    }
  }
  const row = (kind: number, c: number, length: number): readonly number[] =>
    Array.from(tally.subarray(kind * kindWidth + c * width + 1, kind * kindWidth + c * width + 1 + length));
  const pseudo = options.pseudoPairs ?? 4;
  const m = now.m.map((old, c) => smoothed(row(0, c, old.length), start.m[c] ?? old, pseudo));
  const matchPairs = Math.min(sums[0] ?? 0, options.mostMatches ?? Infinity);
  const match = Math.max(LEAST / options.allPairs, matchPairs / options.allPairs);
  return {
    match,
    related: now.related.map((_, kind) => Math.max(LEAST, sums[kind + 1] ?? 0) / options.allPairs),
    m,
    u: options.overall.map((overall, c) => strangersOnly(overall, m[c] ?? overall, match)),
    h: now.h.map((rows, kind) =>
      rows.map((old, c) =>
        old === null ? null : smoothed(row(kind + 1, c, old.length), start.h[kind]?.[c] ?? old, pseudo),
      ),
    ),
    iterations: 0,
  };
}

/**
 * Likelihood ratios against strangers, for matches and then each kind of related pair, in one flat table: u cancels
 * wherever a kind of pair behaves as strangers do.
 */
function likelihoodTables(now: Estimates, strangers: number) {
  const width = Math.max(...now.m.map((row) => row.length)) + 1;
  const ratios = new Float64Array((now.related.length + 1) * now.m.length * width).fill(1);
  [now.m, ...now.h].forEach((rows, kind) =>
    rows.forEach((row, c) =>
      row?.forEach((value, level) => {
        ratios[(kind * now.m.length + c) * width + 1 + level] = value / (now.u[c]?.[level] ?? 1);
      }),
    ),
  );
  return { ratios, width, priors: [now.match, ...now.related].map((share) => share / strangers) };
}

function smoothed(row: readonly number[], towards: readonly number[], pseudo: number): readonly number[] {
  const sum = row.reduce((total, value) => total + value, 0) + pseudo;
  return toShares(row.map((value, level) => (value + pseudo * (towards[level] ?? 0)) / sum));
}

/** Overall level frequencies less what the matches among the pairs contribute. */
function strangersOnly(overall: readonly number[], m: readonly number[], match: number): readonly number[] {
  return toShares(
    overall.map((share, level) => Math.max(share * 0.02, (share - match * (m[level] ?? 0)) / (1 - match))),
  );
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
