/** How a partner writes a feed: the columns it chose, their order and the dialect, read from the contracts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { FeedId, PartnerId } from '../../pipeline/zones.ts';

export const CONTRACTS_FOLDER = join(import.meta.dirname, '../../contracts');

export interface ExtractLayout {
  readonly partner: PartnerId;
  readonly feed: FeedId;
  readonly columns: readonly ExtractColumn[];
  readonly key: string;
  readonly collectionDate: string;
  /** Column that ties rows of one occurrence together, where the feed has one. */
  readonly occurrence: string | null;
  readonly delimiter: string;
  readonly dateFormat: string;
}
export interface ExtractColumn {
  readonly name: string;
  readonly isDate: boolean;
  readonly isBirth: boolean;
}

/** Only what the writing of extracts needs; the contract itself is judged elsewhere. */
const customProperties = z.array(z.object({ property: z.string(), value: z.unknown() }));
const contractFile = z.object({
  id: z.string(),
  schema: z.tuple([
    z.object({
      properties: z.array(
        z.object({
          name: z.string(),
          logicalType: z.string(),
          primaryKey: z.boolean().optional(),
          customProperties: customProperties.optional(),
        }),
      ),
    }),
  ]),
  customProperties,
});
const partnerFile = z.object({
  id: z.string(),
  feeds: z.array(z.object({ feed: z.string(), columns: z.array(z.string()).optional() })),
});
const dialect = z.object({
  encoding: z.literal('utf-8'),
  delimiter: z.string().length(1),
  dateFormat: z.string(),
  collectionDate: z.string(),
  records: z.object({ events: z.array(z.object({ occurrenceKey: z.string().optional() })).default([]) }),
});

/** Layouts of every feed every partner sends, by partner and feed. */
export function readLayouts(folder = CONTRACTS_FOLDER): ReadonlyMap<string, ExtractLayout> {
  const contracts = new Map(
    readYaml(join(folder, 'feeds')).map((file) => {
      const contract = contractFile.parse(file);
      return [contract.id, contract] as const;
    }),
  );
  const layouts = new Map<string, ExtractLayout>();
  for (const file of readYaml(join(folder, 'partners'))) {
    const partner = partnerFile.parse(file);
    for (const { feed, columns } of partner.feeds) {
      const contract = contracts.get(feed);
      if (contract !== undefined)
        layouts.set(`${partner.id}/${feed}`, layoutOf(partner.id, contract, columns));
    }
  }
  return layouts;
}

function layoutOf(
  partner: PartnerId,
  contract: z.infer<typeof contractFile>,
  chosen: readonly string[] | undefined,
): ExtractLayout {
  const settings = dialect.parse(valuesOf(contract.customProperties));
  const { properties } = contract.schema[0];
  const key = properties.find(({ primaryKey }) => primaryKey === true)?.name;
  if (key === undefined) throw new Error(`The contract ${contract.id} names no primary key.`);
  return {
    partner,
    feed: contract.id,
    columns: properties
      .filter(({ name }) => chosen === undefined || chosen.includes(name))
      .map((property) => ({
        name: property.name,
        isDate: property.logicalType === 'date',
        isBirth: valuesOf(property.customProperties ?? [])['format'] === 'birth-date',
      })),
    key,
    collectionDate: settings.collectionDate,
    occurrence:
      settings.records.events.find(({ occurrenceKey }) => occurrenceKey !== undefined)?.occurrenceKey ?? null,
    delimiter: settings.delimiter,
    dateFormat: settings.dateFormat,
  };
}

const valuesOf = (properties: z.infer<typeof customProperties>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(properties.map(({ property, value }) => [property, value]));

function readYaml(folder: string): readonly unknown[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => parse(readFileSync(join(folder, name), 'utf8')) as unknown);
}
