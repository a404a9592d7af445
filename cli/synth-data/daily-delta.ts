/** A day's changes to a synthetic valley: new rows, corrections and withdrawals, as `changes` files beside their truth. */
import { join } from 'node:path';
import type { FeedId, IsoDate, PartnerId } from '../../pipeline/zones.ts';
import { dateOf, type Day, dayOf } from './calendar.ts';
import { type ExtractLayout, readLayouts } from './extract-layout.ts';
import { cellsFor, headerOf, openTextFile, type TextFile } from './extract-writer.ts';
import { TRUTH_HEADER } from './generate.ts';
import { fixedShare } from './random.ts';
import type { SyntheticRow, ValleyOptions } from './rows.ts';
import { walkValley } from './valley.ts';

export interface DeltaOptions extends ValleyOptions {
  readonly out: string;
  /** The day the changes are extracted; after the valley's last month. */
  readonly day: IsoDate;
  /** Share of the rows in force that change in a day, 0.01 unless told. */
  readonly share?: number;
}

export interface ChangesFile {
  readonly partner: PartnerId;
  readonly feed: FeedId;
  readonly path: string;
  readonly extracted: IsoDate;
  readonly rows: number;
  readonly added: number;
  readonly corrected: number;
  readonly withdrawn: number;
}

export interface Delta {
  readonly files: readonly ChangesFile[];
  /** Truth of the rows added: partner, feed, row_key, entity. */
  readonly truth: string;
  /** partner, feed, row_key of the rows withdrawn. */
  readonly withdrawn: string;
}

/** Parts of a day's changes. */
const [ADDED, CORRECTED] = [0.45, 0.4] as const;

/**
 * Rows are chosen by a fixed share of their key and the day, so that two days never touch the same row until every row
 * has had its turn: a delta needs no memory of those before it.
 */
export function dailyDelta(options: DeltaOptions): Delta {
  const share = options.share ?? 0.01;
  const [slots, today] = [Math.max(1, Math.floor(1 / share)), dayOf(options.day)];
  const folder = join(options.out, options.day);
  const layouts = readLayouts();
  const open = new Map<string, OpenChanges>();
  const truth = openTextFile(join(folder, 'truth', 'rows.csv'), TRUTH_HEADER);
  const withdrawn = openTextFile(join(folder, 'truth', 'withdrawn.csv'), ['partner', 'feed', 'row_key']);
  const chosen = (row: SyntheticRow): number | null => {
    const place = fixedShare(options.seed, 'delta', row.partner, row.key) * slots;
    return Math.floor(place) === today % slots ? place - Math.floor(place) : null;
  };
  walkValley(options, {
    row: (row) => {
      const lot = chosen(row);
      if (lot === null) return;
      const changes = changesOf(open, layouts, folder, row);
      if (lot < ADDED) {
        const added = renewed(row, changes.layout, today, changes.counts.added);
        truth.write([row.partner, row.feed, added.key, row.entity ?? '']);
        changes.write('added', added.values);
      } else if (lot < ADDED + CORRECTED) {
        changes.write('corrected', { ...row.values, ...row.corrected() });
      } else {
        withdrawn.write([row.partner, row.feed, row.key]);
        changes.write('withdrawn', row.values);
      }
    },
    relation: () => undefined,
  });
  truth.close();
  withdrawn.close();
  return {
    files: [...open.values()].map((changes) => changes.close(options.day)),
    truth: truth.path,
    withdrawn: withdrawn.path,
  };
}

type Change = 'added' | 'corrected' | 'withdrawn';
interface OpenChanges {
  readonly layout: ExtractLayout;
  readonly counts: Record<Change, number>;
  readonly write: (change: Change, values: Readonly<Record<string, string>>) => void;
  readonly close: (extracted: IsoDate) => ChangesFile;
}

function changesOf(
  open: Map<string, OpenChanges>,
  layouts: ReadonlyMap<string, ExtractLayout>,
  folder: string,
  { partner, feed }: SyntheticRow,
): OpenChanges {
  const id = `${partner}/${feed}`;
  const known = open.get(id);
  if (known !== undefined) return known;
  const layout = layouts.get(id);
  if (layout === undefined) throw new Error(`No partner file says that ${id} is sent.`);
  const path = join(folder, partner, `${feed}.csv`);
  const file: TextFile = openTextFile(path, ['change', ...headerOf(layout)], layout.delimiter);
  const counts = { added: 0, corrected: 0, withdrawn: 0 };
  const changes: OpenChanges = {
    layout,
    counts,
    write: (change, values) => {
      counts[change] += 1;
      file.write([change === 'withdrawn' ? 'delete' : 'upsert', ...cellsFor(layout, values)]);
    },
    close: (extracted) => {
      file.close();
      return { partner, feed, path, extracted, rows: file.rows(), ...counts };
    },
  };
  open.set(id, changes);
  return changes;
}

/** The same thing happens to the same person once more, today: new numbers, and every date but the birth moved on. */
function renewed(
  row: SyntheticRow,
  layout: ExtractLayout,
  today: Day,
  number: number,
): { readonly key: string; readonly values: Readonly<Record<string, string>> } {
  const suffix = `-D${dateOf(today).replaceAll('-', '')}-${number + 1}`;
  const moved = Object.fromEntries(
    layout.columns
      .filter(
        ({ name, dateFormat, isBirth }) => dateFormat !== null && !isBirth && (row.values[name] ?? '') !== '',
      )
      .map(({ name }) => [name, dateOf(dayOf(row.values[name] ?? '') + today - row.collected)]),
  );
  const key = row.key + suffix;
  const occurrence = layout.occurrence;
  const values = {
    ...row.values,
    ...moved,
    [layout.key]: key,
    ...(occurrence === null ? {} : { [occurrence]: (row.values[occurrence] ?? '') + suffix }),
  };
  return { key, values };
}
