/** Lays records out for the kernels: one packed row per record, tables per dictionary entry, weights as numbers. */
import { keyPart } from '../key-part.ts';
import { LEVELS, type Comparison, type KeyTake, type LinkageModel } from '../model.ts';
import { swapDayAndMonth } from '../similarity.ts';
import { TextDictionary, type Dictionary } from '../table/dictionary.ts';
import { mapColumn, type CodedColumn, type Table } from '../table/table.ts';
import { fold, frequency, nicknameGroups, type Nicknames } from '../value-level.ts';
import { sharedArray, stringSpace, type StringSpace } from './strings.ts';

/** One comparison by numbers alone; kernels are written from this and never see a name or a value. */
export interface ComparisonPlan {
  readonly kind: 'exact' | 'postcode' | 'date' | 'string';
  /** Fields of the packed row that hold the codes; `other` is the crosswise column, -1 for none. */
  readonly field: number;
  readonly other: number;
  readonly space: number;
  readonly levels: number;
  /** Weight of each level in bits. */
  readonly weights: Float64Array;
  /** Counts behind the term frequencies, or null without them. */
  readonly counts: ValueCounts | null;
  /** Bits to add to the exact level per code, or null without term frequencies. */
  readonly frequency: Float64Array | null;
  /** Per code: sector and district numbers, or the date's digits and those of its day-month swap. */
  readonly tables: readonly Int32Array[];
  readonly household: boolean;
  /** Per kind of related people: bits by which a level's weight for being so related exceeds that for being one. */
  readonly excess: readonly (Float64Array | null)[];
}

/** One field of a blocking key: codes per row, -1 missing, all below `size`. */
export interface PartCodes {
  readonly codes: Int32Array;
  readonly size: number;
}

export interface Prepared {
  readonly rows: number;
  /** Ints per packed row: comparison fields, then the source (-1 unless duplicate-free), then one key per rule. */
  readonly stride: number;
  readonly packed: Int32Array;
  readonly sourceField: number;
  readonly firstKeyField: number;
  readonly comparisons: readonly ComparisonPlan[];
  readonly spaces: readonly StringSpace[];
  readonly rules: readonly (readonly PartCodes[])[];
  readonly priorBits: number;
  readonly capBits: number;
  readonly relatedPriors: readonly number[];
  readonly anyDuplicateFree: boolean;
}

/** Value counts of a frozen model, by comparison name; a value it does not know has been seen no time. */
export type FrozenCounts = ReadonlyMap<
  string,
  { readonly counts: ReadonlyMap<string, number>; readonly total: number; readonly distinct: number }
>;

/** @param frozen the model's own value counts, where term frequencies are not to follow the data at hand. */
export function prepare(table: Table, model: LinkageModel, frozen?: FrozenCounts): Prepared {
  const fields = new Fields(table, nicknameGroups(model.nicknames ?? []));
  const comparisons = model.comparisons.map((comparison) =>
    planComparison(comparison, model, fields, frozen),
  );
  const rules = planRules(table, model);
  const sourceField = fields.all.length;
  const firstKeyField = sourceField + 1;
  const stride = firstKeyField + rules.length;
  const packed = sharedArray(Int32Array, table.rows * stride);
  fields.all.forEach(({ codes }, field) => {
    for (let row = 0; row < table.rows; row++) packed[row * stride + field] = codes[row] as number;
  });
  const free = new Set(table.duplicateFree);
  for (let row = 0; row < table.rows; row++) {
    const source = table.sources[row] as number;
    // Rows that may meet any other get a number of their own, so that equality alone says "never one person".
    packed[row * stride + sourceField] = free.has(source) ? source : -row - 1;
  }
  return {
    rows: table.rows,
    stride,
    packed,
    sourceField,
    firstKeyField,
    comparisons,
    spaces: fields.spaces(),
    rules,
    ...totals(model),
    anyDuplicateFree: free.size > 0,
  };
}

/** The columns of the packed row, each made once. Names share one dictionary, since they may be compared crosswise. */
class Fields {
  readonly all: CodedColumn[] = [];
  readonly #made = new Map<string, number>();
  readonly #names = new TextDictionary();
  readonly #spaceOf = new Map<Dictionary, number>();
  readonly #kinds: ('name' | 'text' | 'code')[] = [];
  readonly #table: Table;
  readonly #nicknames: Nicknames;

