/** Weight of two records by their own values, under a frozen model: what the kernels compute, without a table. */
import type { FrozenCounts } from '../engine/prepare.ts';
import { keyPart } from '../key-part.ts';
import type { Comparison, LinkageModel } from '../model.ts';
import { fold, frequency, nicknameGroups, valueLevel } from '../value-level.ts';

export type Values = Readonly<Record<string, string | null>>;

const folded = (values: Values, column: string, kind: Comparison['kind']): string =>
  fold(values[column] ?? '', kind);

/** Value counts of records, to be frozen with the model. */
export function countValues(model: LinkageModel, records: Iterable<Values>): FrozenCounts {
  const all = [...records];
  return new Map(
    model.comparisons
      .filter(({ termFrequency }) => termFrequency !== undefined && termFrequency !== false)
      .map(({ name, column, kind }) => {
        const counts = new Map<string, number>();
        let total = 0;
        for (const values of all) {
          const value = folded(values, column, kind);
          if (value === '') continue;
          counts.set(value, (counts.get(value) ?? 0) + 1);
          total++;
        }
        return [name, { counts, total, distinct: counts.size }] as const;
      }),
  );
}

/** Sums in the model's order, so that the result is the kernels' to the last bit. */
export function recordWeight(model: LinkageModel, frozen: FrozenCounts): (a: Values, b: Values) => number {
  const nicknames = nicknameGroups(model.nicknames ?? []);
  const household = new Set(model.household?.comparisons ?? []);
  const cap = model.household?.capBits ?? Infinity;
  const related = model.related ?? [];
  const plans = model.comparisons.map((comparison) => ({
    comparison,
    levelOf: valueLevel(comparison.kind, nicknames),
    weights: comparison.m.map((m, level) => Math.log2(m / (comparison.u[level] ?? 1))),
    counts: frozen.get(comparison.name),
    shared: household.has(comparison.name),
    excess: related.map(({ levels }) =>
      levels[comparison.name]?.map((h, level) => Math.log2(h / (comparison.m[level] ?? 1))),
    ),
  }));
  return (a, b) => {
    let own = model.priorBits;
    let together = 0;
    const kinds = related.map(({ priorBits }) => priorBits);
    for (const { comparison, levelOf, weights, counts, shared, excess } of plans) {
      const { column, kind, swapWith, u, termFrequency } = comparison;
      const [x, y] = [folded(a, column, kind), folded(b, column, kind)];
      if (x === '' || y === '') continue;
      let level = x === y ? 0 : x < y ? levelOf(x, y) : levelOf(y, x);
      if (level > 1 && swapWith !== undefined) {
        const [otherX, otherY] = [folded(a, swapWith, kind), folded(b, swapWith, kind)];
        if (otherX !== '' && otherY !== '' && x === otherY && otherX === y) level = 1;
      }
      let bits = weights[level] ?? 0;
      if (level === 0 && counts !== undefined) {
        const exactU = u[0] ?? 1;
        const share = frequency(
          counts.counts.get(x) ?? 0,
          counts.total,
          counts.distinct,
          exactU,
          termFrequency === 'smoothed',
        );
        bits += Math.log2(exactU / share);
      }
      if (shared) together += bits;
      else own += bits;
      excess.forEach((row, index) => {
        if (row !== undefined) kinds[index] = (kinds[index] ?? 0) + (bits + (row[level] ?? 0));
      });
    }
    let others = 1;
    for (const bits of kinds) others += 2 ** bits;
    const weight = own + Math.min(cap, together);
    return related.length === 0 ? weight : weight - Math.log2(others);
  };
}

/** The record's key under each rule; null where a part is missing. */
export function blockingKeys(model: LinkageModel, values: Values): readonly (string | null)[] {
  return model.blocking.map(({ parts }) => {
    const keys = parts.map(({ column, take }) => keyPart(values[column] ?? null, take ?? 'all'));
    return keys.includes('') ? null : keys.join('\u0000');
  });
}
