/** Writes what linking found: pairs.csv, clusters.csv, scored.csv. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { Edges } from '../../linkage/engine/score.ts';

/** A cell as RFC 4180 wants it. */
export const cell = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

export async function writeLines(path: string, lines: Iterable<string>): Promise<void> {
  const stream = createWriteStream(path, { mode: 0o600 });
  const done = finished(stream);
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length > 1 << 16) {
      if (!stream.write(text)) await once(stream, 'drain');
      text = '';
    }
  }
  stream.end(text);
  await done;
}

/** Edge numbers by falling weight, then by records: the same order whatever thread found them. */
export function inOrder({ a, b, weights }: Edges): Uint32Array {
  const order = Uint32Array.from(a.keys());
  return order.sort(
    (x, y) => (weights[y] ?? 0) - (weights[x] ?? 0) || (a[x] ?? 0) - (a[y] ?? 0) || (b[x] ?? 0) - (b[y] ?? 0),
  );
}

export function* pairLines(
  edges: Edges,
  name: (row: number) => string,
  keep: (edge: number) => boolean,
): Generator<string> {
  yield 'id_a,id_b,weight';
  for (const edge of inOrder(edges)) {
    if (!keep(edge)) continue;
    yield `${cell(name(edges.a[edge] ?? 0))},${cell(name(edges.b[edge] ?? 0))},${(edges.weights[edge] ?? 0).toFixed(4)}`;
  }
}

export function* clusterLines(clusters: Uint32Array, name: (row: number) => string): Generator<string> {
  yield 'id,cluster';
  const number = new Map<number, number>();
  for (let row = 0; row < clusters.length; row++) {
    const cluster = clusters[row] ?? row;
    let own = number.get(cluster);
    if (own === undefined) {
      own = number.size + 1;
      number.set(cluster, own);
    }
    yield `${cell(name(row))},${own}`;
  }
}
