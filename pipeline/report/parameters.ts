/** Binds the question marks of agreed SQL. Values come from the calendar, the snapshot and the definition only. */

import type { IsoDate, SnapshotId } from '../zones.ts';

export interface ParameterDeclaration {
  readonly name: string;
  readonly type: 'date' | 'varchar';
  readonly from: 'period_start' | 'period_end' | 'snapshot' | 'definition_version' | 'retention_floor';
}

export interface BindingValues {
  readonly snapshot: SnapshotId;
  readonly period: { readonly start: IsoDate; readonly end: IsoDate };
  /** Id of the violence definition, e.g. `serious-violence.v1`. */
  readonly definitionVersion: string;
  /** First collection date still held today. */
  readonly retentionFloor: IsoDate;
}

export type Bound =
  | { readonly ok: true; readonly executionParameters: readonly string[] }
  | { readonly ok: false; readonly parameter: string; readonly sentence: string };

/** Anything else is not a value we make; it is refused rather than escaped. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const DATE = /^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/;

/** Athena's ExecutionParameters: SQL literals as text, in the order of the question marks. */
export function bindParameters(declared: readonly ParameterDeclaration[], values: BindingValues): Bound {
  const sources: Readonly<Record<ParameterDeclaration['from'], string>> = {
    period_start: values.period.start,
    period_end: values.period.end,
    snapshot: values.snapshot,
    definition_version: values.definitionVersion,
    retention_floor: values.retentionFloor,
  };
  const executionParameters: string[] = [];
  for (const { name, type, from } of declared) {
    const value = sources[from];
    if (!(type === 'date' ? DATE : PLAIN).test(value))
      return {
        ok: false,
        parameter: name,
        sentence: `The value for parameter ${name} is not a ${type} it may take.`,
      };
    executionParameters.push(type === 'date' ? `date '${value}'` : `'${value}'`);
  }
  return { ok: true, executionParameters };
}
