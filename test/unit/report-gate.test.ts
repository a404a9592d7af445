/** The gate's pure decision: what is due, how values are bound, and every way a report is refused. */

import { describe, expect, it } from 'vitest';

import { duePeriods, type Calendar } from '../../pipeline/report/calendar.ts';
import { gateDecision, standingReasons, type GateInput } from '../../pipeline/report/gate.ts';
import { bindParameters } from '../../pipeline/report/parameters.ts';

const quarterly: Calendar = { frequency: 'quarterly', day: 10, covers: { complete_quarters: 8 } };
const monthly: Calendar = { frequency: 'monthly', day: 5, covers: { complete_months: 12 } };

describe('a report is due', () => {
  it.each([
    [quarterly, '2026-11-24', '2026-Q3', '2026-10-10', '2024-10-01', '2026-10-01'],
    [quarterly, '2026-10-10', '2026-Q3', '2026-10-10', '2024-10-01', '2026-10-01'],
    [quarterly, '2026-10-09', '2026-Q2', '2026-07-10', '2024-07-01', '2026-07-01'],
    [quarterly, '2027-01-10', '2026-Q4', '2027-01-10', '2025-01-01', '2027-01-01'],
    [quarterly, '2027-01-09', '2026-Q3', '2026-10-10', '2024-10-01', '2026-10-01'],
    [monthly, '2026-11-24', '2026-10', '2026-11-05', '2025-11-01', '2026-11-01'],
    [monthly, '2027-01-04', '2026-11', '2026-12-05', '2025-12-01', '2026-12-01'],
    [monthly, '2027-01-05', '2026-12', '2027-01-05', '2026-01-01', '2027-01-01'],
  ])('%j on %s for %s', (calendar, today, id, due, start, end) => {
    expect(duePeriods(calendar, today)).toEqual([{ id, due, start, end }]);
  });

  it('lists what fell due since a day, oldest first, and that day itself no more', () => {
    expect(duePeriods(quarterly, '2026-11-24', '2026-04-10').map(({ id }) => id)).toEqual([
      '2026-Q2',
      '2026-Q3',
    ]);
    expect(duePeriods(quarterly, '2026-11-24', '2026-10-10')).toEqual([]);
  });
});

const values = {
  snapshot: 's-1',
  period: { start: '2024-10-01', end: '2026-10-01' },
  definitionVersion: 'serious-violence.v1',
  retentionFloor: '2020-11-25',
};

describe('parameters', () => {
  it('are bound as typed literals in the order of the question marks', () => {
    const bound = bindParameters(
      [
        { name: 'a', type: 'date', from: 'period_start' },
        { name: 'b', type: 'varchar', from: 'snapshot' },
        { name: 'c', type: 'varchar', from: 'definition_version' },
        { name: 'd', type: 'date', from: 'period_end' },
        { name: 'e', type: 'date', from: 'retention_floor' },
      ],
      values,
    );
    expect(bound).toEqual({
      ok: true,
      executionParameters: [
        "date '2024-10-01'",
        "'s-1'",
        "'serious-violence.v1'",
        "date '2026-10-01'",
        "date '2020-11-25'",
      ],
    });
  });

  it.each(["x' or '1'='1", '', 's 1', "s'", 's;', 'x'.repeat(200)])(
    'attack: parameter injection by %j is refused',
    (snapshot) => {
      expect(
        bindParameters([{ name: 'b', type: 'varchar', from: 'snapshot' }], { ...values, snapshot }).ok,
      ).toBe(false);
    },
  );
});

const input: GateInput = {
  report: {
    id: 'report',
    calendar: quarterly,
    parameters: [{ name: 'b', type: 'varchar', from: 'snapshot' }],
    serious_violence_definition: 'serious-violence.v1',
    recipients: [{ partner: 'fictional-police', role: 'analyst' }],
  },
  sql: { text: 'select 1', tables: ['area'] },
  agreed: { agreed: true, digest: 'd'.repeat(64) },
  lint: { findings: [], tables: ['area'] },
  inputs: { agreed: { 'contracts/feed': '1' }, inForce: { 'contracts/feed': '1', 'contracts/other': '2' } },
  snapshot: { id: 's-1', manifestFound: true },
  partnersInForce: ['fictional-police'],
  today: '2026-11-24',
};

describe('the gate', () => {
  it('runs an agreed report with the signed SQL, the snapshot and the period of its calendar', () => {
    expect(gateDecision(input)).toMatchObject({
      go: true,
      definitionDigest: 'd'.repeat(64),
      snapshot: 's-1',
      period: { id: '2026-Q3' },
      queryString: 'select 1',
      executionParameters: ["'s-1'"],
    });
  });

  const refusals: readonly (readonly [string, Partial<GateInput>])[] = [
    ['not-signed', { agreed: { agreed: false, reasons: [{ code: 'not-signed', sentence: '' }] } }],
    ['sql-refused', { lint: { findings: [{ sentence: 'select *' }], tables: ['area'] } }],
    ['tables-differ', { lint: { findings: [], tables: ['area', 'person_record'] } }],
    ['input-changed', { inputs: { agreed: { 'contracts/feed': '1' }, inForce: { 'contracts/feed': '2' } } }],
    ['input-changed', { inputs: { agreed: { 'contracts/feed': '1' }, inForce: {} } }],
    ['no-snapshot', { snapshot: null }],
    ['snapshot-unknown', { snapshot: { id: 's-2', manifestFound: false } }],
    ['recipient-unknown', { partnersInForce: [] }],
    ['parameter-refused', { snapshot: { id: "s'1", manifestFound: true } }],
  ];
  it.each(refusals)('refuses with %s', (code, change) => {
    const decision = gateDecision({ ...input, ...change });
    expect(decision.go || decision.reasons.map((reason) => reason.code)).toEqual([code]);
  });

  it('gives every reason at once, and none where all is well', () => {
    const all = refusals.slice(0, 4).reduce<GateInput>((so, [, change]) => ({ ...so, ...change }), input);
    expect(standingReasons(all).map(({ code }) => code)).toEqual([
      'not-signed',
      'tables-differ',
      'input-changed',
    ]);
    expect(standingReasons(input)).toEqual([]);
  });
});
