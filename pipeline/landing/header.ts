/** Reads the header: which cell of a record is which column of the contract, or what is wrong with the labels. */
import type { Column } from '../contract/model.ts';
import { CHANGE_COLUMN } from '../contract/rows.ts';
import { columnLetter, type Fault, shapeOf } from './fault.ts';

export interface HeaderPlan {
  /** For each column of the contract, the cell that holds it; -1 where the partner did not choose it. */
  readonly cellOf: Int32Array;
  /** The cell of the column `change`; -1 in a full delivery. */
  readonly changeAt: number;
  /** Cells a record has at least, and at most (empty columns at the end may be left out). */
  readonly cells: number;
  readonly cellsWithEmptyTail: number;
}
export interface HeaderReading {
  readonly plan: HeaderPlan | null;
  readonly errors: readonly Fault[];
  readonly warnings: readonly Fault[];
}
export interface HeaderRequest {
  readonly labels: readonly string[];
  readonly line: number;
  readonly columns: readonly Column[];
  /** Names of the columns this partner chose. */
  readonly chosen: ReadonlySet<string>;
  readonly isChanges: boolean;
}

/** Outer spaces of every kind, invisible characters and case do not make another label. */
export const plainLabel = (label: string): string =>
  label
    .replace(/[\u200b-\u200f\u2060\ufeff]/g, '')
    .replace(/^[\s\u00a0]+|[\s\u00a0]+$/g, '')
    .toLowerCase();

/** How many of the contract's labels a record holds: what tells a header from a title or from data. */
export function labelsFound(cells: readonly string[], columns: readonly Column[]): number {
  const names = new Set(columns.map((column) => column.name.toLowerCase()));
  return new Set(cells.map(plainLabel).filter((label) => names.has(label))).size;
}

/** A header holds at least half of the labels; fewer is a title, a note or data. */
export const isHeaderLike = (
  cells: readonly string[],
  chosen: ReadonlySet<string>,
  columns: readonly Column[],
): boolean => labelsFound(cells, columns) * 2 >= Math.max(1, chosen.size);

/** Column names that speak of health: the Act does not let them be shared (PCSCA 2022, section 16(4)). */
const HEALTH =
  /(^|_)(nhs|health|medical|medication|diagnos\w*|gp|hospital|patient|disabilit\w*|mental\w*|camhs|treatment|injury|ambulance|dementia|oxygen)(_|$)/;

export function readHeader(request: HeaderRequest): HeaderReading {
  const { line, columns, chosen, isChanges } = request;
  const labels = request.labels.map(plainLabel);
  const cells = trimmedLength(labels);
  const errors: Fault[] = [];
  const warnings: Fault[] = [];
  const at = (
    index: number | null,
    column: string | null,
    rule: string,
    problem: string,
    remedy: string,
  ): Fault => ({
    line,
    record: 0,
    column,
    letter: index === null ? null : columnLetter(index),
    rule,
    value: index === null || column !== null ? null : shapeOf(labels[index] ?? ''),
    problem,
    remedy,
  });

  const known = new Map(columns.map((column, index) => [column.name.toLowerCase(), index]));
  const cellOf = new Int32Array(columns.length).fill(-1);
  let changeAt = -1;
  const seen = new Map<string, number>();
  for (let index = 0; index < cells; index++) {
    const label = labels[index] ?? '';
    const place = known.get(label);
    const name = place === undefined ? null : (columns[place]?.name ?? null);
    if (label === '') {
      errors.push(
        at(
          index,
          null,
          'blank-label',
          `column ${columnLetter(index)} has no name`,
          'Name the column, or take it out.',
        ),
      );
    } else if (seen.has(label)) {
      errors.push(
        at(
          index,
          name,
          'duplicate-label',
          `the same name stands in columns ${columnLetter(seen.get(label) ?? 0)} and ${columnLetter(index)}`,
          'Send each column once.',
        ),
      );
    } else if (label === CHANGE_COLUMN && isChanges) changeAt = index;
    else if (place === undefined || name === null) errors.push(unknownLabel(label, index, at));
    else if (!chosen.has(name)) {
      errors.push(
        at(
          index,
          name,
          'extra-label',
          'your organisation has not chosen to share this column',
          'Take the column out of the extract.',
        ),
      );
    } else cellOf[place] = index;
    seen.set(label, index);
  }
  for (const [place, column] of columns.entries()) {
    if (chosen.has(column.name) && cellOf[place] === -1 && !seen.has(column.name.toLowerCase())) {
      errors.push(
        at(
          null,
          column.name,
          'missing-label',
          `the column ${column.name} is missing`,
          'Send every column agreed, with its name in the header.',
        ),
      );
    }
  }
  if (isChanges && changeAt === -1) {
    errors.push(
      at(
        null,
        CHANGE_COLUMN,
        'missing-label',
        'a changes delivery has a column change',
        'Add the column change, with upsert or delete in every row.',
      ),
    );
  }
  if (
    request.labels
      .slice(0, cells)
      .some((label, index) => label !== (columns[known.get(labels[index] ?? '') ?? -1]?.name ?? label))
  ) {
    warnings.push(
      at(
        null,
        null,
        'incorrect-label',
        'names in the header differ in capitals or spaces',
        'Nothing: they were read as the names of the contract.',
      ),
    );
  }
  if (cells < labels.length) {
    warnings.push(
      at(cells, null, 'blank-label', 'the header ends in empty columns', 'Nothing: they were left out.'),
    );
  }
  const plan = errors.length > 0 ? null : { cellOf, changeAt, cells, cellsWithEmptyTail: labels.length };
  return { plan, errors, warnings };
}

function trimmedLength(labels: readonly string[]): number {
  let cells = labels.length;
  while (cells > 1 && labels[cells - 1] === '') cells--;
  return cells;
}

/** A label is shown only where it is plainly a name somebody gave a column, not a value that strayed into the header. */
function unknownLabel(
  label: string,
  index: number,
  at: (index: number | null, column: string | null, rule: string, problem: string, remedy: string) => Fault,
): Fault {
  const shown = /^[a-z][a-z_]*_[a-z_]+\d?$/.test(label) && label.length <= 40 ? label : null;
  if (HEALTH.test(label)) {
    return at(
      index,
      shown,
      'gateway',
      'this column speaks of health, which the law you share under and the privacy notice do not cover',
      'Take the column out of the extract. The file you sent has been deleted.',
    );
  }
  return at(
    index,
    shown,
    'extra-label',
    'this column is not in the contract',
    'Take it out, or name it as in the template.',
  );
}

const OTHER_DELIMITERS: readonly (readonly [string, string])[] = [
  [',', 'commas'],
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'upright bars'],
];

/** The delimiter that would make this line the header, where the declared one does not. */
export function delimiterThatFits(
  text: string,
  declared: string,
  chosen: ReadonlySet<string>,
  columns: readonly Column[],
): string | null {
  for (const [delimiter, name] of OTHER_DELIMITERS) {
    const labels = text.split(delimiter).map((label) => label.replace(/^\s*"|"\s*$/g, ''));
    if (delimiter !== declared && labels.length > 1 && isHeaderLike(labels, chosen, columns)) return name;
  }
  return null;
}

export const delimiterName = (delimiter: string): string =>
  OTHER_DELIMITERS.find(([mark]) => mark === delimiter)?.[1] ?? `the mark ${delimiter}`;
