/** A first model for files nobody has described: columns by role, comparisons by kind, blocking rules within a budget. */
import { buildRuleBlocks } from '../engine/blocks.ts';
import { prepare } from '../engine/prepare.ts';
import {
  LEVELS,
  type BlockingRule,
  type ColumnSource,
  type Comparison,
  type KeyTake,
  type LinkageModel,
} from '../model.ts';
import type { CodedColumn, Table } from '../table/table.ts';
import { FIRST_M, comparablePairs } from '../training/train.ts';
import { NICKNAMES } from './nicknames.ts';
import { tableOf, type SourceFile } from './columns.ts';
import { dateOrderOf, roleOf, type Profile, type Role } from './roles.ts';

export interface Proposal {
  readonly model: LinkageModel;
  readonly table: Table;
  /** Comparisons that people share by living together, for training. */
  readonly shared: readonly (readonly string[])[];
  readonly roles: readonly { readonly file: number; readonly header: string; readonly role: Role }[];
}

export interface ProposalOptions {
  /** Candidate pairs the blocking rules may make together. */
  readonly pairBudget?: number;
  /** Header of the id column, which is no evidence. */
  readonly idColumn?: string;
}

const PAIR_BUDGET = 30_000_000;
const MOST_RULES = 14;
const SAMPLE = 3000;

export function proposeModel(
  files: readonly SourceFile[],
  duplicateFree: readonly number[],
  options: ProposalOptions = {},
): Proposal {
  const found = files.map((file) => rolesIn(file, options.idColumn));
  const columns = columnSources(files, found);
  const table = tableOf(files, columns, duplicateFree);
  const used = withoutUseless(columns, table, files.length);
  const comparisons = used.flatMap((column) => comparisonOf(column, used));
  const draft: LinkageModel = {
    version: 'proposed/1',
    priorBits: -16,
    thresholdBits: 0,
    blocking: [],
    largestBlockPairs: 2_000_000,
    comparisons,
    columns: used,
    nicknames: NICKNAMES,
  };
  const blocking = proposeRules(table, draft, used, options.pairBudget ?? PAIR_BUDGET);
  return {
    model: { ...draft, blocking },
    table,
    shared: sharedFacts(used),
    roles: found.flatMap((roles, file) =>
      roles.map(({ profile, role }) => ({ file, header: profile.header, role })),
    ),
  };
}

interface Found {
  readonly profile: Profile;
  readonly role: Role;
}

function rolesIn(file: SourceFile, idColumn: string | undefined): readonly Found[] {
  return file.headers.map((header, index) => {
    const profile = profileOf(header, file.rows, file.columns[index]);
    return { profile, role: header === idColumn || header === '' ? 'none' : roleOf(profile) };
  });
}

function profileOf(header: string, rows: number, column: CodedColumn | undefined): Profile {
  if (column === undefined) return { header, rows, filled: 0, distinct: 0, sample: [], running: false };
  const distinct = column.dictionary.size;
  const sample: string[] = [];
  const every = Math.max(1, Math.floor(distinct / SAMPLE));
  for (let code = 0; code < distinct && sample.length < SAMPLE; code += every)
    sample.push(column.dictionary.text(code));
  let filled = 0;
  let rises = 0;
  let before = -1;
  for (const code of column.codes) {
    if (code < 0) continue;
    filled++;
    // Codes are given in order of first appearance, so new values all the way mean no value stands twice.
    if (code === before + 1) rises++;
    before = code;
  }
  const numbers = sample.every((value) => /^\d+$/.test(value));
  const ordered = sample.every((value, index) => index === 0 || Number(sample[index - 1]) < Number(value));
  return {
    header,
    rows,
    filled,
    distinct,
    sample,
    running: numbers && ordered && rises === filled && filled > 2,
  };
}

