/** Trees of codes: the dimensions of a table, and further groupings of the same cells (`linked`). */

export interface Dimension {
  readonly root: string;
  readonly children: Readonly<Record<string, readonly string[]>>;
}
export interface Tree {
  readonly codes: readonly string[];
  readonly parts: ReadonlyMap<string, readonly string[]>;
  readonly depth: number;
}

/** A sentence where the codes are no tree under the root. */
export function treeOf({ root, children }: Dimension): Tree | string {
  // A map, because a code may be called `constructor`.
  const parts = new Map(Object.entries(children));
  const depth = new Map([[root, 0]]);
  for (const [code, at] of depth)
    for (const part of parts.get(code) ?? []) {
      if (depth.has(part)) return `The code ${part} stands twice in one hierarchy.`;
      depth.set(part, at + 1);
    }
  const stray = [...parts.keys()].find((code) => !depth.has(code));
  if (stray !== undefined) return `The code ${stray} does not hang under ${root}.`;
  return { codes: [...depth.keys()], parts, depth: Math.max(...depth.values()) };
}

/** The codes of a tree by the inner codes of the main hierarchy that they hold. */
export interface Reach {
  /** Inner codes under each code. */
  readonly leaves: ReadonlyMap<string, readonly string[]>;
  /** Every code above an inner code, itself included. */
  readonly above: ReadonlyMap<string, readonly string[]>;
}

/**
 * What each code of `tree` holds. A linked tree may end in any code of the main one, and may leave codes out, but a
 * code that both know must mean the same, and nothing may be counted twice.
 */
export function reachOf(tree: Tree, main: Reach | null): Reach | string {
  const leaves = new Map<string, readonly string[]>();
  for (const code of tree.codes.toReversed()) {
    const parts = tree.parts.get(code);
    const held =
      parts?.flatMap((part) => leaves.get(part) ?? []) ?? (main === null ? [code] : main.leaves.get(code));
    if (held === undefined) return `The code ${code} of a linked grouping is not in the table.`;
    if (new Set(held).size < held.length) return `The code ${code} counts a code of the table twice.`;
    const known = main?.leaves.get(code);
    if (known !== undefined && !sameCodes(known, held))
      return `The code ${code} means different cells in two groupings.`;
    leaves.set(code, held);
  }
  const above = new Map<string, string[]>();
  for (const [code, held] of leaves)
    for (const leaf of held) {
      const known = above.get(leaf);
      if (known === undefined) above.set(leaf, [code]);
      else known.push(code);
    }
  return { leaves, above };
}

function sameCodes(one: readonly string[], other: readonly string[]): boolean {
  const codes = new Set(one);
  return one.length === other.length && other.every((code) => codes.has(code));
}
