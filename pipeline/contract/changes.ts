/** What changed between two versions of a contract, in words, and whether every partner must agree again. */
import type { Column, FeedContract } from './model.ts';

export interface ContractChange {
  /** Breaking: a file that was good may now be refused, or a value may mean something else. */
  readonly isBreaking: boolean;
  readonly words: string;
}

export function contractChanges(before: FeedContract, after: FeedContract): readonly ContractChange[] {
  const old = new Map(before.columns.map((column) => [column.name, column]));
  const kept = new Set(after.columns.map((column) => column.name));
  const changes: ContractChange[] = [];
  const say = (isBreaking: boolean, words: string): void => void changes.push({ isBreaking, words });
  for (const column of before.columns)
    if (!kept.has(column.name)) say(true, `The column ${column.name} is taken out.`);
  for (const column of after.columns) {
    const known = old.get(column.name);
    if (known !== undefined) changes.push(...columnChanges(known, column));
    else if (column.required)
      say(true, `The column ${column.name} is added, and must be filled in every row.`);
    else say(false, `The column ${column.name} is added; it may be left empty.`);
  }
  if (before.category !== after.category)
    say(true, `The category is ${String(after.category)}, no longer ${String(before.category)}.`);
  if (before.collectionDate !== after.collectionDate) {
    say(
      true,
      `The six-year clock starts with ${String(after.collectionDate)}, no longer with ${String(before.collectionDate)}.`,
    );
  }
  changes.push(...dialectChanges(before, after));
  if (JSON.stringify(before.records) !== JSON.stringify(after.records))
    say(true, 'What a row says about persons, events, places and relations is changed.');
  return changes;
}

function columnChanges(before: Column, after: Column): readonly ContractChange[] {
  const { name } = after;
  const changes: ContractChange[] = [];
  const say = (isBreaking: boolean, words: string): void =>
    void changes.push({ isBreaking, words: `${name}: ${words}` });
  if (before.type !== after.type) say(true, `holds a ${after.type}, no longer a ${before.type}.`);
  if (before.required !== after.required)
    say(after.required, after.required ? 'must now be filled.' : 'may now be left empty.');
  if (before.keyPosition !== after.keyPosition) say(true, 'its part in the row key is changed.');
  if (before.unique !== after.unique)
    say(after.unique, after.unique ? 'must now differ in every row.' : 'may now repeat.');
  if (before.format !== after.format)
    say(
      true,
      `is checked as ${after.format ?? 'plain text'}, no longer as ${before.format ?? 'plain text'}.`,
    );
  for (const key of ['classification', 'gateway', 'purpose', 'retention'] as const) {
    if (before[key] !== after[key]) say(true, `its ${key} is "${after[key]}", no longer "${before[key]}".`);
  }
  changes.push(...codeChanges(before, after));
  if (widened(before.maxLength, after.maxLength) === false)
    say(true, `may have at most ${String(after.maxLength)} characters.`);
  if (widened(before.maxLength, after.maxLength) === true) say(false, 'may be longer than before.');
  if (
    before.pattern !== after.pattern ||
    before.minimum !== after.minimum ||
    before.maximum !== after.maximum ||
    before.minLength !== after.minLength
  ) {
    say(true, 'the values it may hold are bounded otherwise.');
  }
  return changes;
}

/** null where nothing changed. */
function widened(before: number | null, after: number | null): boolean | null {
  if (before === after) return null;
  return (after ?? Infinity) > (before ?? Infinity);
}

function codeChanges(before: Column, after: Column): readonly ContractChange[] {
  const [old, now] = [before.codes, after.codes];
  if (old === null && now === null) return [];
  if (old === null || now === null)
    return [
      {
        isBreaking: now !== null,
        words: `${after.name}: ${now === null ? 'may hold any value' : 'must hold a code of a list'}.`,
      },
    ];
  const added = now.filter((code) => !old.includes(code));
  const removed = old.filter((code) => !now.includes(code));
  return [
    ...(added.length > 0
      ? [{ isBreaking: false, words: `${after.name}: codes added: ${added.join(', ')}.` }]
      : []),
    ...(removed.length > 0
      ? [{ isBreaking: true, words: `${after.name}: codes taken out: ${removed.join(', ')}.` }]
      : []),
  ];
}

function dialectChanges(before: FeedContract, after: FeedContract): readonly ContractChange[] {
  const words = {
    encoding: 'encoding',
    delimiter: 'delimiter',
    headerRow: 'header row',
    dateFormat: 'date format',
    twoDigitYearPivot: 'century of two-digit years',
    maxRejectRatio: 'share of rows that may lose a cell',
    nilReturnAllowed: 'rule for nil returns',
  } as const;
  return (Object.keys(words) as (keyof typeof words)[])
    .filter((key) => JSON.stringify(before.dialect[key]) !== JSON.stringify(after.dialect[key]))
    .map((key) => ({ isBreaking: true, words: `The ${words[key]} is changed.` }));
}
