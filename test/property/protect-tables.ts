/** Random tables for the disclosure tests, and everything about them worked out apart from the product. */
import fc from 'fast-check';
import { solve } from 'yalps';

export interface Dimension {
  readonly root: string;
  readonly children: Readonly<Record<string, readonly string[]>>;
}
export interface TableInput {
  readonly dims: readonly Dimension[];
  readonly linked?: readonly { readonly dims: readonly Dimension[] }[];
  readonly cells: readonly {
    readonly cell: readonly string[];
    readonly value: number;
    readonly by?: Readonly<Record<string, number>>;
  }[];
  readonly settings: {
    readonly threshold: number;
    readonly protection: { readonly lower: number; readonly upper: number };
    readonly minimise: 'count' | 'value';
  };
}

const flat = (root: string, codes: readonly string[]): Dimension => ({ root, children: { [root]: codes } });
const AREAS: Dimension = { root: 'all', children: { all: ['n', 's'], n: ['a', 'b'], s: ['c', 'd'] } };
const SHAPES: readonly Pick<TableInput, 'dims' | 'linked'>[] = [
  { dims: [flat('T', ['a', 'b', 'c']), flat('U', ['x', 'y', 'z'])] },
  { dims: [AREAS, flat('U', ['x', 'y'])] },
  { dims: [flat('T', ['a', 'b']), flat('U', ['x', 'y']), flat('V', ['p', 'q'])] },
  { dims: [AREAS, { root: 'ever', children: { ever: ['h', '3'], h: ['1', '2'] } }] },
  {
    dims: [AREAS, flat('U', ['x', 'y'])],
    linked: [
      {
        dims: [
          { root: 'all', children: { all: ['o', 'p'], o: ['a', 'c'], p: ['b', 'd'] } },
          flat('U', ['x', 'y']),
        ],
      },
    ],
  },
];

export const leavesOf = ({ root, children }: Dimension, from = root): readonly string[] =>
  children[from]?.flatMap((part) => leavesOf({ root, children }, part)) ?? [from];
const codesOf = ({ root, children }: Dimension): readonly string[] => [
  root,
  ...Object.values(children).flat(),
];
export const product = (lists: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  lists.reduce<readonly (readonly string[])[]>(
    (so, list) => so.flatMap((place) => list.map((item) => [...place, item])),
    [[]],
  );

export const anyTable: fc.Arbitrary<TableInput> = fc
  .record({
    shape: fc.constantFrom(...SHAPES),
    lower: fc.integer({ min: 1, max: 6 }),
    upper: fc.integer({ min: 1, max: 6 }),
    threshold: fc.integer({ min: 2, max: 8 }),
    minimise: fc.constantFrom('count' as const, 'value' as const),
    partners: fc.boolean(),
  })
  .chain(({ shape, lower, upper, threshold, minimise, partners }) => {
    const places = product(shape.dims.map((dimension) => leavesOf(dimension)));
    const cell = fc.tuple(fc.oneof(fc.constant(0), fc.nat(9), fc.nat(60)), fc.nat(100));
    return fc.array(cell, { minLength: places.length, maxLength: places.length }).map((drawn) => ({
      ...shape,
      settings: { threshold, protection: { lower, upper }, minimise },
      cells: places.flatMap((place, index) => {
        const [value, share] = drawn[index] ?? [0, 0];
        const police = Math.round((value * share) / 100);
        // A combination that is not listed is nought.
        if (value === 0 && share > 50) return [];
        return [{ cell: place, value, ...(partners ? { by: { police, county: value - police } } : {}) }];
      }),
    }));
  });

export const keyOf = (cell: readonly string[]): string => cell.join('|');

/** Every cell of every grouping with its value, by adding up all inner cells under it. */
export function everyCell(
  { dims, linked = [], cells }: TableInput,
  part?: string,
): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const grouping of [dims, ...linked.map((other) => other.dims)])
    for (const place of product(grouping.map(codesOf))) {
      const under = place.map((code, at) => leavesOf(grouping[at] ?? flat('', []), code));
      const inside = cells.filter(({ cell }) => cell.every((code, at) => under[at]?.includes(code)));
      values.set(
        keyOf(place),
        inside.reduce((sum, { value, by }) => sum + (part === undefined ? value : (by?.[part] ?? 0)), 0),
      );
    }
  return values;
}

/** Least and greatest value of a withheld cell by a second solver: everything as a variable, printed cells as fixed. */
export function yalpsBounds(
  input: TableInput,
  printed: ReadonlyMap<string, number>,
  floors: ReadonlyMap<string, number>,
  target: string,
): { readonly low: number; readonly high: number | null } {
  const variables = new Map<string, Map<string, number>>();
  const constraints = new Map<string, { equal: number } | { min: number }>();
  const term = (name: string, row: string, sign: number): void => {
    const known = variables.get(name) ?? new Map<string, number>([['aim', name === target ? 1 : 0]]);
    variables.set(name, known.set(row, sign));
  };
  for (const { dims } of [input, ...(input.linked ?? [])])
    for (const place of product(dims.map(codesOf)))
      dims.forEach(({ children }, at) => {
        const parts = children[place[at] ?? ''];
        if (parts === undefined) return;
        const row = `${keyOf(place)}/${at}/${parts.join('+')}`;
        const sides = [
          [keyOf(place), -1] as const,
          ...parts.map((code) => [keyOf(place.with(at, code)), 1] as const),
        ];
        constraints.set(row, {
          equal: sides.reduce((sum, [name, sign]) => sum - sign * (printed.get(name) ?? 0), 0),
        });
        for (const [name, sign] of sides) if (!printed.has(name)) term(name, row, sign);
      });
  for (const name of variables.keys()) {
    term(name, `floor ${name}`, 1);
    constraints.set(`floor ${name}`, { min: floors.get(name) ?? 0 });
  }
  const run = (direction: 'minimize' | 'maximize') =>
    solve({ direction, objective: 'aim', constraints, variables });
  const [least, most] = [run('minimize'), run('maximize')];
  if (least.status !== 'optimal') throw new Error(`the second solver says ${least.status}`);
  return { low: least.result, high: most.status === 'optimal' ? most.result : null };
}
