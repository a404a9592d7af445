/**
 * Writes the inner loops as code for one model. Everything that goes into the text is a number of this program's own
 * making (a field, a level, a rule); names and values stay in arrays that the code reaches by index, so that no text
 * of a model or a data file can become code.
 */
import type { ComparisonPlan, Prepared } from './prepare.ts';
import { stringLevels } from './strings.ts';

/** Compares one block, or rows `first` to `end` of it with all behind them. */
export type BlockLoop = (order: Int32Array, from: number, to: number, first: number, end: number) => void;

/** What the loops write to. */
export interface Sink {
  pairs: number;
  edge(a: number, b: number, weight: number): void;
  pattern(pattern: number): void;
}

export type PairWeight = (a: number, b: number) => number;
export type PairPattern = (a: number, b: number) => number;

/** Scored pairs at or above the threshold go to `sink.edge`; pairs that cannot reach it are dropped by a bound. */
export function predictLoop(
  prepared: Prepared,
  rule: number,
  largestBlock: number,
  thresholdBits: number,
  sink: Sink,
): BlockLoop {
  return compile(prepared, loopSource(prepared, rule, 'predict'), {
    sink,
    largestBlock,
    thresholdBits,
  }) as BlockLoop;
}

/** Agreement patterns go to `sink.pattern`, of pairs that could reach the threshold; term frequencies stay out of it. */
export function countLoop(
  prepared: Prepared,
  rule: number,
  largestBlock: number,
  thresholdBits: number,
  sink: Sink,
): BlockLoop {
  return compile(prepared, loopSource(prepared, rule, 'count'), {
    sink,
    largestBlock,
    thresholdBits,
  }) as BlockLoop;
}

/** Weight of any two records. */
export function pairWeight(prepared: Prepared): PairWeight {
  const source = `return (a, b) => {
    const ra = a * ${prepared.stride}, rb = b * ${prepared.stride};
    ${pairFields(prepared)}
    ${levels(prepared)}
    ${weight(prepared)}
    return weight;
  };`;
  return compile(prepared, source, {}) as PairWeight;
}

/** Pattern of any two records: the levels (missing 0, strongest 1, …) as digits of a mixed-radix number. */
export function pairPattern(prepared: Prepared): PairPattern {
  const source = `return (a, b) => {
    const ra = a * ${prepared.stride}, rb = b * ${prepared.stride};
    ${pairFields(prepared)}
    ${levels(prepared)}
    return ${patternSum(prepared)};
  };`;
  return compile(prepared, source, {}) as PairPattern;
}

/** Level of each comparison in a pattern, -1 missing. */
export function patternLevels(prepared: Prepared, pattern: number): readonly number[] {
  let rest = pattern;
  return prepared.comparisons.map(({ levels: count }) => {
    const digit = rest % (count + 1);
    rest = (rest - digit) / (count + 1);
    return digit - 1;
  });
}

interface Environment {
  readonly sink?: Sink;
  readonly largestBlock?: number;
  readonly thresholdBits?: number;
}

function compile(prepared: Prepared, source: string, environment: Environment): unknown {
  const { comparisons } = prepared;
  const values = {
    packed: prepared.packed,
    W: comparisons.map(({ weights }) => weights),
    F: comparisons.map(({ frequency }) => frequency),
    T: comparisons.map(({ tables }) => tables),
    X: comparisons.map(({ excess }) => excess),
    S: prepared.spaces.map(stringLevels),
    prior: prepared.priorBits,
    cap: prepared.capBits,
    R: prepared.relatedPriors,
    threshold: (environment.thresholdBits ?? 0) - 1e-9,
    bar: environment.thresholdBits ?? 0,
    sink: environment.sink,
    scratch: (): Int32Array => new Int32Array(environment.largestBlock ?? 0),
  };
  const names = Object.keys(values);
  const head = comparisons.map((_, c) => hoisted(prepared, c)).join('\n');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- see the file's head: numbers of our own only
  return new Function(...names, `'use strict';\n${head}\n${source}`)(...Object.values(values));
}

/** Constants of one comparison, out of the loops. */
function hoisted(prepared: Prepared, c: number): string {
  const plan = planOf(prepared, c);
  const lines = [`const W${c} = W[${c}];`];
  for (let level = 0; level < plan.levels; level++) lines.push(`const w${c}_${level} = W[${c}][${level}];`);
  const rest = Array.from({ length: plan.levels - 1 }, (_, level) => `w${c}_${level + 1}`);
  lines.push(`const best${c} = Math.max(${rest.join(', ')});`);
  if (plan.frequency !== null) lines.push(`const F${c} = F[${c}];`);
  plan.tables.forEach((_, t) => lines.push(`const T${c}_${t} = T[${c}][${t}];`));
  plan.excess.forEach((excess, k) => {
    if (excess !== null) lines.push(`const X${c}_${k} = X[${c}][${k}];`);
  });
  return lines.join('\n');
}