/** Columns whose values are only ever one per role: further ones of the role are numbered, in header order. */
function columnSources(
  files: readonly SourceFile[],
  found: readonly (readonly Found[])[],
): readonly ColumnSource[] {
  const named = found.map(namesOf);
  const all = new Map<string, { as: ColumnSource['as']; sources: (readonly string[])[]; sample: string[] }>();
  named.forEach((columns) => {
    for (const { name, as, from, sample } of columns) {
      const known = all.get(name);
      if (known === undefined) all.set(name, { as, sources: [from], sample: [...sample] });
      else {
        if (!known.sources.some((one) => one.join('\n') === from.join('\n'))) known.sources.push(from);
        known.sample.push(...sample);
      }
    }
  });
  return [...all].flatMap(([name, { as, sources, sample }]): ColumnSource[] => {
    const [first, ...others] = sources;
    if (first === undefined) return [];
    return [
      {
        name,
        from: first,
        ...(others.length > 0 ? { or: others } : {}),
        as,
        ...(as === 'date' ? { dateOrder: dateOrderOf(sample) } : {}),
      },
    ];
  });
}

interface Named {
  readonly name: string;
  readonly as: ColumnSource['as'];
  readonly from: readonly string[];
  readonly sample: readonly string[];
}

const AS: Readonly<Record<Exclude<Role, 'none' | 'full name'>, ColumnSource['as']>> = {
  forename: 'name',
  surname: 'name',
  middle: 'name',
  'second surname': 'name',
  birth: 'date',
  'birth year': 'exact',
  'birth month': 'exact',
  'birth day': 'exact',
  sex: 'sex',
  postcode: 'postcode',
  address: 'text',
  'house number': 'code',
  place: 'text',
  region: 'exact',
  phone: 'digits',
  email: 'text',
  identifier: 'code',
  other: 'text',
};

function namesOf(found: readonly Found[]): readonly Named[] {
  const by = (role: Role): readonly Found[] => found.filter((one) => one.role === role);
  const made: Named[] = [];
  const split = by('forename').length === 0 || by('surname').length === 0;
  for (const { profile } of by('full name').slice(0, split ? 1 : 0)) {
    const from = [profile.header];
    made.push(
      { name: 'forename', as: 'first-word', from, sample: [] },
      { name: 'surname', as: 'last-word', from, sample: [] },
    );
  }
  const nameFromWhole = made.length > 0;
  const parts = [by('birth year')[0], by('birth month')[0], by('birth day')[0]];
  const date = parts.every((part) => part !== undefined) && by('birth').length === 0 && fullTogether(parts);
  if (date)
    made.push({ name: 'birth', as: 'date', from: parts.map((part) => part.profile.header), sample: [] });
  const count = new Map<Role, number>();
  for (const { profile, role } of found) {
    if (role === 'none' || role === 'full name') continue;
    if (nameFromWhole && (role === 'forename' || role === 'surname')) continue;
    const isPart = role === 'birth year' || role === 'birth month' || role === 'birth day';
    if (isPart && (date || by('birth').length > 0)) continue;
    const number = (count.get(role) ?? 0) + 1;
    count.set(role, number);
    const name =
      role === 'other'
        ? `other ${profile.header.trim().toLowerCase()}`
        : number === 1
          ? role
          : `${role} ${number}`;
    made.push({
      name,
      as: role === 'other' ? otherAs(profile) : AS[role],
      from: [profile.header],
      sample: profile.sample,
    });
  }
  return made;
}

/** Whether day, month and year mostly stand together; where they are missing one by one, each is compared by itself. */
function fullTogether(parts: readonly (Found | undefined)[]): parts is readonly Found[] {
  const least = Math.min(...parts.map((part) => part?.profile.filled ?? 0));
  const most = Math.max(...parts.map((part) => part?.profile.filled ?? 0));
  const rows = Math.max(...parts.map((part) => part?.profile.rows ?? 1));
  return least > 0.97 * most && (least > 0.93 * rows || least === most);
}

function otherAs({ distinct, sample }: Profile): ColumnSource['as'] {
  if (distinct <= 60) return 'exact';
  return sample.filter((value) => /[a-z]{3}/i.test(value)).length > sample.length / 2 ? 'text' : 'code';
}

