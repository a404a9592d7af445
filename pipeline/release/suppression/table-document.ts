/** A table as somebody hands it in: inner cells and hierarchies; every total and every equation follows from them. */

import { z } from 'zod';

const code = z.string().min(1).max(100);
const dimensionSchema = z.strictObject({ root: code, children: z.record(code, z.array(code).min(1)) });
const documentSchema = z.strictObject({
  dims: z.array(dimensionSchema).min(1).max(6),
  cells: z.array(
    z.strictObject({
      cell: z.array(code),
      value: z.number(),
      by: z.record(z.string(), z.number().nonnegative()).optional(),
    }),
  ),
  primary: z.array(z.array(code)).optional(),
  linked: z.array(z.strictObject({ dims: z.array(dimensionSchema).min(1).max(6) })).optional(),
  settings: z
    .strictObject({
      threshold: z.number().positive().optional(),
      protection: z
        .strictObject({ lower: z.number().nonnegative(), upper: z.number().nonnegative() })
        .optional(),
      minimise: z.enum(['count', 'value']).optional(),
    })
    .optional(),
});
type Dims = z.infer<typeof documentSchema>['dims'];

export interface SuppressionTable {
  readonly cells: readonly (readonly string[])[];
  readonly values: Float64Array;
  /** What each partner supplied of each cell, totals included. */
  readonly by: ReadonlyMap<string, Float64Array>;
  /** Indices of a total and of its parts: the parts add up to the total. */
  readonly equations: readonly { readonly total: number; readonly parts: readonly number[] }[];
  readonly primary: ReadonlySet<number>;
  readonly protection: { readonly lower: number; readonly upper: number };
  readonly minimise: 'count' | 'value';
}
export type TableDocument =
  { readonly ok: true; readonly table: SuppressionTable } | { readonly ok: false; readonly sentence: string };

/** Unsafe is 0 < value < threshold; the default is the threshold of the reports (NHS practice: 1 to 7 withheld). */
const THRESHOLD = 8;

export function readTableDocument(input: unknown): TableDocument {
  const parsed = documentSchema.safeParse(input);
  if (!parsed.success)
    return refused(`The table does not have the expected form: ${parsed.error.issues[0]?.message ?? ''}`);
  const { dims, cells: given, primary, linked = [], settings = {} } = parsed.data;
  const groupings = [dims, ...linked.map((other) => other.dims)];
  const trees = groupings.map((grouping) => grouping.map(treeOf));
  const broken = trees.flat().find((tree) => typeof tree === 'string');
  if (typeof broken === 'string') return refused(broken);
  const sound = trees.map((grouping) => grouping.filter((tree) => typeof tree !== 'string'));
  const lattice = new Lattice();
  sound.forEach((grouping, index) => lattice.addGrouping(grouping, groupings[index] ?? []));
  const fault = lattice.fill(given, sound);
  if (fault !== null) return refused(fault);
  const threshold = settings.threshold ?? THRESHOLD;
  const named = primary?.map((cell) => lattice.indexOf(cell));
  const unknown = named?.findIndex((index) => index === undefined) ?? -1;
  if (unknown !== -1) return refused(`There is no cell ${nameOf(primary?.[unknown] ?? [])} to withhold.`);
  const unsafe = (index: number): boolean =>
    lattice.isBetween(index, threshold) ||
    [...lattice.by.values()].some((own) => lattice.isBetween(index, threshold, own));
  return {
    ok: true,
    table: {
      cells: lattice.cells,
      values: Float64Array.from(lattice.values),
      by: new Map([...lattice.by].map(([partner, own]) => [partner, Float64Array.from(own)])),
      equations: lattice.equations,
      primary: new Set(
        named?.filter((index) => index !== undefined) ?? Array.from(lattice.cells.keys()).filter(unsafe),
      ),
      protection: settings.protection ?? { lower: threshold, upper: threshold },
      minimise: settings.minimise ?? 'count',
    },
  };
}

const nameOf = (cell: readonly string[]): string => `(${cell.join(', ')})`;
const refused = (sentence: string): TableDocument => ({ ok: false, sentence });

