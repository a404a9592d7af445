/** From a query's result file to a pack that may leave: read, protect, print, then audit what was printed. */

import { auditTable, readPrintedTable, type Audit } from './audit.ts';
import { placeColumns } from './csv.ts';
import { districtFeatures } from './map.ts';
import { renderPack, type Pack } from './pack.ts';
import { protectCounts } from './protect.ts';
import type { Release } from './release-facts.ts';
import { readResult } from './result.ts';
import { quartersBetween, tableOfRows, type Expected, type ReportShape } from './table.ts';

export type Prepared =
  | {
      readonly ok: true;
      readonly pack: Pack;
      /** Counts that are not totals or rates: how many, and how many of them are withheld. */
      readonly counts: { readonly all: number; readonly withheld: number };
    }
  | {
      readonly ok: false;
      readonly code: 'result-refused' | 'audit-refused';
      readonly reasons: readonly { readonly code: string; readonly sentence: string }[];
    };

/** `kinds` are the kinds of the violence definition in force: they are printed even where none was recorded. */
export function prepareRelease(given: {
  readonly resultCsv: string;
  readonly facts: Omit<Release, 'table'>;
  readonly kinds: readonly string[];
}): Prepared {
  const { resultCsv, facts, kinds } = given;
  const read = readResult(
    resultCsv,
    facts.report.output.map(({ name }) => name),
  );
  if (!read.ok) return refused('result-refused', [{ code: 'result-refused', sentence: read.sentence }]);
  const arranged = tableOfRows(facts.report, read.rows, expectedOf(facts, kinds));
  if (!arranged.ok)
    return refused('result-refused', [{ code: 'result-refused', sentence: arranged.sentence }]);
  const table = protectCounts(arranged.table, facts.report.disclosure);
  const pack = renderPack({ ...facts, table });
  // The auditor reads the very file the recipient gets, not what this function believes it wrote.
  const audit: Audit = auditTable(
    readPrintedTable(pack['table.csv'], placeColumns(table)),
    arranged.table.cells,
    facts.report.disclosure,
  );
  return audit.ok
    ? { ok: true, pack, counts: table.counts }
    : refused('audit-refused', distinct(audit.faults));
}

/** What the table must hold whether or not anything was recorded there; other dimensions speak for themselves. */
function expectedOf(
  { report, period, districts }: Omit<Release, 'table'>,
  kinds: readonly string[],
): Expected {
  const has = (role: ReportShape['output'][number]['role']): boolean =>
    report.output.some((column) => column.role === role);
  const areas = districtFeatures(districts).features.map(({ id, properties }) => ({
    code: String(id),
    label: properties?.name ?? '',
  }));
  return {
    ...(has('area') ? { area: areas } : {}),
    ...(has('category') && !has('category-label')
      ? { category: kinds.map((kind) => ({ code: kind, label: kind })) }
      : {}),
    ...(has('period') ? { period: quartersBetween(period.start, period.end) } : {}),
  };
}

const refused = (
  code: 'result-refused' | 'audit-refused',
  reasons: readonly { code: string; sentence: string }[],
): Prepared => ({
  ok: false,
  code,
  reasons,
});

/** One reason of a kind: how many cells fail is for the operator to find out, not for a message to say. */
const distinct = <T extends { readonly code: string }>(faults: readonly T[]): readonly T[] => [
  ...new Map(faults.map((fault) => [fault.code, fault])).values(),
];
