/** `tvt link` on files nobody has described: what a stranger would type, and what they find in the folder afterwards. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkFiles } from '../../cli/commands/link.ts';
import { mulberry } from '../../linkage/training/train.ts';

const NAMES =
  'ama bola carys dafydd ewa farid gosia hamza ines jakub kofi leila marek nia owen priya quentin rhys sana tunde'.split(
    ' ',
  );
const FAMILIES = 'pretend invented madeup fictional imagined supposed notional mythical fabled storied'.split(
  ' ',
);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tvt-link-test-'));
  const random = mulberry(5);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const people = Array.from({ length: 400 }, (_, person) => ({
    person,
    first: pick(NAMES),
    last: `${pick(FAMILIES)}${pick(FAMILIES)}`,
    day: 1 + Math.floor(random() * 28),
    month: 1 + Math.floor(random() * 12),
    year: 1940 + Math.floor(random() * 70),
    town: pick(['Exampleton', 'Sampleford', 'Testbury', 'Mockham', 'Demoville']),
  }));
  const spoil = (text: string): string => (random() < 0.2 ? text.slice(0, -1) + pick(['x', 'q']) : text);
  const two = (number: number): string => String(number).padStart(2, '0');
  const left = people.slice(0, 250);
  const right = people.slice(100, 400).sort((x, y) => ((x.person * 7919) % 400) - ((y.person * 7919) % 400));
  await writeFile(
    join(folder, 'left.csv'),
    [
      'PERSON_REF,PERNAME1,PERNAME2,DOB_DAY,DOB_MON,DOB_YEAR,Town',
      ...left.map(
        (one, row) =>
          `L${row},${one.first},${spoil(one.last)},${one.day},${one.month},${one.year},${one.town}`,
      ),
      '',
    ].join('\n'),
  );
  await writeFile(
    join(folder, 'right.csv'),
    [
      'Given Name;Family Name;Date of Birth;City',
      ...right.map(
        (one) =>
          `${spoil(one.first)};${one.last};${two(one.day)}/${two(one.month)}/${one.year};${random() < 0.2 ? '' : one.town}`,
      ),
      '',
    ].join('\n'),
  );
  await writeFile(
    join(folder, 'truth.csv'),
    [
      'id,entity',
      ...left.map(({ person }, row) => `left/${row + 1},${person}`),
      ...right.map(({ person }, row) => `right/${row + 1},${person}`),
      '',
    ].join('\n'),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const lines = async (...path: string[]): Promise<string[]> =>
  (await readFile(join(folder, ...path), 'utf8')).trim().split('\n');
const paths = (): string[] => [join(folder, 'left.csv'), join(folder, 'right.csv')];

describe('tvt link', () => {
  it('links two files with different headers and date forms, without a model', async () => {
    const found = await linkFiles(paths(), {
      out: join(folder, 'out'),
      duplicateFree: true,
      truth: join(folder, 'truth.csv'),
    });
    expect(found.records).toBe(550);
    expect(found.evaluation?.pairwise.f1).toBeGreaterThan(0.97);
    expect(found.evaluation?.blockingRecall).toBe(1);
    expect(found.largestCluster).toBe(2);
    const clusters = await lines('out', 'clusters.csv');
    expect(clusters[0]).toBe('id,cluster');
    expect(clusters.length).toBe(551);
    expect(new Set(clusters.slice(1).map((line) => line.split(',')[0])).size).toBe(550);
    const [head, first] = await lines('out', 'pairs.csv');
    expect(head).toBe('id_a,id_b,weight');
    expect(first).toMatch(/^left\/\d+,right\/\d+,\d+\.\d+$/);
  });

  it('saves a model that gives the same links when it is given back', async () => {
    await linkFiles(paths(), {
      out: join(folder, 'again'),
      duplicateFree: true,
      model: join(folder, 'out', 'model.yaml'),
      allPairs: true,
    });
    expect(await lines('again', 'pairs.csv')).toEqual(await lines('out', 'pairs.csv'));
    expect(await lines('again', 'clusters.csv')).toEqual(await lines('out', 'clusters.csv'));
    expect((await lines('again', 'scored.csv')).length).toBeGreaterThan(
      (await lines('again', 'pairs.csv')).length,
    );
  });

  it('names records by the id column when there is one', async () => {
    await linkFiles([join(folder, 'left.csv')], { out: join(folder, 'one'), id: 'PERSON_REF' });
    expect((await lines('one', 'clusters.csv'))[1]).toBe('left/L0,1');
  });

  it('takes bare ids in the truth of a single source', async () => {
    await writeFile(join(folder, 'bare.csv'), 'id,entity\n1,a\n2,b\n3,c\n');
    const found = await linkFiles([join(folder, 'left.csv')], {
      out: join(folder, 'one'),
      truth: join(folder, 'bare.csv'),
    });
    expect(found.evaluation).toMatchObject({ records: 3, entities: 3, truePairs: 0, unknownIds: 0 });
  });

  it('refuses a result in which links have chained strangers together', async () => {
    await writeFile(
      join(folder, 'chain.csv'),
      ['town,number', ...Array.from({ length: 1200 }, (_, row) => `Exampleton,${row % 7}`), ''].join('\n'),
    );
    await writeFile(
      join(folder, 'chain.yaml'),
      'version: chain/1\npriorBits: 0\nthresholdBits: 0\nlargestBlockPairs: 10000000\nclustering: components\nblocking: [{ name: town, parts: [{ column: town }] }]\ncomparisons: [{ name: town, kind: exact, column: town, m: [0.9, 0.1], u: [0.5, 0.5] }]\n',
    );
    const attempt = linkFiles([join(folder, 'chain.csv')], {
      out: join(folder, 'chained'),
      model: join(folder, 'chain.yaml'),
    });
    await expect(attempt).rejects.toThrow(/One cluster holds 1,200 of 1,200 records/);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'two files of one name',
      () => linkFiles([join(folder, 'left.csv'), join(folder, 'out', '..', 'left.csv')], { out: folder }),
      /Two files are called left/,
    ],
    [
      'a file that is not there',
      () => linkFiles([join(folder, 'nothing.csv')], { out: folder }),
      /There is no file/,
    ],
    [
      'an unknown duplicate-free source',
      () => linkFiles(paths(), { out: folder, duplicateFree: 'middle' }),
      /the sources are left, right/,
    ],
    [
      'an id column that a file lacks',
      () => linkFiles(paths(), { out: folder, id: 'PERSON_REF' }),
      /right\.csv has no column PERSON_REF/,
    ],
    [
      'a model that is none',
      () => linkFiles(paths(), { out: folder, model: join(folder, 'truth.csv') }),
      /no linkage model|is not YAML/,
    ],
  ])('refuses %s', async (_, attempt, message) => {
    await expect(attempt()).rejects.toThrow(message);
  });
});
