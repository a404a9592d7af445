/** What a linkage model says: the columns compared, the blocking rules, the weights. It knows nothing of any domain. */

/**
 * How two values of a column are compared. Every kind yields a comparison level, 0 being the strongest agreement;
 * a missing value on either side yields no evidence at all. `text` is for addresses and places, `code` for
 * identifiers and numbers that people mistype.
 */
export type ComparisonKind = 'name' | 'date' | 'postcode' | 'text' | 'code' | 'exact';

/** Levels from the strongest agreement to none, in the order their weights are given. */
export const LEVELS: Readonly<Record<ComparisonKind, readonly string[]>> = {
  name: ['exact', 'nickname or part', 'very similar', 'similar', 'different'],
  date: ['exact', 'day and month swapped', 'one digit differs', 'same year', 'different'],
  postcode: ['exact', 'sector', 'district', 'different'],
  text: ['exact', 'very similar', 'similar', 'different'],
  code: ['exact', 'one edit', 'two edits', 'different'],
  exact: ['exact', 'different'],
};

/** What a value gives to a blocking key. */
export type KeyTake =
  | 'all'
  | 'initial'
  | 'first3'
  | 'last4'
  | 'soundex'
  | 'year'
  | 'monthday'
  | 'yearmonth'
  | 'sector'
  | 'district'
  | 'swapped';

export interface Comparison {
  readonly name: string;
  readonly kind: ComparisonKind;
  readonly column: string;
  /** m and u probability of each level of the kind, strongest first; each column of figures sums to 1. */
  readonly m: readonly number[];
  readonly u: readonly number[];
  /**
   * Adjust the exact level by how common the shared value is in the data (term frequency): `true` as Splink does, by
   * the plain share of records; `smoothed` allowing for how little a few records say of a rare value.
   */
  readonly termFrequency?: boolean | 'smoothed';
  /** A second name column: the pair (column, swapWith) is also compared crosswise, and the better kept. */
  readonly swapWith?: string;
}

/** Parts of a blocking key: records that agree on every part are compared; a rule of no parts compares all with all. */
export interface BlockingRule {
  readonly name: string;
  readonly parts: readonly {
    readonly column: string;
    readonly take?: KeyTake;
  }[];
}

/** How a column of the model is made from the columns of a file. */
export interface ColumnSource {
  readonly name: string;
  /** Headers, joined in this order; for a date: one header, or those of year, month and day. */
  readonly from: readonly string[];
  /** Headers to take instead in files that lack the first ones. */
  readonly or?: readonly (readonly string[])[];
  readonly as:
    'name' | 'first-word' | 'last-word' | 'text' | 'date' | 'postcode' | 'code' | 'digits' | 'sex' | 'exact';
  /** Order of the parts of dates written with separators or in eight digits, read off the data. */
  readonly dateOrder?: 'ymd' | 'dmy' | 'mdy';
}

/** People who share facts without being one: of one household, of one neighbourhood. */
export interface Relation {
  readonly name: string;
  /** log2 of pairs so related to unrelated pairs. */
  readonly priorBits: number;
  /** Per comparison they share: probability of each level among them. Comparisons not named are as among strangers. */
  readonly levels: Readonly<Record<string, readonly number[]>>;
}

export interface LinkageModel {
  readonly version: string;
  /** log2 odds that two records drawn from one block candidate set are of one person, before any comparison. */
  readonly priorBits: number;
  /** Pairs at or above this match weight (log2 odds, prior included) are links. */
  readonly thresholdBits: number;
  readonly blocking: readonly BlockingRule[];
  /** Blocks with more pairs than this are left to the other rules, and counted. */
  readonly largestBlockPairs: number;
  readonly comparisons: readonly Comparison[];
  /** Columns of one household's shared facts: their joint weight is capped, for they are not independent evidence. */
  readonly household?: { readonly comparisons: readonly string[]; readonly capBits: number };
  /** Kinds of related people a pair may be of instead: agreement they explain is no evidence of one person. */
  readonly related?: readonly Relation[];
  /** Guarded (the default) merges by the evidence of whole clusters; components by any chain of links. */
  readonly clustering?: 'guarded' | 'components';
  /** A cross pair counts at most this many bits, for or against, when clusters are merged. */
  readonly guardClipBits?: number;
  /** How the model's columns are made from those of files; without it they are taken by name, as they are. */
  readonly columns?: readonly ColumnSource[];
  /** What the training found doubtful, in words. */
  readonly warnings?: readonly string[];
  /** Groups of short and full forms of a forename. */
  readonly nicknames?: readonly (readonly string[])[];
}

/** Columns of strings, one entry per record; null is missing. Row numbers are the records' numbers everywhere. */
export interface LinkInput {
  readonly ids: readonly string[];
  /** Source number of each record. */
  readonly sources: readonly number[];
  readonly columns: Readonly<Record<string, readonly (string | null)[]>>;
  /** Sources in which no person stands twice: at most one record of each in a cluster. */
  readonly duplicateFree?: readonly number[];
  /** Human decisions by record number: `same` joins, `notSame` keeps apart, whatever the weight. */
  readonly decisions?: readonly { readonly a: number; readonly b: number; readonly same: boolean }[];
}

export interface LinkResult {
  /** Links at or above the threshold: record numbers and match weight in bits. */
  readonly pairs: readonly { readonly a: number; readonly b: number; readonly weight: number }[];
  /** Cluster of each record: the smallest record number in it. */
  readonly clusters: Uint32Array;
  readonly report: LinkReport;
}
export interface LinkReport {
  readonly records: number;
  readonly candidatePairs: number;
  readonly pairsByRule: Readonly<Record<string, number>>;
  readonly blocksLeftOut: number;
  readonly links: number;
  readonly linksRefusedByClustering: number;
  readonly clusters: number;
  readonly largestCluster: number;
}

/** Says in words what is wrong with a model, or nothing. */
export function modelFaults(model: LinkageModel): readonly string[] {
  const faults: string[] = [];
  if (model.blocking.length === 0) faults.push('the model has no blocking rule');
  for (const comparison of model.comparisons) {
    const levels = LEVELS[comparison.kind].length;
    for (const side of ['m', 'u'] as const) {
      const figures = comparison[side];
      if (figures.length !== levels)
        faults.push(`${comparison.name}: ${side} needs ${levels} probabilities, one per level`);
      const sum = figures.reduce((total, figure) => total + figure, 0);
      if (Math.abs(sum - 1) > 1e-6)
        faults.push(`${comparison.name}: ${side} probabilities sum to ${sum}, not 1`);
      if (figures.some((figure) => !(figure > 0 && figure < 1)))
        faults.push(`${comparison.name}: every ${side} probability must lie between 0 and 1`);
    }
  }
  const names = new Set(model.comparisons.map(({ name }) => name));
  for (const relation of model.related ?? []) {
    for (const [name, levels] of Object.entries(relation.levels)) {
      const comparison = model.comparisons.find((one) => one.name === name);
      if (!names.has(name)) faults.push(`${relation.name}: there is no comparison ${name}`);
      else if (levels.length !== comparison?.m.length || levels.some((figure) => !(figure > 0 && figure < 1)))
        faults.push(`${relation.name}: ${name} needs one probability per level, each between 0 and 1`);
    }
  }
  return faults;
}
