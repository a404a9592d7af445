/** How a partner writes a feed: the columns it chose, their order and the dialect, read from the contracts. */
import { join } from 'node:path';
import { loadContracts } from '../../pipeline/contract/load.ts';
import type { DateFormat, FeedContract, PartnerFeed } from '../../pipeline/contract/model.ts';
import type { FeedId, PartnerId } from '../../pipeline/zones.ts';

export const CONTRACTS_FOLDER = join(import.meta.dirname, '../../contracts');

export interface ExtractLayout {
  readonly partner: PartnerId;
  readonly feed: FeedId;
  readonly columns: readonly ExtractColumn[];
  readonly key: string;
  readonly collectionDate: string | null;
  /** Column that ties the rows of one occurrence together, where the feed has one. */
  readonly occurrence: string | null;
  readonly delimiter: string;
}
export interface ExtractColumn {
  readonly name: string;
  readonly isBirth: boolean;
  /** Null where the column is no date. */
  readonly dateFormat: DateFormat | null;
}

/** Layouts of every feed every partner sends, by `partner/feed`. */
export function readLayouts(folder = CONTRACTS_FOLDER): ReadonlyMap<string, ExtractLayout> {
  const { partners, feeds } = loadContracts(folder);
  const layouts = [...partners.values()].flatMap((partner) =>
    partner.feeds.flatMap((chosen) => {
      const contract = feeds.get(chosen.feed);
      return contract === undefined ? [] : [layoutOf(partner.id, contract, chosen)];
    }),
  );
  return new Map(layouts.map((layout) => [`${layout.partner}/${layout.feed}`, layout]));
}

function layoutOf(partner: PartnerId, contract: FeedContract, { columns }: PartnerFeed): ExtractLayout {
  const [key, ...more] = contract.columns.filter(({ keyPosition }) => keyPosition !== null);
  if (key === undefined || more.length > 0)
    throw new Error(`The valley makes one key a row; ${contract.id} asks more.`);
  if (contract.dialect.encoding !== 'utf-8')
    throw new Error(`The valley writes UTF-8; ${contract.id} asks otherwise.`);
  return {
    partner,
    feed: contract.id,
    columns: contract.columns
      .filter(({ name }) => columns === null || columns.includes(name))
      .map((column) => ({
        name: column.name,
        isBirth: column.format === 'birth-date',
        dateFormat: column.type === 'date' ? (column.dateFormat ?? contract.dialect.dateFormat) : null,
      })),
    key: key.name,
    collectionDate: contract.collectionDate,
    occurrence:
      contract.records?.events.find(({ occurrenceKey }) => occurrenceKey !== null)?.occurrenceKey ?? null,
    delimiter: contract.dialect.delimiter,
  };
}