interface Tree {
  readonly nodes: readonly string[];
  readonly leaves: ReadonlySet<string>;
  /** A code and everything above it. */
  readonly up: ReadonlyMap<string, readonly string[]>;
}

/** A sentence where the codes are no tree under the root. */
function treeOf({ root, children }: Dims[number]): Tree | string {
  const up = new Map<string, readonly string[]>([[root, [root]]]);
  const queue = [root];
  for (let node = queue.shift(); node !== undefined; node = queue.shift())
    for (const child of children[node] ?? []) {
      if (up.has(child)) return `The code ${child} stands twice in one hierarchy.`;
      up.set(child, [child, ...(up.get(node) ?? [])]);
      queue.push(child);
    }
  const stray = Object.keys(children).find((parent) => !up.has(parent));
  if (stray !== undefined) return `The code ${stray} does not hang under ${root}.`;
  const nodes = [...up.keys()];
  return { nodes, up, leaves: new Set(nodes.filter((node) => children[node] === undefined)) };
}

/** All cells of all groupings; a cell that two groupings name alike is one cell. */
class Lattice {
  readonly cells: (readonly string[])[] = [];
  readonly values: number[] = [];
  readonly by = new Map<string, number[]>();
  readonly equations: { total: number; parts: number[] }[] = [];
  private readonly index = new Map<string, number>();

  indexOf(cell: readonly string[]): number | undefined {
    return this.index.get(JSON.stringify(cell));
  }

  isBetween(index: number, threshold: number, own?: readonly number[]): boolean {
    const rest = (this.values[index] ?? 0) - (own?.[index] ?? 0);
    return rest > 0 && rest < threshold;
  }

  addGrouping(trees: readonly Tree[], dims: Dims): void {
    const places = product(trees.map(({ nodes }) => nodes));
    for (const cell of places) this.ensure(cell);
    for (const cell of places)
      dims.forEach(({ children }, dimension) => {
        const parts = children[cell[dimension] ?? ''];
        if (parts === undefined) return;
        const total = this.ensure(cell);
        this.equations.push({ total, parts: parts.map((part) => this.ensure(cell.with(dimension, part))) });
      });
  }

  /** Adds each inner cell to itself and to everything above it; a sentence where a cell cannot be. */
  fill(
    given: readonly {
      readonly cell: readonly string[];
      readonly value: number;
      readonly by?: Readonly<Record<string, number>> | undefined;
    }[],
    groupings: readonly (readonly Tree[])[],
  ): string | null {
    const seen = new Set<string>();
    for (const { cell, value, by = {} } of given) {
      const inner = groupings.every(
        (trees) =>
          cell.length === trees.length && trees.every(({ leaves }, at) => leaves.has(cell[at] ?? '')),
      );
      if (!inner) return `The cell ${nameOf(cell)} is not an inner cell of the table.`;
      if (value < 0) return `The cell ${nameOf(cell)} is negative.`;
      if (seen.has(JSON.stringify(cell))) return `The cell ${nameOf(cell)} is given twice.`;
      if (Object.values(by).some((own) => own > value))
        return `A partner has more of the cell ${nameOf(cell)} than there is.`;
      seen.add(JSON.stringify(cell));
      const above = new Set(
        groupings.flatMap((trees) =>
          product(trees.map(({ up }, at) => up.get(cell[at] ?? '') ?? [])).map((place) => this.ensure(place)),
        ),
      );
      for (const place of above) {
        this.values[place] = (this.values[place] ?? 0) + value;
        for (const [partner, own] of Object.entries(by)) {
          const column = this.by.get(partner) ?? [];
          column[place] = (column[place] ?? 0) + own;
          this.by.set(partner, column);
        }
      }
    }
    for (const own of this.by.values()) for (const place of this.cells.keys()) own[place] ??= 0;
    return null;
  }

  private ensure(cell: readonly string[]): number {
    const key = JSON.stringify(cell);
    const known = this.index.get(key);
    if (known !== undefined) return known;
    this.index.set(key, this.cells.length);
    this.values.push(0);
    return this.cells.push(cell) - 1;
  }
}

const product = (lists: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  lists.reduce<readonly (readonly string[])[]>(
    (so, list) => so.flatMap((place) => list.map((item) => [...place, item])),
    [[]],
  );