/** Leaves out what cannot help: nearly empty columns, single values, and columns that only one of several files has. */
function withoutUseless(
  columns: readonly ColumnSource[],
  table: Table,
  files: number,
): readonly ColumnSource[] {
  const kept = columns.filter(({ name }) => {
    const column = table.columns.get(name);
    if (column === undefined || column.dictionary.size < 2) return false;
    const bySource = new Map<number, number>();
    let filled = 0;
    column.codes.forEach((code, row) => {
      if (code < 0) return;
      filled++;
      const source = table.sources[row] as number;
      bySource.set(source, (bySource.get(source) ?? 0) + 1);
    });
    if (filled < table.rows * 0.02) return false;
    const everywhere = table.duplicateFree.length < files || bySource.size > 1 || files === 1;
    // All different everywhere: a key of each file, not a fact about people.
    return everywhere && !(column.dictionary.size === filled && filled > 50);
  });
  const told = kept.filter((column) => !/^other /.test(column.name) || !derived(column, kept, table));
  return told.length > 0 ? told : columns;
}

/** A column that follows from another one (a sound code of the surname) would be the same evidence twice. */
function derived(column: ColumnSource, all: readonly ColumnSource[], table: Table): boolean {
  const own = table.columns.get(column.name);
  return all.some((other) => {
    const from = table.columns.get(other.name);
    if (own === undefined || from === undefined || other === column) return false;
    const seen = new Map<number, number>();
    let again = 0;
    let alike = 0;
    for (let row = 0; row < table.rows && again < 20_000; row++) {
      const value = from.codes[row] as number;
      if (value < 0 || (own.codes[row] as number) < 0) continue;
      const before = seen.get(value);
      seen.set(value, own.codes[row] as number);
      if (before === undefined) continue;
      again++;
      if (before === own.codes[row]) alike++;
    }
    // Records of one person agree on both anyway; only where values are often shared by strangers does it tell.
    return again >= Math.min(20_000, table.rows * 0.6) && alike > again * 0.97;
  });
}

const KIND: Readonly<Record<ColumnSource['as'], Comparison['kind']>> = {
  name: 'name',
  'first-word': 'name',
  'last-word': 'name',
  text: 'text',
  date: 'date',
  postcode: 'code',
  code: 'code',
  digits: 'code',
  sex: 'exact',
  exact: 'exact',
};

function comparisonOf(column: ColumnSource, all: readonly ColumnSource[]): readonly Comparison[] {
  const kind = column.name.startsWith('birth year') ? 'code' : KIND[column.as];
  const levels = LEVELS[kind].length;
  const swapWith =
    column.name === 'forename' ? 'surname' : column.name === 'surname' ? 'forename' : undefined;
  const swappable = swapWith !== undefined && all.some(({ name }) => name === swapWith);
  return [
    {
      name: column.name,
      kind,
      column: column.name,
      m: FIRST_M[kind],
      u: Array.from({ length: levels }, (_, level) =>
        level === levels - 1 ? 1 - 0.01 * (levels - 1) : 0.01,
      ),
      ...(column.as === 'sex' ? {} : { termFrequency: 'smoothed' as const }),
      ...(swappable ? { swapWith } : {}),
    },
  ];
}

const AT_HOME = /^(address|house number|postcode|place|region|phone)/;
const IN_TOWN = /^(postcode|place|region)/;

function sharedFacts(columns: readonly ColumnSource[]): readonly (readonly string[])[] {
  const names = columns.map(({ name }) => name);
  const home = names.filter((name) => AT_HOME.test(name));
  const town = names.filter((name) => IN_TOWN.test(name));
  const household = [...names.filter((name) => /^(surname|second surname)/.test(name)), ...home];
  return [
    ...(home.length > 0 && household.length > 1 ? [household] : []),
    ...(town.length > 1 ? [town] : []),
  ];
}

type Part = BlockingRule['parts'][number];

