/** How well the run matched the made-up people, against the truth only their maker knows; asked as the matching team. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from './connection.ts';
import { evaluateLinks, readTruth, type LinkEvaluation } from './synth-data/evaluate-links.ts';
import type { GeneratedValley } from './synth-data/generate.ts';
import { readJson, saveObject, zoneBucket } from './zones.ts';
import { loadContracts } from '../pipeline/contract/load.ts';
import { openDuck, parquetFiles, sqlName, sqlText } from '../pipeline/parquet.ts';
import { keys, type DataFile } from '../pipeline/zones.ts';

export type LinkFigures = LinkEvaluation;

interface LinkStatePointer {
  readonly months: Readonly<Record<string, DataFile>>;
}

export async function linkQuality(
  matcher: Connection,
  valley: GeneratedValley,
  folder: string,
): Promise<LinkFigures> {
  await mkdir(folder, { recursive: true });
  const bucket = zoneBucket(matcher, 'link-state');
  const state = await readJson<LinkStatePointer>(matcher, bucket, keys.linkState.current);
  const paths: string[] = [];
  for (const [month, { key }] of Object.entries(state?.months ?? {})) {
    const path = join(folder, `${month}.parquet`);
    await saveObject(matcher, bucket, key, path);
    paths.push(path);
  }
  const duck = await openDuck({ memoryMb: 256, threads: 1, tempDir: folder });
  try {
    const persons = new Map<string, string>();
    for (const row of await duck.rows<{
      partner: string;
      feed: string;
      person_key: string;
      person_id: string;
    }>(`select distinct partner, feed, person_key, person_id from ${parquetFiles(paths)}`))
      persons.set(`${row.partner}|${row.feed}|${row.person_key}`, row.person_id);
    const personKeys = new Map<string, string>();
    const { feeds } = loadContracts('contracts');
    for (const { partner, feed, path } of valley.files) {
      const contract = feeds.get(feed);
      const rowKey = contract?.columns.find(({ keyPosition }) => keyPosition === 1)?.name;
      const personKey = contract?.records?.person?.personKey;
      if (rowKey === undefined || personKey === undefined) continue;
      const rows = await duck.rows<{ row_key: string; person_key: string | null }>(
        `select ${sqlName(rowKey)} as row_key, ${sqlName(personKey)} as person_key
         from read_csv(${sqlText(path)}, header = true, all_varchar = true, delim = ${sqlText(contract?.dialect.delimiter ?? ',')})`,
      );
      for (const row of rows)
        if (row.person_key !== null) personKeys.set(`${partner}|${feed}|${row.row_key}`, row.person_key);
    }
    return evaluateLinks(await readTruth(valley.truth.rows), ({ partner, feed, rowKey }) =>
      persons.get(`${partner}|${feed}|${personKeys.get(`${partner}|${feed}|${rowKey}`) ?? ''}`),
    );
  } finally {
    await duck.close();
  }
}
