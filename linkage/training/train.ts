/** Trains a model on the data themselves, without labels: u from random pairs, m and the prior from candidate pairs. */
import { pairPattern, patternLevels } from '../engine/kernel.ts';
import type { Prepared } from '../engine/prepare.ts';
import { blockPairs, makeJob, reweighted, unitCount, type Job, type PatternCounts } from '../engine/score.ts';
import { countOnThreads } from '../engine/threads.ts';
import { LEVELS, type Comparison, type LinkageModel, type Relation } from '../model.ts';
import type { Table } from '../table/table.ts';
import { estimate, toShares, type Estimates, type Patterns } from './em.ts';

export interface TrainOptions {
  readonly threads?: number;
  readonly seed?: number;
  /** Comparisons that people share by living together, for the class of related pairs; none without it. */
  readonly shared?: readonly (readonly string[])[];
}

export interface Trained {
  readonly model: LinkageModel;
  readonly candidatePairs: number;
  /** Pairs of one person expected among the candidates. */
  readonly expectedMatches: number;
  readonly warnings: readonly string[];
  /** The data laid out under the trained weights, ready to be scored. */
  readonly job: Job;
}

const RANDOM_PAIRS = 1_000_000;
/** Candidate pairs counted for training; beyond it every so many-th unit of work is taken. */
const MOST_COUNTED = 40_000_000;

/** Pairs that cannot reach this weight under the first guess are strangers whatever the training finds. */
const HOPELESS_BITS = -12;

/** First guess of m by level, from which training starts; it needs only to point the right way. */
export const FIRST_M: Readonly<Record<Comparison['kind'], readonly number[]>> = {
  name: [0.78, 0.06, 0.08, 0.03, 0.05],
  date: [0.88, 0.02, 0.05, 0.02, 0.03],
  postcode: [0.75, 0.06, 0.06, 0.13],
  text: [0.75, 0.1, 0.05, 0.1],
  code: [0.8, 0.08, 0.03, 0.09],
  exact: [0.9, 0.1],
};