/** Every rule worth a thought, coarse ones first. */
function candidateRules(columns: readonly ColumnSource[]): readonly (readonly Part[])[] {
  const has = new Set(columns.map(({ name }) => name));
  const part = (column: string, take: KeyTake = 'all'): Part =>
    take === 'all' ? { column } : { column, take };
  const rules: Part[][] = [];
  const put = (...parts: Part[]): void => {
    if (parts.every(({ column }) => has.has(column))) rules.push(parts);
  };
  const [F, S, D] = ['forename', 'surname', 'birth'];
  const strong = columns.filter(
    ({ as, name }) => /^(identifier|phone|email)/.test(name) || (name.startsWith('other') && as === 'code'),
  );
  for (const { name } of strong) put(part(name));
  put(part(D, 'swapped'));
  put(part(S, 'soundex'));
  put(part(F, 'soundex'));
  put(part(D, 'monthday'));
  put(part(D, 'yearmonth'));
  for (const { name } of columns)
    if (/^(address|postcode|place|other|middle|second surname)/.test(name)) put(part(name));
  put(part(S, 'soundex'), part(F, 'initial'));
  put(part(F, 'soundex'), part(S, 'initial'));
  put(part(S, 'first3'), part(F, 'initial'));
  for (const year of [part(D, 'year'), part('birth year')]) {
    put(part(S, 'soundex'), year);
    put(part(F, 'soundex'), year);
    put(part(S, 'initial'), part(F, 'initial'), year);
    put(part('postcode'), year);
    put(part('place'), year);
  }
  put(part('birth year'), part('birth month'), part('birth day'));
  put(part('birth month'), part('birth day'), part(S, 'initial'));
  put(part('birth month'), part('birth day'), part(F, 'initial'));
  put(part('birth year'), part('birth month'), part(S, 'initial'));
  put(part('birth year'), part('birth day'), part(S, 'initial'));
  put(part('birth year'), part('birth month'), part('birth day'), part('sex'));
  put(part(D, 'monthday'), part(F, 'initial'));
  put(part(D, 'monthday'), part(S, 'initial'));
  put(part(D, 'yearmonth'), part(F, 'initial'));
  put(part(D, 'yearmonth'), part(S, 'initial'));
  for (const { name } of columns) {
    if (!/^(address|postcode|place|house|region|other|middle)/.test(name)) continue;
    put(part(name), part(S, 'soundex'));
    put(part(name), part(F, 'soundex'));
    put(part(name), part(S, 'first3'));
    put(part(name), part(F, 'first3'));
    put(part(name), part(D, 'yearmonth'));
  }
  put(part(F), part(S));
  put(part(D));
  // Names kept in one column or none: whatever there is, two at a time.
  if (!has.has(F) && !has.has(S)) {
    columns.forEach(({ name }, i) =>
      columns.slice(i + 1).forEach((other) => put(part(name), part(other.name))),
    );
    columns.forEach(({ name }, i) =>
      columns
        .slice(i + 1)
        .forEach((two, j) =>
          columns.slice(i + j + 2).forEach((three) => put(part(name), part(two.name), part(three.name))),
        ),
    );
  }
  return rules.slice(0, 120);
}

/** All with all where that is within the budget; else the coarsest rules that fit it together. */
export function proposeRules(
  table: Table,
  draft: LinkageModel,
  columns: readonly ColumnSource[],
  pairBudget: number,
): readonly BlockingRule[] {
  if (Math.max(comparablePairs(table), (table.rows * table.rows) / 4) <= pairBudget)
    return [{ name: 'all with all', parts: [] }];
  const candidates = candidateRules(columns);
  const chosen: { readonly parts: readonly Part[]; readonly pairs: number }[] = [];
  let total = 0;
  for (const parts of candidates) {
    if (chosen.length >= MOST_RULES) break;
    if (chosen.some((other) => implies(parts, other.parts))) continue;
    const prepared = prepare(table, { ...draft, comparisons: [], blocking: [{ name: '', parts }] });
    const { pairs, blocksLeftOut } = buildRuleBlocks(prepared, 0, draft.largestBlockPairs);
    if (pairs === 0 || blocksLeftOut > 2 || pairs > pairBudget / 3 || total + pairs > pairBudget) continue;
    chosen.push({ parts, pairs });
    total += pairs;
  }
  if (chosen.length === 0) throw new Error('no blocking rule fits the pair budget');
  return [...chosen]
    .sort((x, y) => x.pairs - y.pairs)
    .map(({ parts }) => ({
      name: parts
        .map(({ column, take }) => (take === undefined ? column : `${column} (${take})`))
        .join(' and '),
      parts,
    }));
}

/** Whether agreement on `finer` means agreement on `coarser`. */
function implies(finer: readonly Part[], coarser: readonly Part[]): boolean {
  return coarser.every(({ column, take = 'all' }) =>
    finer.some(
      (part) =>
        part.column === column &&
        (part.take === take ||
          (part.take ?? 'all') === 'all' ||
          (part.take === 'yearmonth' && take === 'year')),
    ),
  );
}
