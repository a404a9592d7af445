/** What always holds of agreements, whatever byte, spelling or set of signatures somebody tries. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { agreed } from '../../pipeline/agreement/agreed.ts';
import { canonicalBytes, sha256 } from '../../pipeline/agreement/canonical.ts';
import { parseStrictJson } from '../../pipeline/agreement/strict-json.ts';
import {
  allSigned,
  definitionOf,
  ENVIRONMENT,
  foreignKey,
  NOW,
  PARTNERS,
  registerOf,
  signed,
} from '../spec/agreement-cast.ts';

const definition = definitionOf();
const register = registerOf();
const everyone = allSigned();
const ask = (definitionBytes: Uint8Array, envelopes: readonly Uint8Array[]) =>
  agreed({ definitionBytes, register, envelopes, now: NOW, environment: ENVIRONMENT });

describe('agreement', () => {
  it('never survives one changed byte of the definition', () => {
    fc.assert(
      fc.property(fc.nat(definition.bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const bytes = Uint8Array.from(definition.bytes);
        bytes[at] = ((bytes[at] ?? 0) + by) % 256;
        expect(ask(bytes, everyone).agreed).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('never survives one changed byte of a signature it needs', () => {
    const [first, ...rest] = everyone;
    fc.assert(
      fc.property(fc.nat((first?.length ?? 1) - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const bytes = Uint8Array.from(first ?? []);
        bytes[at] = ((bytes[at] ?? 0) + by) % 256;
        const answer = ask(definition.bytes, [bytes, ...rest]);
        // The key id is a hint outside what is signed: its bytes may change without harm.
        const keyId = new TextDecoder().decode(bytes).replace(/"keyid":"[^"]*"/, '');
        const original = new TextDecoder().decode(first).replace(/"keyid":"[^"]*"/, '');
        expect(answer.agreed).toBe(keyId === original && answer.agreed);
      }),
      { numRuns: 300 },
    );
  });

  it('needs each partner, with the reason that fits what is wrong', () => {
    const fault = fc.constantFrom('missing', 'expired', 'declined', 'foreign-key', 'elsewhere', 'good');
    const codes = {
      missing: 'not-signed',
      expired: 'signature-expired',
      declined: 'declined',
      'foreign-key': 'signature-refused',
      elsewhere: 'other-environment',
    } as const;
    const envelope = {
      missing: () => [],
      good: (partner: (typeof PARTNERS)[number]) => [signed({ partner })],
      expired: (partner: (typeof PARTNERS)[number]) => [
        signed({ partner, expires: '2026-11-24T00:00:00.000Z' }),
      ],
      declined: (partner: (typeof PARTNERS)[number]) => [signed({ partner, decision: 'decline' })],
      'foreign-key': (partner: (typeof PARTNERS)[number]) => [signed({ partner, key: foreignKey() })],
      elsewhere: (partner: (typeof PARTNERS)[number]) => [signed({ partner, environment: 'elsewhere' })],
    };
    fc.assert(
      fc.property(fc.tuple(fault, fault, fault, fault), fc.nat(), (faults, turn) => {
        const stored = PARTNERS.flatMap((partner, index) => envelope[faults[index] ?? 'missing'](partner));
        const turned = [...stored.slice(turn % 4), ...stored.slice(0, turn % 4)];
        const answer = ask(definition.bytes, turned);
        const expected = PARTNERS.flatMap((partner, index) => {
          const what = faults[index] ?? 'missing';
          return what === 'good' ? [] : [[partner, codes[what]]];
        });
        expect(answer.agreed ? [] : answer.reasons.map(({ partner, code }) => [partner, code])).toEqual(
          expected,
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('canonical JSON', () => {
  /** The same value in another spelling: keys shuffled, white space, escapes and number forms varied. */
  const respelt = (value: unknown, salt: number): string => {
    const space = ['', ' ', '\n\t'][salt % 3] ?? '';
    if (Array.isArray(value))
      return `[${space}${value.map((item) => respelt(item, salt + 1)).join(`${space},`)}]`;
    if (typeof value === 'object' && value !== null) {
      const members = Object.entries(value).toSorted(() => (salt % 2 === 0 ? -1 : 1));
      return `{${members.map(([key, item]) => `${space}${respelt(key, salt)}${space}:${respelt(item, salt + 1)}`).join(',')}}`;
    }
    if (typeof value === 'string')
      return `"${Array.from(value)
        .map((c) =>
          salt % 2 === 0 && c.length === 1
            ? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
            : JSON.stringify(c).slice(1, -1),
        )
        .join('')}"`;
    if (typeof value === 'number' && Number.isInteger(value) && salt % 2 === 0) return `${value}.0e0`;
    return JSON.stringify(value);
  };
  const text = fc.string({ unit: fc.constantFrom(...Array.from('abzAZ09 _-.,"\\/éß€😀\n\t')) });
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      text,
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('value'), { maxLength: 4 }),
    map: fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  })).value;

  it('gives every spelling of one document one digest, and reads what it writes', () => {
    fc.assert(
      fc.property(json, fc.nat(11), (value, salt) => {
        const read = parseStrictJson(new TextEncoder().encode(respelt(value, salt)));
        if (!read.ok) throw new Error(read.sentence);
        expect(sha256(canonicalBytes(read.value))).toBe(sha256(canonicalBytes(value)));
      }),
      { numRuns: 400 },
    );
  });

  it('accepts nothing that JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:0123.eE-+\\utrfalsn \n')) }),
        (spelling) => {
          const read = parseStrictJson(new TextEncoder().encode(spelling));
          if (read.ok) expect(JSON.parse(spelling)).toEqual(read.value);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
