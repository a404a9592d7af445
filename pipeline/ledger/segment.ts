/** What the ledger may say: who did what to which digest or reference, and why, in closed words; never a person's data. */

import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';

/** The first six are the acts the Data Protection Act 2018, section 62, requires a log of. */
export const EVENT_TYPES = [
  'collection',
  'alteration',
  'consultation',
  'disclosure',
  'combination',
  'erasure',
  'agreement',
  'release',
  'run',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/**
 * Opaque references only: ids, digests, keys' tails and counts. Lower-case words joined by - . : / or _ cannot
 * carry a sentence, an address with spaces, or a name as a person would write it.
 */
const reference = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/=@-]{0,255}$/);
const word = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/).max(64);

/**
 * Reads as a person's own identifier and so is refused wherever it stands: a date of birth cannot be told from
 * any date, but an NHS number (ten digits alone), an e-mail address and a postcode can.
 */
const personal = /^[0-9]{10}$|@[^/]*\.|^[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}$/i;
const opaque = reference.refine((text) => !personal.test(text), 'looks like an identifier of a person');

export const eventSchema = z.strictObject({
  type: z.enum(EVENT_TYPES),
  at: z.iso.datetime({ offset: false }),
  /** Staff id or name of the function that acted. */
  actor: opaque,
  /** What was done, e.g. `delivery-accepted`, `report-refused`. */
  act: word,
  /** Why it was lawful to do, in a closed word, e.g. `agreed-report`, `retention`, `daily-run`. */
  purpose: word,
  /** What it was done to: kind of thing → opaque reference, e.g. `{ delivery: …, snapshot: … }`. */
  subject: z.record(word, opaque).refine((subject) => Object.keys(subject).length <= 12),
  /** How much, e.g. `{ rows: 1204 }`. */
  counts: z.record(word, z.int().nonnegative()).optional(),
  /** Codes of reasons for a refusal. */
  reasons: z.array(word).max(50).optional(),
});
export type LedgerEvent = z.infer<typeof eventSchema>;

const segmentSchema = z.strictObject({
  kind: z.literal('tvt-ledger-segment/v1'),
  events: z.array(eventSchema).min(1).max(10_000),
});
export type Segment = z.infer<typeof segmentSchema>;

/** A document in its canonical spelling, named by its content. */
export interface Sealed<T> {
  readonly document: T;
  readonly text: string;
  readonly digest: string;
}

/** Immutable text of a segment; its digest is its id. Throws on an event that is not in the closed vocabulary. */
export const makeSegment = (events: readonly LedgerEvent[]): Sealed<Segment> =>
  seal(segmentSchema.parse({ kind: 'tvt-ledger-segment/v1', events }));

export const readSegment = (text: string): Segment | null => readAs(segmentSchema, text);

export function seal<T>(document: T): Sealed<T> {
  const text = canonicalize(document);
  if (text === undefined) throw new TypeError('only a JSON value can be sealed');
  return { document, text, digest: textDigest(text) };
}

export function readAs<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export const textDigest = (text: string): string => createHash('sha256').update(text).digest('hex');
