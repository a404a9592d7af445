/** Where the records in force are, by table and month, and how to bring them to this function's disk. */
import { join } from 'node:path';
import { keys, type DataFile, type FeedState, type Month, type RecordTable } from '../pipeline/zones.ts';
import { bucket } from './environment.ts';
import { download, eachOf, getJson, list } from './objects.ts';

export interface RecordFile {
  readonly partner: string;
  readonly feed: string;
  readonly month: Month;
  readonly table: RecordTable;
  readonly file: DataFile;
}

/** The states of all feeds, in key order. */
export async function feedStates(): Promise<readonly FeedState[]> {
  const found = await list(bucket('records'), keys.records.feedStates);
  const states = await eachOf(found, ({ key }) => getJson<FeedState>(bucket('records'), key));
  return states.flatMap((state) => (state === null ? [] : [state.value]));
}

/** Every data file in force, in one fixed order. */
export function recordFiles(states: readonly FeedState[]): readonly RecordFile[] {
  return states
    .flatMap(({ partner, feed, months }) =>
      Object.entries(months).flatMap(([month, tables]) =>
        Object.entries(tables).map(([table, file]): RecordFile => ({
          partner,
          feed,
          month,
          table: table as RecordTable,
          file,
        })),
      ),
    )
    .sort((a, b) => (a.file.key < b.file.key ? -1 : 1));
}

/** Downloads objects into a folder under names of their own; answers key → path. */
export async function fetchAll(
  zone: string,
  wanted: readonly string[],
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const unique = [...new Set(wanted)];
  const paths = await eachOf(unique, async (key, index) => {
    const path = join(folder, `${index}.parquet`);
    await download(zone, key, path);
    return path;
  });
  return new Map(unique.map((key, index) => [key, paths[index] ?? '']));
}

/** Bytes of a set of files: what a step prints it read. */
export const bytesOf = (files: readonly { readonly file: DataFile }[]): number =>
  files.reduce((sum, { file }) => sum + file.bytes, 0);