export async function trainModel(
  table: Table,
  model: LinkageModel,
  options: TrainOptions = {},
): Promise<Trained> {
  const job = makeJob(table, model);
  const allPairs = comparablePairs(table);
  const firstMatch = Math.min(0.05, (table.rows * 0.25) / allPairs);
  const overall = levelShares(table, job.prepared, model, options.seed ?? 1);
  const first = {
    ...model,
    priorBits: Math.log2(firstMatch),
    comparisons: model.comparisons.map((one, c) => ({
      ...one,
      m: FIRST_M[one.kind],
      u: overall[c] ?? one.u,
    })),
  };
  const counted = await countSample(reweighted(job, first), options.threads ?? 2);
  const patterns = patternTable(job.prepared, counted.patterns, counted.scale);
  const shared = options.shared ?? [];
  const start: Estimates = {
    match: firstMatch,
    related: shared.map(() => Math.min(0.01, (table.rows * 0.25) / allPairs)),
    m: model.comparisons.map(({ kind }) => FIRST_M[kind]),
    u: overall,
    h: shared.map((names) =>
      model.comparisons.map(({ name, kind }) => (names.includes(name) ? FIRST_M[kind] : null)),
    ),
    iterations: 0,
  };
  const limits = { allPairs, overall, mostMatches: mostMatches(table) };
  const free = estimate(patterns, start, limits);
  const collapsed = hasCollapsed(model, free);
  // Held near the first guess, and to fewer matches than there are records, it cannot run off to people of one surname.
  const most = Math.min(limits.mostMatches, table.rows / 2);
  const found = collapsed
    ? estimate(patterns, start, { ...limits, mostMatches: most, pseudoPairs: table.rows })
    : free;
  const strangers = 1 - found.match - found.related.reduce((sum, share) => sum + share, 0);
  const related = shared.map((names, kind): Relation => ({
    name: names.join(', '),
    priorBits: Math.log2((found.related[kind] ?? 1) / strangers),
    levels: Object.fromEntries(
      model.comparisons.flatMap(({ name }, c) => {
        const levels = found.h[kind]?.[c];
        return levels === null || levels === undefined ? [] : [[name, levels] as const];
      }),
    ),
  }));
  const warnings = [
    ...(collapsed
      ? [
          'the first training ran off to pairs that agree on little; the weights were held near a first guess instead',
        ]
      : []),
    ...doubts(model, found, allPairs, table),
  ];
  const trained: LinkageModel = {
    ...model,
    priorBits: Math.log2(found.match / strangers),
    comparisons: model.comparisons.map((comparison, c) => ({
      ...comparison,
      m: found.m[c] ?? comparison.m,
      u: found.u[c] ?? comparison.u,
    })),
    ...(related.length > 0 ? { related } : {}),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
  return {
    model: trained,
    job: reweighted(job, trained),
    candidatePairs: counted.pairs,
    expectedMatches: found.match * allPairs,
    warnings,
  };
}

/** Pairs that may be one person: all but those within a duplicate-free source. */
export function comparablePairs(table: Table): number {
  const sizes = sourceSizes(table);
  const free = new Set(table.duplicateFree);
  let pairs = (table.rows * (table.rows - 1)) / 2;
  for (const [source, size] of sizes) if (free.has(source)) pairs -= (size * (size - 1)) / 2;
  return Math.max(1, pairs);
}

export function sourceSizes(table: Table): ReadonlyMap<number, number> {
  const sizes = new Map<number, number>();
  for (const source of table.sources) sizes.set(source, (sizes.get(source) ?? 0) + 1);
  return sizes;
}

/** More pairs of one person than this cannot be: each record of a duplicate-free source has one partner per source. */
function mostMatches(table: Table): number {
  const sizes = [...sourceSizes(table)];
  const free = new Set(table.duplicateFree);
  if (sizes.some(([source]) => !free.has(source))) return Infinity;
  let most = 0;
  sizes.forEach(([, a], i) => sizes.slice(i + 1).forEach(([, b]) => (most += Math.min(a, b))));
  return most;
}

/** Level frequencies over random comparable pairs: over all of them where they are few. */
function levelShares(
  table: Table,
  prepared: Prepared,
  model: LinkageModel,
  seed: number,
): readonly (readonly number[])[] {
  const tally = model.comparisons.map(({ kind }) => LEVELS[kind].map(() => 0));
  const pattern = pairPattern(prepared);
  const free = new Set(table.duplicateFree);
  const { sources } = table;
  const visit = (a: number, b: number): boolean => {
    if (sources[a] === sources[b] && free.has(sources[a] as number)) return false;
    let rest = pattern(a, b);
    for (const row of tally) {
      const digit = rest % (row.length + 1);
      rest = (rest - digit) / (row.length + 1);
      if (digit > 0) row[digit - 1] = (row[digit - 1] ?? 0) + 1;
    }
    return true;
  };
  const pairs = comparablePairs(table);
  if ((table.rows * table.rows) / 2 <= RANDOM_PAIRS * 2) {
    for (let a = 0; a < table.rows; a++) for (let b = a + 1; b < table.rows; b++) visit(a, b);
  } else {
    const random = mulberry(seed);
    for (let drawn = 0, tries = 0; drawn < RANDOM_PAIRS && tries < RANDOM_PAIRS * 20; tries++) {
      const a = Math.floor(random() * table.rows);
      const b = Math.floor(random() * table.rows);
      if (a !== b && visit(a, b)) drawn++;
    }
  }
  return tally.map((row, c) => {
    const sum = row.reduce((total, value) => total + value, 0);
    // Half a pair more per level: a level nobody happened to show is rare, not impossible.
    const shares = row.map((value) => (value + 0.5) / (sum + row.length * 0.5));
    const comparison = model.comparisons[c];
    const exact = comparison === undefined || sum >= pairs ? null : exactShare(prepared, c, table);
    if (exact === null) return toShares(shares);
    const rest = 1 - (shares[0] ?? 0);
    return toShares(shares.map((share, level) => (level === 0 ? exact : (share * (1 - exact)) / rest)));
  });
}

/** Chance that two records of the data agree exactly, in closed form from the value counts. */
function exactShare(prepared: Prepared, c: number, table: Table): number | null {
  const field = prepared.comparisons[c]?.field;
  if (field === undefined) return null;
  const sizes = sourceSizes(table);
  const free = new Set(table.duplicateFree);
  const across = sizes.size > 1 && [...sizes.keys()].every((source) => free.has(source));
  const counts = new Map<number, number>();
  const bySource = new Map<number, number>();
  const totals = new Map<number, number>();
  const width = Math.max(1, ...sizes.keys()) + 1;
  let total = 0;
  for (let row = 0; row < table.rows; row++) {
    const code = prepared.packed[row * prepared.stride + field] as number;
    if (code < 0) continue;
    const source = table.sources[row] as number;
    counts.set(code, (counts.get(code) ?? 0) + 1);
    if (across) bySource.set(code * width + source, (bySource.get(code * width + source) ?? 0) + 1);
    totals.set(source, (totals.get(source) ?? 0) + 1);
    total++;
  }
  let equal = 0;
  let pairs = (total * (total - 1)) / 2;
  for (const count of counts.values()) equal += (count * (count - 1)) / 2;
  if (across) {
    for (const count of bySource.values()) equal -= (count * (count - 1)) / 2;
    for (const count of totals.values()) pairs -= (count * (count - 1)) / 2;
  }
  return pairs < 1 ? null : Math.max(equal, 0.5) / pairs;
}

async function countSample(
  job: Job,
  threads: number,
): Promise<{ readonly patterns: PatternCounts; readonly pairs: number; readonly scale: number }> {
  const pairs = blockPairs(job);
  const every = Math.ceil(pairs / MOST_COUNTED);
  const { patterns, pairsByRule } = await countOnThreads(
    every > 1 ? thinned(job, every) : job,
    HOPELESS_BITS,
    threads,
  );
  return { patterns, pairs: pairsByRule.reduce((sum, count) => sum + count, 0) * every, scale: every };
}

/** Every so many-th unit of work. */
function thinned(job: Job, every: number): Job {
  const width = 5;
  const kept = Math.ceil(unitCount(job) / every);
  const units = new Int32Array(new SharedArrayBuffer(kept * width * 4));
  for (let unit = 0; unit < kept; unit++)
    units.set(job.units.subarray(unit * every * width, unit * every * width + width), unit * width);
  return { ...job, units };
}

function patternTable(prepared: Prepared, counted: PatternCounts, scale: number): Patterns {
  const entries = [...counted.entries()].sort(([a], [b]) => a - b);
  const comparisons = prepared.comparisons.length;
  const levels = new Int8Array(entries.length * comparisons);
  entries.forEach(([pattern], index) => levels.set(patternLevels(prepared, pattern), index * comparisons));
  return { levels, counts: Float64Array.from(entries, ([, count]) => count * scale), comparisons };
}

/** Training that took people of one surname, or of one town, for one person: most telling fields then hardly agree. */
function hasCollapsed(model: LinkageModel, found: Estimates): boolean {
  const telling = model.comparisons.flatMap((_, c) =>
    (found.u[c]?.[0] ?? 1) < 0.02 ? [found.m[c]?.[0] ?? 1] : [],
  );
  return telling.length > 1 && telling.filter((m) => m < 0.35).length * 2 > telling.length;
}

/** What a reader should know before trusting the model. */
function doubts(model: LinkageModel, found: Estimates, allPairs: number, table: Table): readonly string[] {
  const said: string[] = [];
  model.comparisons.forEach(({ name }, c) => {
    const m = found.m[c]?.[0] ?? 1;
    const u = found.u[c]?.[0] ?? 1;
    if (u < 0.1 && m / u < 8)
      said.push(
        `${name}: records of one person agree hardly more often than strangers; the training has not told them apart`,
      );
  });
  const matches = found.match * allPairs;
  if (matches < 5)
    said.push('hardly any pair of one person was found; the weights are little more than a first guess');
  if (matches > table.rows * 10)
    said.push('more pairs of one person were found than is plausible; the prior is not to be trusted');
  return said;
}

export function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
