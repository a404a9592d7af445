/** What holds of every synthetic valley, whatever its seed. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { dailyDelta } from '../../cli/synth-data/daily-delta.ts';
import { CONTRACTS_FOLDER } from '../../cli/synth-data/extract-layout.ts';
import { type GeneratedValley, generateValley } from '../../cli/synth-data/generate.ts';
import { DRAMA_MOBILES, DRAMA_NUMBERS } from '../../cli/synth-data/places.ts';
import { loadContracts } from '../../pipeline/contract/load.ts';
import type { Column } from '../../pipeline/contract/model.ts';

const UNTIL = '2026-11-24';
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const contracts = loadContracts(CONTRACTS_FOLDER);
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const few = { numRuns: 6 };

describe('a synthetic valley', () => {
  it('is the same to the byte for the same seed and another for another seed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [one, same, other] = [make(seed), make(seed), make(seed + 1)].map(({ folder }) =>
          digests(folder),
        );

        expect(same).toEqual(one);
        expect(other).not.toEqual(one);
        expect(Object.keys(other ?? {})).toEqual(Object.keys(one ?? {}));
      }),
      { numRuns: 3 },
    );
  });

  it('writes only what each contract allows: its columns, its codes, dates that have come, keys that are unique', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { valley } = make(seed);

        expect(valley.files.length).toBe(4);
        for (const file of valley.files) {
          const { header, rows } = readCsv(file.path);
          expect(header).toEqual(columnsOf(file.partner, file.feed).map(({ name }) => name));
          expect(rows.length).toBe(file.rows);
          for (const column of columnsOf(file.partner, file.feed)) {
            expect(
              faults(
                column,
                rows.map((row) => row[header.indexOf(column.name)] ?? ''),
                valley.last,
              ),
            ).toEqual([]);
          }
        }
      }),
      few,
    );
  });

  it('knows the truth of every row, once', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { valley } = make(seed);
        const truth = readCsv(valley.truth.rows).rows.map(
          ([partner, feed, key]) => `${partner}/${feed}/${key}`,
        );
        const rows = valley.files.flatMap(({ partner, feed, path }) =>
          readCsv(path).rows.map(([key]) => `${partner}/${feed}/${key}`),
        );

        expect(truth.toSorted()).toEqual(rows.toSorted());
        expect(new Set(truth).size).toBe(truth.length);
      }),
      few,
    );
  });

  it('holds no postcode, telephone or property number that could be anybody’s', () => {
    const drama = [...DRAMA_NUMBERS, DRAMA_MOBILES].map((number) => number.replaceAll(' ', ''));
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const { path } of make(seed).valley.files) {
          const { header, rows } = readCsv(path);
          const valuesOf = (pattern: RegExp): readonly string[] =>
            header.flatMap((name, at) =>
              pattern.test(name) ? rows.map((row) => row[at] ?? '').filter((value) => value !== '') : [],
            );
          for (const postcode of valuesOf(/postcode/)) expect(postcode).toMatch(/^ZZ[1-8]\d ?\d[A-Z]{2}$/i);
          for (const uprn of valuesOf(/uprn/)) expect(uprn).toMatch(/^999\d{9}$/);
          for (const phone of valuesOf(/phone/)) {
            const dialled = phone.replace('+44 ', '0').replaceAll(' ', '');
            expect(dialled).toHaveLength(11);
            expect(drama.some((prefix) => dialled.startsWith(prefix))).toBe(true);
          }
        }
      }),
      few,
    );
  });

  it('writes the slips it is asked to and none where it is asked for none', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const clean = { missingDob: 0, defaultDate: 0, dateSlip: 0, dayForMonth: 0 };
        const births = (mistakes: object): readonly Set<string>[] => {
          const { valley, folder } = make(seed, mistakes);
          const entity = new Map(readCsv(join(folder, 'truth/rows.csv')).rows.map((row) => [row[2], row[3]]));
          const seen = new Map<string, Set<string>>();
          for (const { path } of valley.files) {
            const { header, rows } = readCsv(path);
            const at = header.findIndex((name) => name.endsWith('dob'));
            for (const row of rows) {
              const person = entity.get(row[0]) ?? '';
              if (person !== '') seen.set(person, (seen.get(person) ?? new Set()).add(row[at] ?? ''));
            }
          }
          return [...seen.values()];
        };

        // One number may hold father and son of one name; nobody else has two dates of birth.
        const exact = births(clean);
        expect(exact.filter(({ size }) => size > 1).length).toBeLessThanOrEqual(exact.length / 100);
        expect(births({ ...clean, dateSlip: 0.5 }).filter(({ size }) => size > 1).length).toBeGreaterThan(20);
      }),
      { numRuns: 2 },
    );
  });

  it('changes in days that never touch one row twice, within what the contracts allow', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { folder, valley } = make(seed);
        const touched = ['2026-11-24', '2026-11-25', '2026-11-26'].flatMap((day) => {
          const delta = dailyDelta({ ...sizes(seed), day, share: 0.02, out: join(folder, 'changes') });
          expect(readCsv(delta.truth).rows.length).toBe(
            delta.files.reduce((sum, { added }) => sum + added, 0),
          );
          return delta.files.flatMap(({ path, partner, feed }) => {
            const { header, rows } = readCsv(path);
            expect(rows.every(([change]) => change === 'upsert' || change === 'delete')).toBe(true);
            for (const column of columnsOf(partner, feed)) {
              expect(
                faults(
                  column,
                  rows.map((row) => row[header.indexOf(column.name)] ?? ''),
                  day,
                ),
              ).toEqual([]);
            }
            return rows.map(([, key]) => key ?? '');
          });
        });
        const all = valley.files.reduce((sum, { rows }) => sum + rows, 0);

        expect(new Set(touched).size).toBe(touched.length);
        expect(touched.length).toBeGreaterThan(all * 0.03);
        expect(touched.length).toBeLessThan(all * 0.09);
      }),
      { numRuns: 2 },
    );
  });
});

const sizes = (
  seed: number,
): { readonly seed: number; readonly until: string; readonly months: number; readonly scale: number } => ({
  seed,
  until: UNTIL,
  months: 6,
  scale: 0.15,
});

function make(seed: number, mistakes = {}): { readonly valley: GeneratedValley; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'synth-valley-'));
  folders.push(folder);
  return { folder, valley: generateValley({ ...sizes(seed), out: folder, mistakes }) };
}

function digests(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((path) => [
        path.slice(folder.length),
        createHash('sha256').update(readFileSync(path)).digest('hex'),
      ]),
  );
}

function columnsOf(partner: string, feed: string): readonly Column[] {
  const chosen = contracts.partners.get(partner)?.feeds.find((each) => each.feed === feed)?.columns ?? null;
  const columns = contracts.feeds.get(feed)?.columns ?? [];
  return columns.filter(({ name }) => chosen === null || chosen.includes(name));
}

/** Values a column's contract does not allow; the shapes of names and numbers are judged elsewhere. */
function faults(column: Column, values: readonly string[], last: string): readonly string[] {
  if (column.keyPosition !== null && new Set(values).size !== values.length) return ['a key stands twice'];
  const beyond = Object.values(column.codesBeyondGateway).flat();
  return values.filter((value) => {
    if (value === '') return column.required;
    if (column.maxLength !== null && value.length > column.maxLength) return true;
    if (column.type === 'date')
      return !/^\d{4}-\d\d-\d\d$/.test(value) || value > last || value < '1900-01-02';
    if (column.type === 'integer') {
      return Number(value) < Number(column.minimum) || Number(value) > Number(column.maximum);
    }
    if (column.codes === null) return false;
    const codes = column.listSeparator === null ? [value] : value.split(column.listSeparator);
    return codes.some((code) => column.codes?.includes(code) !== true || beyond.includes(code));
  });
}

/** The valley's cells hold neither quotes nor delimiters, so a split is a reading. */
function readCsv(path: string): {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const [header = '', ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  const names = header.split(',');
  const rows = lines.map((text) => text.split(','));
  expect(rows.every((cells) => cells.length === names.length)).toBe(true);
  return { header: names, rows };
}
