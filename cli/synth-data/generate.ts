/** Writes a synthetic Thames Valley: one extract per partner and feed as its contract says, and the truth beside them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { FeedId, IsoDate, PartnerId } from '../../pipeline/zones.ts';
import { dateOf } from './calendar.ts';
import { type ExtractLayout, readLayouts } from './extract-layout.ts';
import { cellsFor, headerOf, openTextFile, type TextFile } from './extract-writer.ts';
import type { SyntheticRow, ValleyOptions } from './rows.ts';
import { walkValley } from './valley.ts';

export interface GenerateOptions extends ValleyOptions {
  /** Folder to write to; made where it is missing. */
  readonly out: string;
}

export interface ExtractFile {
  readonly partner: PartnerId;
  readonly feed: FeedId;
  readonly path: string;
  readonly rows: number;
  /** Last day the extract covers: what the uploader states as its extract date. */
  readonly extracted: IsoDate;
}

export interface TruthFiles {
  /** partner, feed, row_key, entity (empty where the row names nobody). */
  readonly rows: string;
  /** entity, related_entity, relation_type. */
  readonly relations: string;
  /** partner, feed, row_key, place (home, location, visit), postcode, lsoa21cd, lad24cd, before any slip. */
  readonly places: string;
}

export interface GeneratedValley {
  readonly seed: number | string;
  readonly first: IsoDate;
  readonly last: IsoDate;
  readonly people: number;
  readonly files: readonly ExtractFile[];
  readonly truth: TruthFiles;
}

export function generateValley(options: GenerateOptions): GeneratedValley {
  const extracts = openExtracts(options.out);
  const truth = openTruth(options.out);
  const { window, people } = walkValley(options, {
    row: (row) => {
      extracts.write(row);
      truth.row(row);
    },
    relation: ({ of, to, type }) => truth.relations.write([of.entity, to.entity, type]),
  });
  const [first, last] = [dateOf(window.first), dateOf(window.last)];
  const valley: GeneratedValley = {
    seed: options.seed,
    first,
    last,
    people,
    files: extracts.close(last),
    truth: truth.close(),
  };
  // Paths in the file are relative, so that equal seeds give equal bytes wherever they are written.
  const paths = (_: string, value: unknown): unknown =>
    typeof value === 'string' && value.startsWith(options.out) ? relative(options.out, value) : value;
  writeFileSync(join(options.out, 'valley.json'), `${JSON.stringify(valley, paths, 2)}\n`, { mode: 0o600 });
  return valley;
}

interface Extracts {
  readonly write: (row: SyntheticRow) => void;
  readonly close: (extracted: IsoDate) => readonly ExtractFile[];
}

function openExtracts(out: string): Extracts {
  mkdirSync(out, { recursive: true, mode: 0o700 });
  const layouts = readLayouts();
  const open = new Map<string, { readonly layout: ExtractLayout; readonly file: TextFile }>();
  return {
    write: ({ partner, feed, values }) => {
      const id = `${partner}/${feed}`;
      const known = open.get(id) ?? openExtract(out, layouts.get(id), id);
      open.set(id, known);
      known.file.write(cellsFor(known.layout, values));
    },
    close: (extracted) =>
      [...open.values()]
        .map(({ layout: { partner, feed }, file }) => {
          file.close();
          return { partner, feed, path: file.path, rows: file.rows(), extracted };
        })
        .sort((one, other) => (one.path < other.path ? -1 : 1)),
  };
}

function openExtract(
  out: string,
  layout: ExtractLayout | undefined,
  id: string,
): { readonly layout: ExtractLayout; readonly file: TextFile } {
  if (layout === undefined) throw new Error(`No partner file says that ${id} is sent.`);
  const path = join(out, layout.partner, `${layout.feed}.csv`);
  return { layout, file: openTextFile(path, headerOf(layout), layout.delimiter) };
}

interface Truth {
  readonly row: (row: SyntheticRow) => void;
  readonly relations: TextFile;
  readonly close: () => TruthFiles;
}

function openTruth(out: string): Truth {
  const file = (name: string, header: readonly string[]): TextFile =>
    openTextFile(join(out, 'truth', name), header);
  const rows = file('rows.csv', TRUTH_HEADER);
  const relations = file('relations.csv', ['entity', 'related_entity', 'relation_type']);
  const places = file('places.csv', [
    'partner',
    'feed',
    'row_key',
    'place',
    'postcode',
    'lsoa21cd',
    'lad24cd',
  ]);
  return {
    row: (row) => {
      rows.write([row.partner, row.feed, row.key, row.entity ?? '']);
      for (const { of, place } of row.places) {
        places.write([row.partner, row.feed, row.key, of, place.postcode, place.lsoa21cd, place.lad24cd]);
      }
    },
    relations,
    close: () => {
      for (const each of [rows, relations, places]) each.close();
      return { rows: rows.path, relations: relations.path, places: places.path };
    },
  };
}

export const TRUTH_HEADER = ['partner', 'feed', 'row_key', 'entity'] as const;
