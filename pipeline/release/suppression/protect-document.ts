/** What `tvt protect` answers: a table with gaps, and for every gap what an outsider and each partner could still work out. */

import { attack, isProtected } from './attack.ts';
import { suppress } from './suppress.ts';
import { readTableDocument } from './table-document.ts';

interface ProtectedDocument {
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
  | { readonly ok: true; readonly document: ProtectedDocument }
  | {
      readonly ok: false;
      readonly code: 'bad-input' | 'no-safe-table' | 'not-proved';
      readonly sentence: string;
    };

export async function protectDocument(input: unknown): Promise<ProtectOutcome> {
  const read = readTableDocument(input);
  if (!read.ok) return { ok: false, code: 'bad-input', sentence: read.sentence };
  const { table } = read;
  const suppressed = await suppress(table);
  if (!suppressed.ok)
    return {
      ok: false,
      code: 'no-safe-table',
      sentence: `No choice of gaps protects the cell (${(table.cells[suppressed.cell] ?? []).join(', ')}).`,
    };
  const { withheld } = suppressed;
  const audit = await attack(table, withheld);
  if (audit.some((interval) => table.primary.has(interval.cell) && !isProtected(table, interval)))
    return { ok: false, code: 'not-proved', sentence: 'The audit could still narrow a withheld cell down.' };
  return {
    ok: true,
    document: {
      cells: table.cells.map((cell, index) =>
        withheld.has(index)
          ? { cell, value: null, status: table.primary.has(index) ? 'primary' : 'secondary' }
          : { cell, value: table.values[index] ?? 0, status: 'published' },
      ),
      audit: audit.map(({ cell, as, low, high }) => ({ cell: table.cells[cell] ?? [], as, low, high })),
    },
  };
}
