/** What the ledger may say: who did what to which digest or reference, and why, in closed words; never a person's data. */

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

/**
 * Opaque references only: ids, digests, keys' tails and counts. Lower-case words joined by - . : / or _ cannot
 * carry a sentence, an address with spaces, or a name as a person would write it.
 */
const reference = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/=@-]{0,255}$/);
const word = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
  .max(64);

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
