/** Precision and recall of links against a known truth, on tables small enough to count by hand. */
import { describe, expect, it } from 'vitest';
import { evaluateLinks, type TrueRow } from '../../cli/synth-data/evaluate-links.ts';

const truth: readonly TrueRow[] = [
  row('police', '1', 'Ada'),
  row('police', '2', 'Ada'),
  row('council', '3', 'Ada'),
  row('police', '4', 'Ben'),
  row('council', '5', 'Cleo'),
  row('fire', '6', null),
];

describe('links measured against the truth', () => {
  it('are perfect when every person found is a true person', () => {
    const found = persons({ 1: 'a', 2: 'a', 3: 'a', 4: 'b', 5: 'c' });

    expect(found.all).toEqual({ truePairs: 3, foundPairs: 3, rightPairs: 3, precision: 1, recall: 1, f1: 1 });
    expect(found.acrossPartners).toMatchObject({ truePairs: 2, foundPairs: 2, rightPairs: 2 });
    expect(found).toMatchObject({ rows: 5, entities: 3, persons: 3 });
  });

  it('lose precision when two people are taken for one', () => {
    const found = persons({ 1: 'a', 2: 'a', 3: 'a', 4: 'a', 5: 'c' });

    expect(found.all).toMatchObject({ foundPairs: 6, rightPairs: 3, precision: 0.5, recall: 1 });
  });

  it('lose recall when one person is taken for two, which counts within a partner and across them', () => {
    const found = persons({ 1: 'a', 2: 'a', 3: 'x', 4: 'b', 5: 'c' });

    expect(found.all).toMatchObject({ rightPairs: 1, precision: 1, recall: 1 / 3 });
    expect(found.acrossPartners).toMatchObject({ truePairs: 2, rightPairs: 0, precision: null, recall: 0 });
  });

  it('count a row the run put nowhere as a person of its own, and leave out rows that name nobody', () => {
    const found = persons({ 1: 'a', 2: 'a' });

    expect(found).toMatchObject({ rows: 5, persons: 4 });
    expect(found.all).toMatchObject({ truePairs: 3, foundPairs: 1, rightPairs: 1 });
  });
});

function row(partner: string, rowKey: string, entity: string | null): TrueRow {
  return { partner, feed: 'any', rowKey, entity };
}

function persons(assignments: Readonly<Record<string, string>>): ReturnType<typeof evaluateLinks> {
  return evaluateLinks(truth, ({ rowKey }) => assignments[rowKey]);
}
