/** Makes deliveries that must come back: what real partners' systems get wrong, on invented rows. */
import type { FeedId, IsoDate, PartnerId } from '../../pipeline/zones.ts';
import { type ExtractColumn, type ExtractLayout, readLayouts } from './extract-layout.ts';
import { cellsFor, headerOf, line } from './extract-writer.ts';
import { walkValley } from './valley.ts';

export const FAULTS = {
  'wrong-dates': 'Every date is written day/month/year with a time, as a spreadsheet shows it.',
  'unknown-column': 'A column of officers’ notes has been added that the contract does not know.',
  'missing-column': 'The column that starts the six-year clock has been left out.',
  'doubled-key': 'The tenth row is in the file twice under one number.',
  'title-rows': 'Two rows of title stand above the header.',
  'cut-short': 'The last row ends in the middle, as when a transfer breaks off.',
} as const;
export type Fault = keyof typeof FAULTS;

export interface BadFile {
  readonly partner: PartnerId;
  readonly feed: FeedId;
  readonly fault: Fault;
  /** What is wrong, in words. */
  readonly sentence: string;
  readonly text: string;
  readonly rows: number;
}

export interface BadFileOptions {
  readonly partner: PartnerId;
  readonly feed: FeedId;
  readonly fault: Fault;
  readonly seed: number | string;
  readonly until: IsoDate;
}

const ROWS = 40;
/** Small enough to be instant, large enough that every feed has rows. */
const SCALE = 0.03;

export function badFile({ partner, feed, fault, seed, until }: BadFileOptions): BadFile {
  const layout = readLayouts().get(`${partner}/${feed}`);
  if (layout === undefined) throw new Error(`No partner file says that ${partner} sends ${feed}.`);
  const rows: (readonly string[])[] = [];
  walkValley(
    { seed, until, months: 12, scale: SCALE },
    {
      row: (row) => {
        if (row.partner === partner && row.feed === feed && rows.length < ROWS)
          rows.push(cellsFor(layout, row.values));
      },
      relation: () => undefined,
    },
  );
  const text = spoilt(layout, fault, rows);
  return { partner, feed, fault, sentence: FAULTS[fault], text, rows: rows.length };
}

function spoilt(layout: ExtractLayout, fault: Fault, rows: readonly (readonly string[])[]): string {
  const header = headerOf(layout);
  const written = (table: readonly (readonly string[])[]): string =>
    table.map((cells) => line(cells, layout.delimiter)).join('');
  switch (fault) {
    case 'wrong-dates':
      return written([
        header,
        ...rows.map((cells) => cells.map((cell, at) => (isDate(layout.columns[at]) ? asShown(cell) : cell))),
      ]);
    case 'unknown-column':
      return written([[...header, 'officer_notes'], ...rows.map((cells) => [...cells, 'Invented note'])]);
    case 'missing-column': {
      const without = header.indexOf(layout.collectionDate ?? layout.key);
      return written([header, ...rows].map((cells) => cells.filter((_, at) => at !== without)));
    }
    case 'doubled-key':
      return written([header, ...rows, ...rows.slice(9, 10)]);
    case 'title-rows':
      return written([['Extract for Thames Valley Together'], ['Invented data'], header, ...rows]);
    case 'cut-short':
      return written([header, ...rows.slice(0, -1), (rows.at(-1) ?? []).slice(0, 4)]).trimEnd();
  }
}

const isDate = (column: ExtractColumn | undefined): boolean => (column?.dateFormat ?? null) !== null;

/** 2026-03-14 as a spreadsheet shows it: 14/03/2026 00:00. */
const asShown = (date: string): string =>
  date === '' ? '' : `${date.slice(8, 10)}/${date.slice(5, 7)}/${date.slice(0, 4)} 00:00`;