  constructor(table: Table, nicknames: Nicknames) {
    this.#table = table;
    this.#nicknames = nicknames;
  }

  field(column: string, kind: Comparison['kind']): number {
    const key = `${kind} ${column}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.all.length;
    this.all.push(this.#fold(column, kind));
    this.#made.set(key, made);
    return made;
  }

  space(field: number, kind: 'name' | 'text' | 'code'): number {
    const dictionary = this.all[field]?.dictionary ?? this.#names;
    let space = this.#spaceOf.get(dictionary);
    if (space === undefined) {
      space = this.#kinds.length;
      this.#kinds.push(kind);
      this.#spaceOf.set(dictionary, space);
    }
    return space;
  }

  spaces(): readonly StringSpace[] {
    return [...this.#spaceOf].map(([dictionary, space]) =>
      stringSpace(dictionary, this.#kinds[space] ?? 'text', this.#nicknames),
    );
  }

  #fold(column: string, kind: Comparison['kind']): CodedColumn {
    const raw = this.#table.columns.get(column);
    if (raw === undefined)
      return { codes: new Int32Array(this.#table.rows).fill(-1), dictionary: new TextDictionary() };
    if (kind === 'exact' || kind === 'code' || kind === 'postcode') return raw;
    return mapColumn(raw, (value) => fold(value, kind), kind === 'name' ? this.#names : new TextDictionary());
  }
}

function planComparison(
  comparison: Comparison,
  model: LinkageModel,
  fields: Fields,
  frozen: FrozenCounts | undefined,
): ComparisonPlan {
  const field = fields.field(comparison.column, comparison.kind);
  const column = fields.all[field];
  const stringKind =
    comparison.kind === 'name' || comparison.kind === 'text' || comparison.kind === 'code'
      ? comparison.kind
      : null;
  const counts =
    comparison.termFrequency === undefined || comparison.termFrequency === false || column === undefined
      ? null
      : valueCounts(column, frozen?.get(comparison.name));
  return {
    kind: stringKind === null ? (comparison.kind as ComparisonPlan['kind']) : 'string',
    field,
    other: comparison.swapWith === undefined ? -1 : fields.field(comparison.swapWith, comparison.kind),
    space: stringKind === null ? -1 : fields.space(field, stringKind),
    levels: LEVELS[comparison.kind].length,
    counts,
    ...weightsOf(comparison, counts, model),
    tables: column === undefined ? [] : valueTables(column.dictionary, comparison.kind),
  };
}

/** Weights of one comparison under a model; everything else of the plan follows from the data. */
function weightsOf(
  comparison: Comparison,
  counts: ValueCounts | null,
  model: LinkageModel,
): Pick<ComparisonPlan, 'weights' | 'frequency' | 'household' | 'excess'> {
  return {
    weights: Float64Array.from(comparison.m, (m, level) => Math.log2(m / (comparison.u[level] ?? 1))),
    frequency: counts === null ? null : frequencyBits(counts, comparison),
    household: model.household?.comparisons.includes(comparison.name) === true,
    excess: (model.related ?? []).map(({ levels }) => {
      const others = levels[comparison.name];
      return others === undefined
        ? null
        : Float64Array.from(others, (h, level) => Math.log2(h / (comparison.m[level] ?? 1)));
    }),
  };
}

/** The same records under other weights of the same comparisons. */
export function withWeights(prepared: Prepared, model: LinkageModel): Prepared {
  return {
    ...prepared,
    comparisons: prepared.comparisons.map((plan, index) => {
      const comparison = model.comparisons[index];
      return comparison === undefined ? plan : { ...plan, ...weightsOf(comparison, plan.counts, model) };
    }),
    ...totals(model),
  };
}

const totals = (model: LinkageModel): Pick<Prepared, 'priorBits' | 'capBits' | 'relatedPriors'> => ({
  priorBits: model.priorBits,
  capBits: model.household?.capBits ?? Infinity,
  relatedPriors: (model.related ?? []).map(({ priorBits }) => priorBits),
});

/** Splink's term-frequency adjustment: the average u of exact agreement is replaced by the value's own. */
function frequencyBits(
  { counts, total, distinct }: ValueCounts,
  { u, termFrequency }: Comparison,
): Float64Array {
  const exactU = u[0] ?? 1;
  const bits = sharedArray(Float64Array, counts.length);
  for (let code = 0; code < counts.length; code++) {
    const share = frequency(counts[code] as number, total, distinct, exactU, termFrequency === 'smoothed');
    bits[code] = Math.log2(exactU / share);
  }
  return bits;
}

/** How often each value of a column stands in the data. */
export interface ValueCounts {
  readonly counts: Uint32Array;
  readonly total: number;
  readonly distinct: number;
}

function valueCounts(
  { codes, dictionary }: CodedColumn,
  frozen?: ReturnType<FrozenCounts['get']>,
): ValueCounts {
  if (frozen !== undefined) {
    const counts = Uint32Array.from(
      { length: dictionary.size },
      (_, code) => frozen.counts.get(dictionary.text(code)) ?? 0,
    );
    return { counts, total: frozen.total, distinct: frozen.distinct };
  }
  const counts = sharedArray(Uint32Array, dictionary.size);
  let total = 0;
  for (const code of codes) {
    if (code < 0) continue;
    counts[code] = (counts[code] as number) + 1;
    total++;
  }
  let distinct = 0;
  for (const count of counts) if (count > 0) distinct++;
  return { counts, total, distinct };
}

function valueTables(dictionary: Dictionary, kind: Comparison['kind']): readonly Int32Array[] {
  if (kind === 'postcode')
    return [partTable(dictionary, 'sector'), partTable(dictionary, 'district')].map(toShared);
  if (kind !== 'date') return [];
  const digits = sharedArray(Int32Array, dictionary.size);
  const swapped = sharedArray(Int32Array, dictionary.size);
  for (let code = 0; code < dictionary.size; code++) {
    const date = dictionary.text(code);
    const other = swapDayAndMonth(date);
    digits[code] = packDate(date);
    swapped[code] = other === null ? -1 : packDate(other);
  }
  return [digits, swapped];
}

/** Eight decimal digits in eight nibbles. */
const packDate = (date: string): number => Number.parseInt(date.replaceAll('-', ''), 16) | 0;

function partTable(dictionary: Dictionary, take: KeyTake): Int32Array {
  return partCodesOf(dictionary, take).to;
}

function partCodesOf(
  dictionary: Dictionary,
  take: KeyTake,
): { readonly to: Int32Array; readonly size: number } {
  const parts = new TextDictionary();
  const to = new Int32Array(dictionary.size);
  for (let code = 0; code < dictionary.size; code++) {
    const part = keyPart(dictionary.text(code), take);
    to[code] = part === '' ? -1 : parts.code(part);
  }
  return { to, size: parts.size };
}

function toShared(values: Int32Array): Int32Array {
  const shared = sharedArray(Int32Array, values.length);
  shared.set(values);
  return shared;
}

/** Codes of every rule's parts, each (column, part) made once. */
function planRules(table: Table, model: LinkageModel): readonly (readonly PartCodes[])[] {
  const made = new Map<string, PartCodes>();
  return model.blocking.map((rule) =>
    rule.parts.map(({ column, take = 'all' }) => {
      const key = `${take} ${column}`;
      const known = made.get(key);
      if (known !== undefined) return known;
      const raw = table.columns.get(column);
      const part = raw === undefined ? missingPart(table.rows) : partCodes(raw, take);
      made.set(key, part);
      return part;
    }),
  );
}

function partCodes({ codes, dictionary }: CodedColumn, take: KeyTake): PartCodes {
  if (take === 'all' && dictionary.plain) return { codes: toShared(codes), size: dictionary.size };
  const { to, size } = partCodesOf(dictionary, take);
  const shared = sharedArray(Int32Array, codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    shared[row] = code < 0 ? -1 : (to[code] as number);
  }
  return { codes: shared, size };
}

const missingPart = (rows: number): PartCodes => ({ codes: sharedArray(Int32Array, rows).fill(-1), size: 0 });
