/** Compares clusters with the truth: pairwise and B-cubed precision, recall and F1, with intervals over entities. */
import { mulberry } from './training/train.ts';

export interface Figures {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}
export interface Interval {
  readonly from: number;
  readonly to: number;
}
export interface Evaluation {
  /** Records whose entity is known; all figures are over these. */
  readonly records: number;
  readonly entities: number;
  readonly truePairs: number;
  readonly linkedPairs: number;
  readonly pairwise: Figures & { readonly f1Interval: Interval };
  readonly bCubed: Figures;
}

/**
 * @param clusters cluster of each record.
 * @param entities entity of each record, -1 where it is not known.
 */
export function evaluateClusters(
  clusters: ArrayLike<number>,
  entities: ArrayLike<number>,
  resamples = 200,
): Evaluation {
  const rows = Array.from({ length: entities.length }, (_, row) => row).filter(
    (row) => (entities[row] ?? -1) >= 0,
  );
  const sizes = {
    cluster: new Map<number, number>(),
    entity: new Map<number, number>(),
    both: new Map<string, number>(),
  };
  const key = (row: number): string => `${clusters[row]} ${entities[row]}`;
  for (const row of rows) {
    bump(sizes.cluster, clusters[row] ?? -1);
    bump(sizes.entity, entities[row] ?? -1);
    bump(sizes.both, key(row));
  }
  const perEntity = new Map<number, { right: number; linked: number; real: number }>();
  let precision = 0;
  let recall = 0;
  for (const row of rows) {
    const both = sizes.both.get(key(row)) ?? 1;
    const cluster = sizes.cluster.get(clusters[row] ?? -1) ?? 1;
    const entity = sizes.entity.get(entities[row] ?? -1) ?? 1;
    precision += both / cluster;
    recall += both / entity;
    const sums = perEntity.get(entities[row] ?? -1) ?? { right: 0, linked: 0, real: 0 };
    // Half of each pair belongs to each of its records.
    sums.right += (both - 1) / 2;
    sums.linked += (cluster - 1) / 2;
    sums.real += (entity - 1) / 2;
    perEntity.set(entities[row] ?? -1, sums);
  }
  const all = [...perEntity.values()];
  const total = sumOf(all);
  return {
    records: rows.length,
    entities: sizes.entity.size,
    truePairs: Math.round(total.real),
    linkedPairs: Math.round(total.linked),
    pairwise: { ...figures(total), f1Interval: interval(all, resamples) },
    bCubed: withF1(
      rows.length === 0 ? 1 : precision / rows.length,
      rows.length === 0 ? 1 : recall / rows.length,
    ),
  };
}

type Sums = { right: number; linked: number; real: number };

const sumOf = (all: readonly Sums[]): Sums =>
  all.reduce<Sums>(
    (sum, one) => ({
      right: sum.right + one.right,
      linked: sum.linked + one.linked,
      real: sum.real + one.real,
    }),
    { right: 0, linked: 0, real: 0 },
  );

const figures = ({ right, linked, real }: Sums): Figures =>
  withF1(linked === 0 ? 1 : right / linked, real === 0 ? 1 : right / real);

const withF1 = (precision: number, recall: number): Figures => ({
  precision,
  recall,
  f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
});

/** Middle 95 % of F1 over resampled entities: records of one entity hang together, so they are drawn together. */
function interval(all: readonly Sums[], resamples: number): Interval {
  const random = mulberry(1);
  const drawn = Array.from({ length: resamples }, () => {
    const sum = { right: 0, linked: 0, real: 0 };
    for (let n = 0; n < all.length; n++) {
      const one = all[Math.floor(random() * all.length)];
      if (one === undefined) continue;
      sum.right += one.right;
      sum.linked += one.linked;
      sum.real += one.real;
    }
    return figures(sum).f1;
  }).sort((x, y) => x - y);
  const at = (share: number): number =>
    drawn[Math.min(drawn.length - 1, Math.floor(share * drawn.length))] ?? 0;
  return { from: at(0.025), to: at(0.975) };
}

function bump<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
