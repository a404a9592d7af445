/** Walking a bucket in key order: prefix, delimiter, start and page size, the same for every kind of listing. */

import { compareKeys } from './key-order.ts';

export interface Page<T> {
  /** Entries and common prefixes, in order. */
  readonly rows: readonly (
    { readonly kind: 'entry'; readonly entry: T } | { readonly kind: 'prefix'; readonly prefix: string }
  )[];
  readonly truncated: boolean;
}

export interface Walk {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  readonly maxKeys: number;
  /** Common prefixes up to here were given in an earlier page. */
  readonly afterPrefix: string;
}

/** The common prefix a key falls under, if any. */
export function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at === -1 ? undefined : key.slice(0, at + delimiter.length);
}

/** `entries` come in key order, beginning where the page begins; those of one common prefix count once. */
export function takePage<T extends { readonly key: string }>(entries: Iterable<T>, walk: Walk): Page<T> {
  const rows: Page<T>['rows'][number][] = [];
  let lastPrefix = walk.afterPrefix;
  for (const entry of entries) {
    if (!entry.key.startsWith(walk.prefix)) {
      if (compareKeys(entry.key, walk.prefix) > 0) break;
      continue;
    }
    const prefix = commonPrefix(entry.key, walk.prefix, walk.delimiter);
    if (prefix !== undefined && prefix === lastPrefix) continue;
    if (rows.length >= walk.maxKeys) return { rows, truncated: walk.maxKeys > 0 };
    if (prefix === undefined) rows.push({ kind: 'entry', entry });
    else {
      rows.push({ kind: 'prefix', prefix });
      lastPrefix = prefix;
    }
  }
  return { rows, truncated: false };
}

/** Listings spell keys in URL encoding when asked; a space as %20, which every client decodes, where S3 writes `+`. */
export function keySpelling(encoding: string | null): (key: string) => string {
  if (encoding !== 'url') return (key) => key;
  return (key) => encodeURIComponent(key).replaceAll('%2F', '/');
}
