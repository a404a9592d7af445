/** table.csv: one row a cell, dimension columns, then the value, a number or [c]; safe to open in a spreadsheet. */

import { SYMBOL, type PrintedCell, type ProtectedTable } from './protect.ts';
import { TOTAL } from './table.ts';

/** A spreadsheet runs text that begins with one of these (also in full-width form) as a formula. */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

export const neutralised = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

const field = (text: string): string => {
  const safe = neutralised(text);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

export function tableCsv(table: ProtectedTable): string {
  const header = [
    ...table.dimensions.flatMap(({ column, labelColumn }) =>
      labelColumn === null ? [column] : [column, labelColumn],
    ),
    'measure',
    'value',
  ];
  const lines = table.cells.map((cell) => [...placeOf(table, cell), cell.measure, printedValue(cell)]);
  return [header, ...lines].map((line) => line.map(field).join(',')).join('\r\n') + '\r\n';
}

/** Columns that say where a cell lies, without labels: what the audit reads back. */
export const placeColumns = (table: ProtectedTable): readonly string[] =>
  table.dimensions.map(({ column }) => column);

const printedValue = ({ value }: PrintedCell): string => (value === null ? SYMBOL : String(value));

function placeOf(table: ProtectedTable, { at }: PrintedCell): readonly string[] {
  return table.dimensions.flatMap(({ categories, labelColumn }, index) => {
    const code = at[index] ?? '';
    const label =
      code === TOTAL ? TOTAL : (categories.find((category) => category.code === code)?.label ?? code);
    return labelColumn === null ? [code] : [code, label];
  });
}