function planOf(prepared: Prepared, c: number): ComparisonPlan {
  const plan = prepared.comparisons[c];
  if (plan === undefined) throw new Error(`there is no comparison ${c}`);
  return plan;
}

/** Which scratch arrays a comparison reads besides its code: one per value table. */
const tableNames = (plan: ComparisonPlan, c: number): readonly string[] =>
  plan.tables.map((_, t) => `t${c}_${t}`);

function fieldsUsed(prepared: Prepared): readonly number[] {
  const used = new Set<number>();
  for (const { field, other } of prepared.comparisons) {
    used.add(field);
    if (other >= 0) used.add(other);
  }
  return [...used];
}

/** The values of one pair read straight from the packed rows: x for the first record, y for the second. */
function pairFields(prepared: Prepared): string {
  const lines = fieldsUsed(prepared).map(
    (f) => `const x${f} = packed[ra + ${f}], y${f} = packed[rb + ${f}];`,
  );
  prepared.comparisons.forEach((plan, c) => {
    tableNames(plan, c).forEach((name, t) =>
      lines.push(
        `const x${name} = x${plan.field} < 0 ? 0 : T${c}_${t}[x${plan.field}], y${name} = y${plan.field} < 0 ? 0 : T${c}_${t}[y${plan.field}];`,
      ),
    );
  });
  return lines.join('\n');
}

const DATE_LEVEL = (c: number): string => {
  const d = `(xt${c}_0 ^ yt${c}_0)`;
  // One decimal digit differs exactly when what is left above the lowest differing nibble's place is below 16.
  return `(xt${c}_1 === yt${c}_0 || yt${c}_1 === xt${c}_0) ? 1 : (${d} >>> ((31 - Math.clz32(${d} & -${d})) & 28)) < 16 ? 2 : (${d} >>> 16) === 0 ? 3 : 4`;
};

/** Level of one comparison whose values are both there and unequal, strings apart. */
function cheapLevel(plan: ComparisonPlan, c: number): string {
  switch (plan.kind) {
    case 'exact':
      return '1';
    case 'postcode':
      return `xt${c}_0 === yt${c}_0 ? 1 : xt${c}_1 === yt${c}_1 ? 2 : 3`;
    case 'date':
      return DATE_LEVEL(c);
    case 'string':
      return '-9';
  }
}

/** Declares L0, L1, … for the pair. */
const levels = (prepared: Prepared): string =>
  prepared.comparisons
    .map((plan, c) => (plan.kind === 'string' ? stringLevel : plainLevel)(plan, c))
    .join('\n');

/** The same without the strings, which the bound has declared. */
const cheapLevels = (prepared: Prepared): string =>
  prepared.comparisons.map((plan, c) => (plan.kind === 'string' ? '' : plainLevel(plan, c))).join('\n');

function plainLevel(plan: ComparisonPlan, c: number): string {
  const [x, y] = [`x${plan.field}`, `y${plan.field}`];
  return `const L${c} = (${x} | ${y}) < 0 ? -1 : ${x} === ${y} ? 0 : (${cheapLevel(plan, c)});`;
}

function stringLevel(plan: ComparisonPlan, c: number): string {
  const [x, y] = [`x${plan.field}`, `y${plan.field}`];
  const plain = `(${x} | ${y}) < 0 ? -1 : ${x} === ${y} ? 0 : S[${plan.space}](${x}, ${y})`;
  if (plan.other < 0) return `const L${c} = ${plain};`;
  return `let L${c} = ${plain};
      if (L${c} > 1 && (x${plan.other} | y${plan.other}) >= 0 && ${x} === y${plan.other} && x${plan.other} === ${y}) L${c} = 1;`;
}

/** Declares `weight`, adding in the model's order so that the sum is the reference's to the last bit. */
function weight(prepared: Prepared): string {
  const related = prepared.relatedPriors.map((_, k) => k);
  const lines = ['let own = prior, together = 0;', ...related.map((k) => `let h${k} = R[${k}];`)];
  prepared.comparisons.forEach((plan, c) => {
    const bits =
      plan.frequency === null
        ? `W${c}[L${c}]`
        : `(L${c} === 0 ? w${c}_0 + F${c}[x${plan.field}] : W${c}[L${c}])`;
    lines.push(`if (L${c} >= 0) { const bits = ${bits}; ${plan.household ? 'together' : 'own'} += bits;`);
    plan.excess.forEach((excess, k) => {
      if (excess !== null) lines.push(`h${k} += bits + X${c}_${k}[L${c}];`);
    });
    lines.push('}');
  });
  lines.push('let weight = own + Math.min(cap, together);');
  if (related.length > 0) {
    lines.push(
      'let others = 1;',
      ...related.map((k) => `others += 2 ** h${k};`),
      'weight -= Math.log2(others);',
    );
  }
  return lines.join('\n');
}

function patternSum(prepared: Prepared): string {
  let radix = 1;
  const terms = prepared.comparisons.map(({ levels: count }, c) => {
    const term = `(L${c} + 1) * ${radix}`;
    radix *= count + 1;
    return term;
  });
  return terms.join(' + ') || '0';
}

