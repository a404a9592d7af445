/** What `tvt protect` answers: a table with gaps, and for every gap what an outsider and each partner could still work out. */

import { audit, isProtected } from './audit.ts';
import { nameOf } from './lattice.ts';
import { suppress, type Effort } from './suppress.ts';
import { readTableDocument, type SuppressionTable } from './table-document.ts';

export interface ProtectedDocument {
  readonly cells: readonly {
    readonly cell: readonly string[];
    readonly value: number | null;
    readonly status: 'published' | 'primary' | 'secondary';
  }[];
  readonly audit: readonly {
    readonly cell: readonly string[];
    readonly as: string;
    readonly low: number;
    readonly high: number | null;
  }[];
}
export type ProtectOutcome =
  /** `proved`: nothing cheaper protects the table. */
  | { readonly ok: true; readonly document: ProtectedDocument; readonly proved: boolean }
  | {
      readonly ok: false;
      readonly code: 'bad-input' | 'no-safe-table' | 'audit-failed';
      readonly sentence: string;
    };

const NO_CLOCK: Effort = { optimum: false, secondsLeft: () => Infinity };

/** @param effort how hard to look for the fewest gaps; the audit follows either way. */
export async function protectDocument(input: unknown, effort: Effort = NO_CLOCK): Promise<ProtectOutcome> {
  const read = readTableDocument(input);
  if (!read.ok) return { ok: false, code: 'bad-input', sentence: read.sentence };
  const { table } = read;
  const suppressed = await suppress(table, effort);
  if (!suppressed.ok)
    return {
      ok: false,
      code: 'no-safe-table',
      sentence: `No choice of gaps protects the cell ${nameOf(table.cells[suppressed.cell] ?? [])}.`,
    };
  const judged = await judge(table, suppressed.withheld);
  return judged === null
    ? {
        ok: false,
        code: 'audit-failed',
        sentence: 'The audit could not prove every withheld cell protected.',
      }
    : { ok: true, document: judged, proved: suppressed.proved };
}

/** The document, if the audit finds every unsafe cell withheld and protected from everybody. */
async function judge(
  table: SuppressionTable,
  withheld: ReadonlySet<number>,
): Promise<ProtectedDocument | null> {
  const { cells, values, scale, primary } = table;
  const judged = await audit(table, withheld);
  if (!judged.ok) return null;
  if ([...primary].some((cell) => values[cell] !== 0 && !withheld.has(cell))) return null;
  if (judged.intervals.some((interval) => primary.has(interval.cell) && !isProtected(table, interval)))
    return null;
  return {
    cells: cells.map((cell, index) =>
      withheld.has(index)
        ? { cell, value: null, status: primary.has(index) ? 'primary' : 'secondary' }
        : { cell, value: (values[index] ?? 0) / scale, status: 'published' },
    ),
    audit: judged.intervals.map(({ cell, as, low, high }) => ({ cell: cells[cell] ?? [], as, low, high })),
  };
}
