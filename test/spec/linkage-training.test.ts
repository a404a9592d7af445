/** Training without labels: what it finds on made people whose errors are known, and what it says when it finds nothing. */
import { describe, expect, it } from 'vitest';
import { evaluateClusters } from '../../linkage/evaluate.ts';
import { linkUnknownFiles } from '../../linkage/link-files.ts';
import { parseCsv } from '../../linkage/table/csv.ts';
import { mulberry } from '../../linkage/training/train.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
interface Made {
  readonly csv: string;
  readonly entities: readonly number[];
}

/** A register in which a third of the people stand twice, one forename in ten wrong; by twos they share a home. */
function register(people: number, seed: number): Made {
  const random = mulberry(seed);
  const whole = (below: number): number => Math.floor(random() * below);
  const word = (length: number): string => Array.from({ length }, () => LETTERS[whole(26)] ?? 'a').join('');
  const pool = (size: number, length: number): readonly string[] =>
    Array.from({ length: size }, () => word(length));
  const [forenames, surnames, streets] = [pool(150, 6), pool(400, 8), pool(300, 10)];
  const pick = (from: readonly string[]): string => from[whole(from.length)] ?? '';
  const rows: { person: number; cells: string[] }[] = [];
  let home = { surname: '', street: '', number: 0 };
  for (let person = 0; person < people; person++) {
    if (person % 2 === 0) home = { surname: pick(surnames), street: pick(streets), number: 1 + whole(90) };
    const born = `${1940 + whole(70)}-${String(1 + whole(12)).padStart(2, '0')}-${String(1 + whole(28)).padStart(2, '0')}`;
    const cells = [pick(forenames), home.surname, born, `${home.number} ${home.street} road`];
    rows.push({ person, cells });
    if (person % 3 === 0)
      rows.push({ person, cells: [random() < 0.1 ? pick(forenames) : (cells[0] ?? ''), ...cells.slice(1)] });
  }
  rows.sort((x, y) => ((x.person * 7919) % people) - ((y.person * 7919) % people) || x.person - y.person);
  return {
    csv: ['first_name,last_name,dob,address', ...rows.map(({ cells }) => cells.join(','))].join('\n'),
    entities: rows.map(({ person }) => person),
  };
}

const linked = (csv: string) =>
  linkUnknownFiles([parseCsv(Buffer.from(csv))], { duplicateFree: [], threads: 1 });

describe('a model trained without labels', () => {
  it('finds how often the fields of one person agree, and leaves the people of one home apart', async () => {
    const made = register(1500, 11);
    const { model, clusters } = await linked(made.csv);
    const forename = model.comparisons.find(({ name }) => name === 'forename');
    expect(forename?.m[0]).toBeGreaterThan(0.85);
    expect(forename?.m[0]).toBeLessThan(0.95);
    expect(forename?.u[0]).toBeCloseTo(1 / 150, 2);
    // 500 pairs of one person among 1,999,000; the prior stands up to twice as high, half the records having a partner.
    expect(2 ** model.priorBits * 1_999_000).toBeGreaterThan(400);
    expect(2 ** model.priorBits * 1_999_000).toBeLessThan(1500);
    const { pairwise } = evaluateClusters(clusters, made.entities);
    expect(pairwise.precision).toBeGreaterThan(0.98);
    expect(pairwise.recall).toBeGreaterThan(0.98);
    expect(model.warnings).toBeUndefined();
  });

  it('gives the same model and the same clusters every time', async () => {
    const made = register(300, 12);
    const [one, two] = [await linked(made.csv), await linked(made.csv)];
    expect(one.model).toEqual(two.model);
    expect(one.clusters).toEqual(two.clusters);
  });

  it('warns in words when there is hardly anyone to learn from', async () => {
    const { model } = await linked('first_name,last_name\nama,pretend\nbola,invented\ncarys,madeup\n');
    expect(model.warnings?.join(' ')).toMatch(/hardly any pair of one person was found/);
  });
});

describe('an evaluation', () => {
  it.each<[string, number[], number[], number, number, number, number]>([
    ['right in all', [0, 0, 2, 2], [7, 7, 8, 8], 1, 1, 1, 1],
    ['one cluster too many', [0, 1, 2, 2], [7, 7, 8, 8], 1, 0.5, 1, 0.75],
    ['one cluster too few', [0, 0, 0, 0], [7, 7, 8, 8], 1 / 3, 1, 0.5, 1],
    ['records of unknown entity left out', [0, 0, 0, 2], [7, 7, -1, 8], 1, 1, 1, 1],
  ])('with %s', (_, clusters, entities, precision, recall, bPrecision, bRecall) => {
    const found = evaluateClusters(clusters, entities);
    expect(found.pairwise.precision).toBeCloseTo(precision, 9);
    expect(found.pairwise.recall).toBeCloseTo(recall, 9);
    expect(found.bCubed.precision).toBeCloseTo(bPrecision, 9);
    expect(found.bCubed.recall).toBeCloseTo(bRecall, 9);
    expect(found.pairwise.f1Interval.from).toBeLessThanOrEqual(found.pairwise.f1 + 1e-9);
    expect(found.pairwise.f1Interval.to).toBeGreaterThanOrEqual(found.pairwise.f1 - 1e-9);
  });
});
