/** The gate: a report runs only if it is agreed, its SQL is still allowed, its inputs are unchanged and its data exist. */

import { retentionFloor, type SnapshotId } from '../zones.ts';
import { duePeriods, type Calendar, type Period } from './calendar.ts';
import { bindParameters, type ParameterDeclaration } from './parameters.ts';

export interface GateReason {
  readonly code: string;
  readonly partner?: string;
  readonly sentence: string;
}

export interface GateInput {
  readonly report: {
    readonly id: string;
    readonly calendar: Calendar;
    readonly parameters: readonly ParameterDeclaration[];
    readonly serious_violence_definition: string;
    readonly recipients: readonly { readonly partner: string; readonly role: string }[];
  };
  readonly sql: { readonly text: string; readonly tables: readonly string[] };
  /** The answer of agreed() on the stored bytes, computed for this decision and no earlier one. */
  readonly agreed:
    | { readonly agreed: true; readonly digest: string }
    | { readonly agreed: false; readonly reasons: readonly GateReason[] };
  /** What the lint of the signed SQL found now, and the tables it read there. */
  readonly lint: {
    readonly findings: readonly { readonly sentence: string }[];
    readonly tables: readonly string[];
  };
  /** Digests signed and digests in force, e.g. `contracts/fire-home-visits`. */
  readonly inputs: {
    readonly agreed: Readonly<Record<string, string>>;
    readonly inForce: Readonly<Record<string, string>>;
  };
  /** The snapshot asked for, and whether its manifest was read: an unknown snapshot answers no rows, silently. */
  readonly snapshot: { readonly id: SnapshotId; readonly manifestFound: boolean } | null;
  readonly partnersInForce: readonly string[];
  readonly today: string;
}

export type GateDecision =
  | {
      readonly go: true;
      readonly definitionDigest: string;
      readonly snapshot: SnapshotId;
      readonly period: Period;
      readonly queryString: string;
      readonly executionParameters: readonly string[];
    }
  | { readonly go: false; readonly reasons: readonly GateReason[] };

export function gateDecision(input: GateInput): GateDecision {
  const { report, agreed, snapshot } = input;
  const reasons = [...standingReasons(input)];
  const [period] = duePeriods(report.calendar, input.today);
  if (period === undefined) reasons.push({ code: 'not-due', sentence: 'No period of this report is due.' });
  if (reasons.length > 0 || !agreed.agreed || snapshot === null || period === undefined)
    return { go: false, reasons };
  const bound = bindParameters(report.parameters, {
    snapshot: snapshot.id,
    period,
    definitionVersion: report.serious_violence_definition,
    retentionFloor: retentionFloor(input.today),
  });
  if (!bound.ok) return { go: false, reasons: [{ code: 'parameter-refused', sentence: bound.sentence }] };
  return {
    go: true,
    definitionDigest: agreed.digest,
    snapshot: snapshot.id,
    period,
    queryString: input.sql.text,
    executionParameters: bound.executionParameters,
  };
}

/** What must hold when a run is queued and again just before release. */
export function standingReasons(input: Omit<GateInput, 'today'>): readonly GateReason[] {
  return [
    ...(input.agreed.agreed ? [] : input.agreed.reasons),
    ...input.lint.findings.map(({ sentence }) => ({ code: 'sql-refused', sentence })),
    ...tablesReason(input),
    ...inputReasons(input.inputs),
    ...snapshotReason(input.snapshot),
    ...input.report.recipients
      .filter(({ partner }) => !input.partnersInForce.includes(partner))
      .map(({ partner }) => ({
        code: 'recipient-unknown',
        partner,
        sentence: `The recipient ${partner} is not a partner in force.`,
      })),
  ];
}

function tablesReason({ sql, lint }: Pick<GateInput, 'sql' | 'lint'>): readonly GateReason[] {
  const same = JSON.stringify(sql.tables.toSorted()) === JSON.stringify([...new Set(lint.tables)].toSorted());
  return same
    ? []
    : [{ code: 'tables-differ', sentence: 'The SQL reads other tables than the definition lists.' }];
}

function inputReasons({ agreed, inForce }: GateInput['inputs']): readonly GateReason[] {
  return Object.entries(agreed)
    .filter(([name, digest]) => inForce[name] !== digest)
    .map(([name]) => ({
      code: 'input-changed',
      sentence: `${name} has changed since the report was agreed; it must be proposed and agreed again.`,
    }));
}

function snapshotReason(snapshot: GateInput['snapshot']): readonly GateReason[] {
  if (snapshot === null)
    return [{ code: 'no-snapshot', sentence: 'No snapshot of the linked tables has been published yet.' }];
  return snapshot.manifestFound
    ? []
    : [{ code: 'snapshot-unknown', sentence: `The snapshot ${snapshot.id} does not exist.` }];
}
