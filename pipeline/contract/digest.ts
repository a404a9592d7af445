/** The digest of a contract: what a signature covers, so that nothing that changes meaning can change unseen. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { FeedContract } from './model.ts';

/** RFC 8785 leaves out what is undefined. */
const NOT_MEANING = { label: undefined, description: undefined, examples: undefined };

/**
 * SHA-256 (hex) over RFC 8785 JSON of all that decides what a file may hold and what it means: names, types, codes,
 * formats, classification, gateway, purpose, dialect, mapping. Labels, descriptions and examples may be mended without
 * asking every partner again.
 */
export function contractDigest(contract: Omit<FeedContract, 'digest'>): string {
  const { id, version, category, columns, dialect, collectionDate, records } = contract;
  const meaning = {
    id,
    version,
    category,
    dialect,
    collectionDate,
    records,
    columns: columns.map((column) => ({ ...column, ...NOT_MEANING })),
  };
  const text = canonicalize(meaning);
  if (text === undefined) throw new Error('A contract has no canonical form.');
  return createHash('sha256').update(text).digest('hex');
}
