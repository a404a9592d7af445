/** Reads the files to be linked, CSV or Parquet, into columns; names every record `<stem>/<id>`. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { columnNamed, type SourceFile } from '../../linkage/propose/columns.ts';
import { readCsv } from '../../linkage/table/csv.ts';
import { TextDictionary } from '../../linkage/table/dictionary.ts';
import { openDuck, sqlText } from '../../pipeline/parquet.ts';
import { BadArguments } from '../output.ts';

export interface NamedFile {
  readonly stem: string;
  readonly file: SourceFile;
  /** Id of a record within its file. */
  idOf(row: number): string;
}

export const stemOf = (path: string): string => basename(path, extname(path));

/** @throws BadArguments when a file is missing, unreadable or shares its stem with another. */
export async function readFiles(
  paths: readonly string[],
  idColumn: string | undefined,
): Promise<readonly NamedFile[]> {
  const stems = paths.map(stemOf);
  const twice = stems.find((stem, index) => stems.indexOf(stem) !== index);
  if (twice !== undefined)
    throw new BadArguments(`Two files are called ${twice}; ids are <file>/<id>, so rename one of them.`);
  const files: NamedFile[] = [];
  for (const path of paths) files.push(await readNamed(path, idColumn));
  return files;
}

async function readNamed(path: string, idColumn: string | undefined): Promise<NamedFile> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) throw new BadArguments(`There is no file ${path}.`);
  let file: SourceFile;
  try {
    file = extname(path).toLowerCase() === '.parquet' ? await readParquet(path) : readCsv(path);
  } catch (error) {
    throw new BadArguments(
      `${path} cannot be read: ${error instanceof Error ? error.message : 'unknown reason'}`,
    );
  }
  if (file.headers.length === 0) throw new BadArguments(`${path} is empty.`);
  const ids = idColumn === undefined ? null : columnNamed(file, idColumn);
  if (idColumn !== undefined && ids === null) throw new BadArguments(`${path} has no column ${idColumn}.`);
  return {
    stem: stemOf(path),
    file,
    idOf: (row) => {
      const code = ids?.codes[row] ?? -1;
      return ids === null || code < 0 ? String(row + 1) : ids.dictionary.text(code);
    },
  };
}

async function readParquet(path: string): Promise<SourceFile> {
  const folder = await mkdtemp(join(tmpdir(), 'tvt-link-'));
  const duck = await openDuck({ memoryMb: 1024, threads: 2, tempDir: folder });
  try {
    const headers: string[] = [];
    const dictionaries: TextDictionary[] = [];
    const codes: number[][] = [];
    let rows = 0;
    const source = `read_parquet(${sqlText(path)})`;
    for await (const chunk of duck.chunks<Readonly<Record<string, unknown>>>(
      `select columns(*)::varchar from ${source}`,
    )) {
      for (const row of chunk) {
        if (headers.length === 0) {
          for (const header of Object.keys(row)) {
            headers.push(header);
            dictionaries.push(new TextDictionary());
            codes.push([]);
          }
        }
        headers.forEach((header, index) => {
          const value = row[header];
          const text = typeof value === 'string' ? value.trim() : '';
          codes[index]?.push(text === '' ? -1 : (dictionaries[index]?.code(text) ?? -1));
        });
        rows++;
      }
    }
    return {
      headers,
      rows,
      columns: headers.map((_, index) => ({
        codes: Int32Array.from(codes[index] ?? []),
        dictionary: dictionaries[index] ?? new TextDictionary(),
      })),
    };
  } finally {
    await duck.close();
    await rm(folder, { recursive: true, force: true });
  }
}
