/** Segments and the sealed chain over them: what was written cannot be changed, dropped or reordered unnoticed. */

import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';

import { eventSchema, type LedgerEvent } from './events.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const segmentSchema = z.strictObject({
  kind: z.literal('tvt-ledger-segment/v1'),
  events: z.array(eventSchema).min(1).max(10_000),
});
export type Segment = z.infer<typeof segmentSchema>;

const linkSchema = z.strictObject({
  kind: z.literal('tvt-ledger-link/v1'),
  /** Counts from 1 without a gap. */
  sequence: z.int().positive(),
  /** Digest of the link before; null for the first. */
  previous: digest.nullable(),
  at: z.iso.datetime({ offset: false }),
  /** Digests of the segments sealed by this link, each sealed once in the whole chain. */
  segments: z.array(digest),
});
export type Link = z.infer<typeof linkSchema>;

/** A document in its canonical spelling, named by its content. */
export interface Sealed<T> {
  readonly document: T;
  readonly bytes: Uint8Array;
  readonly digest: string;
}

/** Immutable bytes of a segment. Throws on an event that is not in the closed vocabulary. */
export const makeSegment = (events: readonly LedgerEvent[]): Sealed<Segment> =>
  seal(segmentSchema.parse({ kind: 'tvt-ledger-segment/v1', events }));

/** The next link over segments not sealed before; equal segments in another order make an equal link. */
export function sealLink(given: {
  readonly previous: Sealed<Link> | null;
  readonly segmentDigests: readonly string[];
  readonly at: string;
}): Sealed<Link> {
  const { previous, segmentDigests, at } = given;
  return seal(
    linkSchema.parse({
      kind: 'tvt-ledger-link/v1',
      sequence: (previous?.document.sequence ?? 0) + 1,
      previous: previous?.digest ?? null,
      at,
      segments: [...new Set(segmentDigests)].toSorted(),
    }),
  );
}

/** Reads one stored link back, so that the next can be sealed onto it; null where the bytes are no link. */
export function readLink(bytes: Uint8Array): Sealed<Link> | null {
  const document = readAs(linkSchema, bytes);
  return document === null ? null : seal(document);
}

type ChainFault =
  | 'link-unreadable'
  | 'link-altered'
  | 'link-out-of-place'
  | 'segment-missing'
  | 'segment-altered'
  | 'sealed-twice';

export type ChainCheck =
  | { readonly ok: true; readonly head: string | null; readonly unsealed: readonly string[] }
  | {
      readonly ok: false;
      readonly code: ChainFault;
      readonly sequence: number | null;
      readonly sentence: string;
    };

/**
 * Checks the stored bytes of all links, in order, and of all segments. Segments that no link names yet are listed as
 * `unsealed`: they were written since the last seal. `knownHead` is a head somebody kept; a chain that no longer
 * contains it was rolled back or forked.
 */
export function verifyChain(
  links: readonly Uint8Array[],
  segments: readonly Uint8Array[],
  knownHead?: string,
): ChainCheck {
  const present = new Map(segments.map((bytes) => [hash(bytes), bytes]));
  const sealed = new Set<string>();
  const heads: string[] = [];
  for (const [index, bytes] of links.entries()) {
    const sequence = index + 1;
    const link = readLink(bytes);
    const bad = (code: ChainFault, sentence: string): ChainCheck => ({ ok: false, code, sequence, sentence });
    if (link === null) return bad('link-unreadable', `Link ${sequence} cannot be read.`);
    if (link.digest !== hash(bytes))
      return bad('link-altered', `Link ${sequence} is not in its canonical spelling.`);
    if (link.document.sequence !== sequence || link.document.previous !== (heads.at(-1) ?? null))
      return bad('link-out-of-place', `Link ${sequence} does not follow the one before it.`);
    for (const id of link.document.segments) {
      if (sealed.has(id)) return bad('sealed-twice', `Link ${sequence} seals a segment a second time.`);
      const stored = present.get(id);
      if (stored === undefined)
        return bad('segment-missing', `A segment sealed by link ${sequence} is missing or altered.`);
      if (readAs(segmentSchema, stored) === null)
        return bad('segment-altered', `A segment sealed by link ${sequence} holds what no segment may.`);
      sealed.add(id);
    }
    heads.push(link.digest);
  }
  if (knownHead !== undefined && !heads.includes(knownHead))
    return {
      ok: false,
      code: 'link-out-of-place',
      sequence: null,
      sentence: 'The chain no longer holds a head that was known.',
    };
  return {
    ok: true,
    head: heads.at(-1) ?? null,
    unsealed: [...present.keys()].filter((id) => !sealed.has(id)),
  };
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function seal<T>(document: T): Sealed<T> {
  const text = canonicalize(document);
  if (text === undefined) throw new TypeError('only a JSON value can be sealed');
  const bytes = new TextEncoder().encode(text);
  return { document, bytes, digest: hash(bytes) };
}

function readAs<T>(schema: z.ZodType<T>, bytes: Uint8Array): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
