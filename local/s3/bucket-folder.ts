/** One bucket on disk: encrypted bodies, a JSON beside them for each version and upload, and nothing else. */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { partSchema, uploadSchema, versionSchema } from './stored.ts';
import type { Part, Upload, Version } from './stored.ts';

/** What was found on disk when the stand-in started. */
export interface FoundBucket {
  readonly versions: readonly Version[];
  readonly uploads: readonly { readonly upload: Upload; readonly parts: readonly Part[] }[];
}

export interface BucketFolder {
  readFound(): FoundBucket;
  /** Path of a body file, its folder made. */
  bodyPath(file: string): string;
  removeBody(file: string): void;
  /** The moment a version exists: before the rename nobody sees it, after it nobody can lose it. */
  saveVersion(version: Version): void;
  removeVersion(version: Version): void;
  saveUpload(upload: Upload): void;
  savePart(upload: Upload, part: Part): void;
  removeUpload(uploadId: string): void;
  /** Removes bodies that no version and no part names: what a killed stand-in was still receiving. */
  sweepBodies(named: ReadonlySet<string>): void;
}

export function bucketFolder(dataDir: string, bucket: string): BucketFolder {
  const folder = join(dataDir, 's3', bucket);
  const made = new Set<string>();
  const ready = (...names: string[]): string => {
    const path = join(folder, ...names);
    if (!made.has(path)) mkdirSync(path, { recursive: true, mode: 0o700 });
    made.add(path);
    return path;
  };
  const bodyPath = (file: string): string => join(ready('bodies', file.slice(0, 2)), file);
  const versionPath = (id: string): string => join(ready('versions', id.slice(0, 2)), `${id}.json`);
  const uploadFolder = (uploadId: string): string => ready('uploads', uploadId);
  return {
    readFound: () => ({ versions: readVersions(folder), uploads: readUploads(folder) }),
    bodyPath,
    removeBody: (file) => rmSync(bodyPath(file), { force: true }),
    saveVersion: (version) => writeWhole(versionPath(version.id), version),
    removeVersion: (version) => rmSync(versionPath(version.id), { force: true }),
    saveUpload: (upload) => writeWhole(join(uploadFolder(upload.uploadId), 'upload.json'), upload),
    savePart: (upload, part) =>
      writeWhole(join(uploadFolder(upload.uploadId), `part-${String(part.number)}.json`), part),
    removeUpload(uploadId) {
      made.delete(join(folder, 'uploads', uploadId));
      // Its record first: without it, what a killed stand-in leaves of the parts is no upload any more.
      rmSync(join(folder, 'uploads', uploadId, 'upload.json'), { force: true });
      rmSync(join(folder, 'uploads', uploadId), { recursive: true, force: true });
    },
    sweepBodies(named) {
      for (const path of filesUnder(join(folder, 'bodies'))) {
        if (!named.has(path.slice(-32))) rmSync(path, { force: true });
      }
    },
  };
}

/** No fsync: a killed process loses nothing that was renamed; a power cut is not what a stand-in is for. */
function writeWhole(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function readVersions(folder: string): readonly Version[] {
  return filesUnder(join(folder, 'versions'))
    .filter((path) => path.endsWith('.json'))
    .map((path) => versionSchema.parse(JSON.parse(readFileSync(path, 'utf8'))));
}

function readUploads(folder: string): FoundBucket['uploads'] {
  return entriesOf(join(folder, 'uploads')).flatMap((uploadId) => {
    const files = entriesOf(join(folder, 'uploads', uploadId));
    // An upload without its record was being removed when the stand-in was killed.
    if (!files.includes('upload.json')) return [];
    const read = (name: string): unknown =>
      JSON.parse(readFileSync(join(folder, 'uploads', uploadId, name), 'utf8'));
    const parts = files
      .filter((name) => /^part-\d+\.json$/.test(name))
      .map((name) => partSchema.parse(read(name)));
    return [{ upload: uploadSchema.parse(read('upload.json')), parts }];
  });
}

const filesUnder = (folder: string): readonly string[] =>
  entriesOf(folder).flatMap((shard) =>
    entriesOf(join(folder, shard)).map((name) => join(folder, shard, name)),
  );

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