/**
 * Drops the pair as soon as it cannot reach the threshold: cheap comparisons count in full, strings at their best
 * level until they are measured, those first whose disagreement says most. Declares the strings' levels.
 */
function bound(prepared: Prepared, frequencies: boolean): string {
  const lines = ['let boundOwn = prior, boundTogether = 0;'];
  const sumOf = (plan: ComparisonPlan): string => (plan.household ? 'boundTogether' : 'boundOwn');
  prepared.comparisons.forEach((plan, c) => {
    const [x, y] = [`x${plan.field}`, `y${plan.field}`];
    const exact = plan.frequency === null || !frequencies ? `w${c}_0` : `e${c}`;
    const unequal =
      plan.kind === 'string'
        ? `best${c}`
        : plan.kind === 'exact'
          ? `w${c}_1`
          : `W${c}[${cheapLevel(plan, c)}]`;
    lines.push(`if ((${x} | ${y}) >= 0) ${sumOf(plan)} += ${x} === ${y} ? ${exact} : ${unequal};`);
  });
  const drop = 'if (boundOwn + Math.min(cap, boundTogether) < threshold) continue;';
  lines.push(drop);
  const gap = ({ weights }: ComparisonPlan): number =>
    Math.max(...weights.subarray(1)) - (weights.at(-1) ?? 0);
  const strings = prepared.comparisons
    .map((plan, c) => ({ plan, c }))
    .filter(({ plan }) => plan.kind === 'string')
    .sort((one, two) => gap(two.plan) - gap(one.plan));
  for (const { plan, c } of strings) {
    lines.push(stringLevel(plan, c), `if (L${c} > 0) { ${sumOf(plan)} += W${c}[L${c}] - best${c}; ${drop} }`);
  }
  return lines.join('\n');
}

function loopSource(prepared: Prepared, rule: number, mode: 'predict' | 'count'): string {
  const fields = fieldsUsed(prepared);
  const tables = prepared.comparisons.flatMap((plan, c) =>
    tableNames(plan, c).map((name, t) => ({ name, field: plan.field, table: `T${c}_${t}` })),
  );
  const earlier = Array.from({ length: rule }, (_, r) => r);
  const met = [
    ...earlier.map((r) => `k${r}[j] === a${r}`),
    ...(prepared.anyDuplicateFree ? ['source[j] === sa'] : []),
  ];
  return `
  ${fields.map((f) => `const f${f} = scratch();`).join(' ')}
  ${tables.map(({ name }) => `const ${name} = scratch();`).join(' ')}
  ${earlier.map((r) => `const k${r} = scratch();`).join(' ')}
  const source = scratch();
  return (order, from, to, first, end) => {
    const n = to - from;
    for (let i = 0; i < n; i++) {
      const row = order[from + i] * ${prepared.stride};
      ${fields.map((f) => `const v${f} = packed[row + ${f}]; f${f}[i] = v${f};`).join('\n')}
      ${tables.map(({ name, field, table }) => `${name}[i] = v${field} < 0 ? 0 : ${table}[v${field}];`).join('\n')}
      ${earlier.map((r) => `k${r}[i] = packed[row + ${prepared.firstKeyField + r}];`).join('\n')}
      ${prepared.anyDuplicateFree ? `source[i] = packed[row + ${prepared.sourceField}];` : ''}
    }
    let pairs = 0;
    for (let i = first; i < end; i++) {
      ${fields.map((f) => `const x${f} = f${f}[i];`).join(' ')}
      ${tables.map(({ name }) => `const x${name} = ${name}[i];`).join(' ')}
      ${earlier.map((r) => `const a${r} = k${r}[i];`).join(' ')}
      ${prepared.anyDuplicateFree ? 'const sa = source[i];' : ''}
      ${mode === 'predict' ? frequencies(prepared) : ''}
      for (let j = i + 1; j < n; j++) {
        ${met.length > 0 ? `if (${met.join(' || ')}) continue;` : ''}
        pairs++;
        ${fields.map((f) => `const y${f} = f${f}[j];`).join(' ')}
        ${tables.map(({ name }) => `const y${name} = ${name}[j];`).join(' ')}
        ${bound(prepared, mode === 'predict')}
        ${cheapLevels(prepared)}
        ${
          mode === 'predict'
            ? `${weight(prepared)}
        if (weight >= bar) { const a = order[from + i], b = order[from + j]; sink.edge(a < b ? a : b, a < b ? b : a, weight); }`
            : `sink.pattern(${patternSum(prepared)});`
        }
      }
    }
    sink.pairs += pairs;
  };`;
}

/** Weight of exact agreement with the first record's own value: one look-up per row instead of one per pair. */
function frequencies(prepared: Prepared): string {
  return prepared.comparisons
    .map(({ frequency, field }, c) =>
      frequency === null ? '' : `const e${c} = x${field} < 0 ? 0 : w${c}_0 + F${c}[x${field}];`,
    )
    .join(' ');
}
