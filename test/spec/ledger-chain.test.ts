/** The ledger: only opaque references go in, and nothing sealed can be changed, dropped, doubled or put back. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { makeSegment, sealLink, verifyChain, type Link, type Sealed } from '../../pipeline/ledger/chain.ts';
import { EVENT_TYPES, eventSchema, type LedgerEvent } from '../../pipeline/ledger/events.ts';

const event: LedgerEvent = {
  type: 'collection',
  at: '2026-11-24T02:00:00.000Z',
  actor: 'receive-feed',
  act: 'delivery-accepted',
  purpose: 'daily-run',
  subject: { delivery: '20261124T020000Z-0123456789abcdef', partner: 'thames-valley-police' },
  counts: { rows: 1204 },
};

describe('a ledger event', () => {
  it.each(EVENT_TYPES)('may be of type %s', (type) => {
    expect(eventSchema.safeParse({ ...event, type }).success).toBe(true);
  });

  it.each([
    ['an act in free text', { act: 'accepted the file of Ms Madeupson' }],
    ['another type', { type: 'gossip' }],
    ['another field', { note: 'x' }],
    ['a name', { subject: { person: 'Ada Notarealname' } }],
    ['an NHS number', { subject: { person: '9990000018' } }],
    ['an e-mail address', { subject: { person: 'ada@nowhere.example' } }],
    ['a postcode', { subject: { place: 'ZZ11AA' } }],
    ['a file name with a space', { subject: { file: 'my clients.csv' } }],
  ])('refuses %s', (_what, change) => {
    expect(eventSchema.safeParse({ ...event, ...change }).success).toBe(false);
  });
});

const segments = [1, 2, 3, 4].map((rows) => makeSegment([{ ...event, counts: { rows } }]));
const at = '2026-11-24T03:00:00.000Z';
const digestsOf = (from: number, to: number): readonly string[] =>
  segments.slice(from, to).map(({ digest }) => digest);
const first = sealLink({ previous: null, segmentDigests: digestsOf(0, 2), at });
const second = sealLink({ previous: first, segmentDigests: digestsOf(2, 3), at });
const links: readonly Sealed<Link>[] = [first, second];
const check = (theLinks = links, theSegments = segments, head?: string) =>
  verifyChain(
    theLinks.map(({ bytes }) => bytes),
    theSegments.map(({ bytes }) => bytes),
    head,
  );

describe('the chain', () => {
  it('holds, names its head and lists what is not sealed yet', () => {
    expect(check()).toEqual({ ok: true, head: second.digest, unsealed: [segments[3]?.digest] });
    expect(check([], [])).toEqual({ ok: true, head: null, unsealed: [] });
  });

  it('is the same whatever order segments are sealed or given in', () => {
    const other = sealLink({ previous: null, segmentDigests: digestsOf(0, 2).toReversed(), at });
    expect(other.digest).toBe(first.digest);
  });

  it.each([
    ['a segment is gone', () => check(links, segments.slice(1)), 'segment-missing'],
    ['a link is gone', () => check([second]), 'link-out-of-place'],
    ['links change places', () => check([second, first]), 'link-out-of-place'],
    [
      'a segment is sealed twice',
      () => check([...links, sealLink({ previous: second, segmentDigests: digestsOf(0, 1), at })]),
      'sealed-twice',
    ],
    ['attack: rolled-back or forked log', () => check([first], segments, second.digest), 'link-out-of-place'],
  ])('breaks when %s', (_what, checked, code) => {
    expect(checked()).toMatchObject({ ok: false, code });
  });

  it('never survives a changed byte, in a link or a sealed segment', () => {
    const sealed = segments.slice(0, 3);
    const stored = [...links, ...sealed].map(({ bytes }) => bytes);
    const places = stored.flatMap((bytes, index) => [...bytes.keys()].map((byte) => [index, byte] as const));
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 }), ([index, byte], by) => {
        const changed = stored.map((bytes) => Uint8Array.from(bytes));
        const target = changed[index] ?? new Uint8Array();
        target[byte] = ((target[byte] ?? 0) + by) % 256;
        const kept = second.digest;
        expect(verifyChain(changed.slice(0, 2), changed.slice(2), kept).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
