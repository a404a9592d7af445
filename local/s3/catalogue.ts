/** What every bucket holds, in memory and in listing order; rebuilt from disk when the stand-in starts. */
import { bucketFolder } from './bucket-folder.ts';
import type { BucketFolder } from './bucket-folder.ts';
import { compareKeys, insertKey, lowerBound, removeKey } from './key-order.ts';
import type { Content, Part, Segment, Upload, Version } from './stored.ts';

export interface OpenUpload {
  readonly upload: Upload;
  readonly parts: Map<number, Part>;
}

export interface NewVersion {
  readonly id: string;
  readonly key: string;
  readonly versionId: string;
  readonly lastModified: string;
  readonly content: Content | null;
}

/** One bucket's versions and uploads. Every change is on disk before the call that makes it returns. */
export class BucketCatalogue {
  readonly #folder: BucketFolder;
  readonly #keys: string[] = [];
  readonly #versions = new Map<string, Version[]>();
  readonly #uploads = new Map<string, OpenUpload>();
  readonly #readers = new Map<string, number>();
  readonly #doomed = new Set<string>();
  #sequence = 0;
  /** Rises with every change: what was worked out from the bucket before it is stale. */
  changes = 0;

  constructor(dataDir: string, bucket: string) {
    this.#folder = bucketFolder(dataDir, bucket);
    this.#load();
  }

  /** Newest first. */
  versions(key: string): readonly Version[] {
    return this.#versions.get(key) ?? [];
  }

  current(key: string): Version | undefined {
    return this.#versions.get(key)?.[0];
  }

  /** Keys in listing order that are not below `from`. */
  *keysFrom(from: string): Generator<string> {
    let at = lowerBound(this.#keys, from);
    for (let found = this.#keys[at]; found !== undefined; found = this.#keys[at]) {
      yield found;
      // Looked up anew when the bucket changed while the caller paused.
      if (this.#keys[at] !== found) at = lowerBound(this.#keys, found);
      if (this.#keys[at] === found) at += 1;
    }
  }

  /** Makes a version current. A `null` version takes the place of the one before it, as S3 does it. */
  add(fresh: NewVersion): Version {
    this.#sequence += 1;
    const version: Version = { ...fresh, sequence: this.#sequence };
    this.#folder.saveVersion(version);
    const others = this.versions(version.key);
    const replaced = version.versionId === 'null' ? others.filter((other) => other.versionId === 'null') : [];
    this.#versions.set(version.key, [version, ...others.filter((other) => !replaced.includes(other))]);
    insertKey(this.#keys, version.key);
    for (const old of replaced) this.#discard(old);
    this.changes += 1;
    return version;
  }

  /** Writes a version's record anew, e.g. with other tags. */
  rewrite(version: Version): void {
    this.#folder.saveVersion(version);
    const versions = this.versions(version.key);
    this.#versions.set(
      version.key,
      versions.map((other) => (other.id === version.id ? version : other)),
    );
    this.changes += 1;
  }

  remove(version: Version): void {
    const left = this.versions(version.key).filter((other) => other.id !== version.id);
    if (left.length > 0) this.#versions.set(version.key, left);
    else {
      this.#versions.delete(version.key);
      removeKey(this.#keys, version.key);
    }
    this.#discard(version);
    this.changes += 1;
  }

  bodyPath(file: string): string {
    return this.#folder.bodyPath(file);
  }

  removeBody(file: string): void {
    if ((this.#readers.get(file) ?? 0) > 0) this.#doomed.add(file);
    else this.#folder.removeBody(file);
  }

  /** Keeps the bodies on disk until the returned function is called, so that a delete never cuts a reader off. */
  holdBodies(segments: readonly Segment[]): () => void {
    for (const { file } of segments) this.#readers.set(file, (this.#readers.get(file) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      for (const { file } of segments) this.#releaseBody(file);
    };
  }

  uploads(): readonly OpenUpload[] {
    return [...this.#uploads.values()];
  }

  upload(uploadId: string): OpenUpload | undefined {
    return this.#uploads.get(uploadId);
  }

  beginUpload(upload: Upload): void {
    this.#folder.saveUpload(upload);
    this.#uploads.set(upload.uploadId, { upload, parts: new Map() });
    this.changes += 1;
  }

  addPart(open: OpenUpload, part: Part): void {
    this.#folder.savePart(open.upload, part);
    const replaced = open.parts.get(part.number);
    open.parts.set(part.number, part);
    if (replaced !== undefined) this.removeBody(replaced.file);
  }

  /** Forgets an upload; bodies named in `kept` have become an object's. */
  endUpload(open: OpenUpload, kept: readonly Segment[]): void {
    this.#uploads.delete(open.upload.uploadId);
    this.#folder.removeUpload(open.upload.uploadId);
    const keptFiles = new Set(kept.map((segment) => segment.file));
    for (const part of open.parts.values()) if (!keptFiles.has(part.file)) this.removeBody(part.file);
    this.changes += 1;
  }

  /** The record goes first: a stand-in killed in between has a body nobody names, swept at the next start. */
  #discard(version: Version): void {
    this.#folder.removeVersion(version);
    for (const segment of version.content?.segments ?? []) this.removeBody(segment.file);
  }

  #releaseBody(file: string): void {
    const left = (this.#readers.get(file) ?? 1) - 1;
    if (left > 0) this.#readers.set(file, left);
    else {
      this.#readers.delete(file);
      if (this.#doomed.delete(file)) this.#folder.removeBody(file);
    }
  }

  #load(): void {
    const found = this.#folder.readFound();
    const completed = new Set<string>();
    for (const version of found.versions.toSorted((a, b) => b.sequence - a.sequence)) {
      this.#sequence = Math.max(this.#sequence, version.sequence);
      if (version.content?.uploadId != null) completed.add(version.content.uploadId);
      const newer = this.#versions.get(version.key) ?? [];
      // Two null versions: the stand-in was killed after the new one was renamed in and before the old one went.
      const superseded = version.versionId === 'null' && newer.some((other) => other.versionId === 'null');
      if (superseded) this.#folder.removeVersion(version);
      else this.#versions.set(version.key, [...newer, version]);
    }
    for (const key of [...this.#versions.keys()].toSorted(compareKeys)) this.#keys.push(key);
    for (const { upload, parts } of found.uploads) {
      if (completed.has(upload.uploadId)) this.#folder.removeUpload(upload.uploadId);
      else
        this.#uploads.set(upload.uploadId, {
          upload,
          parts: new Map(parts.map((part) => [part.number, part])),
        });
    }
    this.#folder.sweepBodies(this.#namedBodies());
  }

  #namedBodies(): ReadonlySet<string> {
    const versions = [...this.#versions.values()]
      .flat()
      .flatMap((version) => version.content?.segments ?? []);
    const parts = [...this.#uploads.values()].flatMap((open) => [...open.parts.values()]);
    return new Set([...versions, ...parts].map((body) => body.file));
  }
}
