/** The standalone verifier says what the gate says, of the same bytes, knowing nothing of us. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyBundle, type Bundle } from '../../docs/verify/verify-agreement.mjs';
import { agreed } from '../../pipeline/agreement/agreed.ts';
import { registerBytes } from '../../pipeline/agreement/register.ts';
import {
  definitionOf,
  ENVIRONMENT,
  foreignKey,
  NOW,
  PARTNERS,
  registerDocument,
  registerOf,
  signed,
} from './agreement-cast.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const definition = definitionOf();
const bundleOf = (envelopes: readonly Uint8Array[]): Bundle => ({
  definition: text(definition.bytes),
  register: text(registerBytes(registerDocument()).bytes),
  envelopes: envelopes.map(text),
});
const ours = (envelopes: readonly Uint8Array[], now = NOW): boolean =>
  agreed({
    definitionBytes: definition.bytes,
    register: registerOf(),
    envelopes,
    now,
    environment: ENVIRONMENT,
  }).agreed;
const all = PARTNERS.map((partner) => signed({ partner }));

describe('the standalone verifier', () => {
  it('imports Node’s own modules and nothing else', () => {
    const source = readFileSync('docs/verify/verify-agreement.mjs', 'utf8');
    expect([...source.matchAll(/from '([^']+)'/g)].map(([, name]) => name)).toEqual([
      'node:crypto',
      'node:fs',
      'node:url',
    ]);
  });

  it('says yes when every partner has agreed, and no when one is missing', () => {
    expect(verifyBundle(bundleOf(all), NOW)).toMatchObject({ agreed: true, reasons: [] });
    expect(verifyBundle(bundleOf(all.slice(1)), NOW).agreed).toBe(false);
  });

  it('says no when a byte of the definition is another, or the register is not the one known', () => {
    const bundle = bundleOf(all);
    expect(
      verifyBundle({ ...bundle, definition: bundle.definition.replace('quarter', 'quartet') }, NOW).agreed,
    ).toBe(false);
    expect(verifyBundle(bundle, NOW, 'f'.repeat(64)).agreed).toBe(false);
  });

  it('counts no signature made with another key', () => {
    const forged = [...all.slice(1), signed({ partner: PARTNERS[0], key: foreignKey() })];
    expect([verifyBundle(bundleOf(forged), NOW).agreed, ours(forged)]).toEqual([false, false]);
  });

  it('agrees with the gate on any history of statements', () => {
    const statement = fc.record({
      partner: fc.constantFrom(...PARTNERS),
      decision: fc.constantFrom('agree' as const, 'decline' as const, 'question' as const, 'revoke' as const),
      hour: fc.integer({ min: 0, max: 11 }),
    });
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 8 }), (history) => {
        const envelopes = [
          ...all,
          ...history.map(({ partner, decision, hour }) =>
            signed({
              partner,
              decision,
              signedAt: `2026-11-24T${String(hour).padStart(2, '0')}:00:00.000Z`,
            }),
          ),
        ];
        expect(verifyBundle(bundleOf(envelopes), NOW).agreed).toBe(ours(envelopes));
      }),
      { numRuns: 60 },
    );
  });
});
