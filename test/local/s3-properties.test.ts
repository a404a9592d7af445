/** What always holds of the stand-in's storage: any range, any split, any listing, against a slow reference. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BucketCatalogue } from '../../local/s3/catalogue.ts';
import { startChecksum, wholeChecksum } from '../../local/s3/checksums.ts';
import { FRAME_BYTES, readFrames, writeFrames } from '../../local/s3/frames.ts';
import { compareKeys } from '../../local/s3/key-order.ts';
import { takePage } from '../../local/s3/listing.ts';

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tvt-s3-property-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KEY = { dataKey: randomBytes(32), boundTo: 'arn:aws:s3:::bucket/key' };

async function written(pieces: readonly Uint8Array[]): Promise<string> {
  files += 1;
  const path = join(folder, String(files));
  const writer = await writeFrames(path, KEY, randomBytes(32));
  for (const piece of pieces) await writer.write(piece);
  await writer.end();
  return path;
}

async function read(path: string, size: number, start: number, end: number, key = KEY): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of readFrames(path, key, size, { start, end })) parts.push(part);
  return Buffer.concat(parts);
}

/** Sizes about the edges of frames. */
const size = fc.oneof(
  fc.nat({ max: 300 }),
  fc.integer({ min: FRAME_BYTES - 2, max: FRAME_BYTES + 2 }),
  fc.integer({ min: 10 * FRAME_BYTES - 2, max: 10 * FRAME_BYTES + 2 }),
);

test('any range of a body is the same bytes, however they were handed over', async () => {
  await fc.assert(
    fc.asyncProperty(
      size,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
      async (bytes, cuts) => {
        const body = randomBytes(bytes);
        const edges = [0, ...cuts.map((cut) => Math.floor(cut * bytes)).toSorted((a, b) => a - b), bytes];
        const path = await written(edges.slice(1).map((edge, index) => body.subarray(edges[index], edge)));
        for (const start of edges) {
          for (const end of edges.filter((edge) => edge > start)) {
            expect((await read(path, bytes, start, end)).equals(body.subarray(start, end))).toBe(true);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('no altered byte, other key or other place ever decrypts', async () => {
  const body = randomBytes(1000);
  const path = await written([body]);
  const stored = readFileSync(path);
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: stored.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, mask) => {
        const altered = Buffer.from(stored);
        altered[at] = (altered[at] ?? 0) ^ mask;
        writeFileSync(path, altered);
        await expect(read(path, 1000, 0, 1000)).rejects.toThrow();
      },
    ),
    { numRuns: 60 },
  );
  writeFileSync(path, stored);
  await expect(read(path, 1000, 0, 1000, { ...KEY, boundTo: 'arn:aws:s3:::bucket/other' })).rejects.toThrow();
  await expect(read(path, 1000, 0, 1000, { ...KEY, dataKey: randomBytes(32) })).rejects.toThrow();
  expect((await read(path, 1000, 0, 1000)).equals(body)).toBe(true);
});

test.each(['CRC32', 'CRC32C', 'CRC64NVME'] as const)(
  '%s of the whole follows from those of any parts',
  (name) => {
    const of = (bytes: Uint8Array): string => {
      const running = startChecksum(name);
      running.update(bytes);
      return running.base64();
    };
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 6 }), (parts) => {
        const joined = wholeChecksum(
          name,
          parts.map((part) => ({ value: of(part), size: part.length })),
        );
        expect(joined.value).toBe(of(Buffer.concat(parts)));
      }),
    );
  },
);

test('keys compare as their UTF-8 bytes do', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (left, right) => {
      expect(Math.sign(compareKeys(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
  );
});

test('listing page by page gives what listing at once by hand gives', () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { maxLength: 25 }),
      fc.constantFrom('', 'a', 'a/', 'b/a'),
      fc.constantFrom('', '/'),
      fc.integer({ min: 1, max: 5 }),
      (keys, prefix, delimiter, maxKeys) => {
        const sorted = keys.toSorted(compareKeys);
        const rows: string[] = [];
        let after = '';
        for (;;) {
          const rest = sorted.filter((one) => compareKeys(one, after) > 0).map((one) => ({ key: one }));
          const page = takePage(rest, { prefix, delimiter, maxKeys, afterPrefix: after });
          const given = page.rows.map((row) => (row.kind === 'entry' ? row.entry.key : row.prefix));
          rows.push(...given);
          after = given.at(-1) ?? after;
          if (!page.truncated) break;
        }
        expect(rows).toEqual(rowsByHand(sorted, prefix, delimiter));
      },
    ),
  );
});

function rowsByHand(sorted: readonly string[], prefix: string, delimiter: string): readonly string[] {
  const rows = sorted
    .filter((one) => one.startsWith(prefix))
    .map((one) => {
      const [head = '', ...tail] = delimiter === '' ? [one] : one.slice(prefix.length).split(delimiter);
      return tail.length === 0 ? one : `${prefix}${head}${delimiter}`;
    });
  return [...new Set(rows)];
}

test('a catalogue opened again is the catalogue that was closed, whatever was done to it', () => {
  const key = fc.constantFrom('a', 'b', 'c/d');
  const act = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), key, versioned: fc.boolean() }),
    fc.record({ kind: fc.constant('remove' as const), key, which: fc.nat({ max: 3 }) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
      files += 1;
      const dataDir = join(folder, `catalogue-${String(files)}`);
      const catalogue = new BucketCatalogue(dataDir, 'bucket');
      for (const one of acts) {
        if (one.kind === 'remove') {
          const version = catalogue.versions(one.key)[one.which];
          if (version !== undefined) catalogue.remove(version);
          continue;
        }
        const id = randomBytes(16).toString('hex');
        const versionId = one.versioned ? id : 'null';
        catalogue.add({
          id,
          key: one.key,
          versionId,
          lastModified: new Date(0).toISOString(),
          content: null,
        });
      }
      const again = new BucketCatalogue(dataDir, 'bucket');
      expect([...again.keysFrom('')]).toEqual([...catalogue.keysFrom('')]);
      for (const one of again.keysFrom('')) expect(again.versions(one)).toEqual(catalogue.versions(one));
    }),
    { numRuns: 50 },
  );
});
