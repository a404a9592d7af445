/** When a report is agreed: a decision table over what the partners signed. */

import { describe, expect, it } from 'vitest';

import { agreed, REASONS, type ReasonCode } from '../../pipeline/agreement/agreed.ts';
import type { Register } from '../../pipeline/agreement/register.ts';
import {
  allSigned,
  definitionOf,
  ENVIRONMENT,
  foreignKey,
  NOW,
  PARTNERS,
  registerDocument,
  registerOf,
  signed,
} from './agreement-cast.ts';

const definition = definitionOf();
const fire = 'pretend-fire' as const;
const others = PARTNERS.filter((partner) => partner !== fire).map((partner) => signed({ partner }));
const ask = (given: {
  envelopes?: readonly Uint8Array[];
  register?: Register;
  bytes?: Uint8Array;
  now?: Date;
  environment?: string;
}) =>
  agreed({
    definitionBytes: given.bytes ?? definition.bytes,
    register: given.register ?? registerOf(),
    envelopes: given.envelopes ?? allSigned(),
    now: given.now ?? NOW,
    environment: given.environment ?? ENVIRONMENT,
  });

interface Row {
  readonly when: string;
  readonly given: Parameters<typeof ask>[0];
  readonly reasons: readonly ReasonCode[];
}

const later = '2026-11-23T10:00:00.000Z';
const rows: readonly Row[] = [
  { when: 'every partner has signed', given: {}, reasons: [] },
  {
    when: 'the order of signatures is turned round',
    given: { envelopes: allSigned().toReversed() },
    reasons: [],
  },
  {
    when: 'a partner signed twice',
    given: { envelopes: [...allSigned(), signed({ partner: fire })] },
    reasons: [],
  },
  { when: 'one partner has not signed', given: { envelopes: others }, reasons: ['not-signed'] },
  { when: 'nobody has signed', given: { envelopes: [] }, reasons: PARTNERS.map(() => 'not-signed' as const) },
  {
    when: 'a partner declines after agreeing',
    given: { envelopes: [...allSigned(), signed({ partner: fire, decision: 'decline', signedAt: later })] },
    reasons: ['declined'],
  },
  {
    when: 'a partner agrees after declining',
    given: {
      envelopes: [
        ...others,
        signed({ partner: fire, decision: 'decline' }),
        signed({ partner: fire, signedAt: later }),
      ],
    },
    reasons: [],
  },
  {
    when: 'a partner declines and agrees at the same instant',
    given: { envelopes: [...allSigned(), signed({ partner: fire, decision: 'decline' })] },
    reasons: ['declined'],
  },
  {
    when: 'a second approver of a partner declines later',
    given: {
      envelopes: [
        ...allSigned(),
        signed({ partner: fire, decision: 'decline', signer: `${fire}-approver-2`, signedAt: later }),
      ],
    },
    reasons: ['declined'],
  },
  {
    when: 'a partner has asked a question since it agreed',
    given: { envelopes: [...allSigned(), signed({ partner: fire, decision: 'question', signedAt: later })] },
    reasons: ['question-open'],
  },
  {
    when: 'a partner has revoked its agreement',
    given: { envelopes: [...allSigned(), signed({ partner: fire, decision: 'revoke', signedAt: later })] },
    reasons: ['revoked'],
  },
  {
    when: 'a revocation cites an earlier register',
    given: {
      envelopes: [
        ...allSigned(),
        signed({
          partner: fire,
          decision: 'revoke',
          signedAt: later,
          register: registerOf({ ...registerDocument(), issuedAt: '2026-10-01T00:00:00.000Z' }),
        }),
      ],
    },
    reasons: ['revoked'],
  },
  {
    when: 'a signature has expired',
    given: { envelopes: [...others, signed({ partner: fire, expires: '2026-11-24T12:00:00.000Z' })] },
    reasons: ['signature-expired'],
  },
  {
    when: 'a signature is dated in the future',
    given: { envelopes: [...others, signed({ partner: fire, signedAt: '2026-11-24T12:06:00.000Z' })] },
    reasons: ['signed-in-future'],
  },
  {
    when: 'a signature was made with a key the register does not give',
    given: { envelopes: [...others, signed({ partner: fire, key: foreignKey() })] },
    reasons: ['signature-refused'],
  },
  {
    when: 'somebody signed who is no approver of the partner',
    given: { envelopes: [...others, signed({ partner: fire, signer: 'invented-county-approver' })] },
    reasons: ['signature-refused'],
  },
  {
    when: 'a signature is meant for another installation',
    given: { envelopes: [...others, signed({ partner: fire, environment: 'elsewhere' })] },
    reasons: ['other-environment'],
  },
  {
    when: 'a partner signed another version of the report',
    given: {
      envelopes: [
        ...others,
        signed({ partner: fire, definition: definitionOf({ proposedAt: '2026-11-19T09:00:00.000Z' }) }),
      ],
    },
    reasons: ['other-definition'],
  },
  {
    when: 'a partner signed under another register',
    given: {
      envelopes: [
        ...others,
        signed({
          partner: fire,
          register: registerOf({ ...registerDocument(), issuedAt: '2026-10-01T00:00:00.000Z' }),
        }),
      ],
    },
    reasons: ['other-register'],
  },
  {
    when: 'the register in force has changed since the proposal',
    given: { register: registerOf(registerDocument(2)) },
    reasons: ['register-changed', ...PARTNERS.map(() => 'other-register' as const)],
  },
  {
    when: 'an old register is put back after partners signed under a newer one',
    given: { envelopes: [...others, signed({ partner: fire, register: registerOf(registerDocument(2)) })] },
    reasons: ['register-rolled-back', 'other-register'],
  },
  {
    when: 'the definition has expired',
    given: {
      now: new Date(definition.definition.expires),
      envelopes: allSigned({ expires: '2028-01-01T00:00:00.000Z' }),
    },
    reasons: ['definition-expired'],
  },
  {
    when: 'the register belongs to another installation',
    given: { environment: 'elsewhere' },
    reasons: ['wrong-environment', ...PARTNERS.map(() => 'other-environment' as const)],
  },
  {
    when: 'the stored bytes are no definition',
    given: { bytes: new TextEncoder().encode('{}') },
    reasons: ['definition-unreadable'],
  },
  {
    when: 'the author approves for the own partner',
    given: {
      bytes: definitionOf({ author: { staff: `${fire}-approver`, partner: fire } }).bytes,
      envelopes: allSigned({
        definition: definitionOf({ author: { staff: `${fire}-approver`, partner: fire } }),
      }),
    },
    reasons: ['author-signed'],
  },
];

describe('a report is agreed', () => {
  it.each(rows)('$reasons when $when', ({ given, reasons }) => {
    const answer = ask(given);
    expect(answer.agreed ? [] : answer.reasons.map(({ code }) => code)).toEqual(reasons);
  });

  it('names every partner once, with who signed and until when', () => {
    const answer = ask({});
    expect(answer.agreed && answer.by.map(({ partner, signer }) => [partner, signer])).toEqual(
      PARTNERS.map((partner) => [partner, `${partner}-approver`]),
    );
  });

  it('says why in a sentence that names the partner', () => {
    const answer = ask({ envelopes: others });
    expect(answer.agreed || answer.reasons[0]?.sentence).toBe('pretend fire has not signed this definition.');
  });

  it('has a row in this table for every reason there is', () => {
    expect(new Set(rows.flatMap(({ reasons }) => reasons))).toEqual(new Set(REASONS));
  });
});
