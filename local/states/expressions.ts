/** Evaluates JSONata wherever a definition has `{% … %}`, as Step Functions does: undefined is an error. */
import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import { isList, parseJson, type Json } from './json.ts';
import { expressionIn } from './expression-check.ts';
import { StateFailure } from './failure.ts';

/** What `$states` and the variables are at one point of a state. */
export interface Scope {
  readonly states: {
    readonly input: Json;
    readonly context: Json;
    readonly result?: Json;
    readonly errorOutput?: Json;
  };
  readonly variables: Readonly<Record<string, Json>>;
}

/** Where randomness and time come from. */
export interface Sources {
  readonly now: () => Date;
  /** Even in [0, 1). */
  readonly random: () => number;
  readonly uuid: () => string;
}

export type Evaluate = (template: Json, scope: Scope, field: string) => Promise<Json>;

const parsed = new Map<string, jsonata.Expression>();

export function createEvaluate(sources: Sources): Evaluate {
  const functions = functionsOf(sources);
  const evaluate: Evaluate = async (template, scope, field) => {
    if (typeof template === 'string') {
      const source = expressionIn(template);
      return source === null
        ? template
        : evaluateText(source, { ...functions, ...scope.variables, states: scope.states }, field);
    }
    if (isList(template)) return Promise.all(template.map((part) => evaluate(part, scope, field)));
    if (typeof template !== 'object' || template === null) return template;
    const entries = Object.entries(template).map(
      async ([key, part]) => [key, await evaluate(part, scope, `${field}.${key}`)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  };
  return evaluate;
}

async function evaluateText(source: string, bindings: Record<string, unknown>, field: string): Promise<Json> {
  let result: unknown;
  try {
    const expression = parsed.get(source) ?? jsonata(source);
    parsed.set(source, expression);
    result = await expression.evaluate(undefined, bindings);
  } catch (error) {
    throw queryFailure(field, error instanceof Error ? error.message : describe(error));
  }
  if (result === undefined) throw queryFailure(field, 'the expression returned nothing (undefined)');
  // JSONata returns its own kinds of array and function; what leaves here is plain JSON.
  return parseJson(JSON.stringify(result, onlyJson(field)));
}

const onlyJson = (field: string) => (_: string, value: unknown) => {
  const isFunction =
    typeof value === 'function' ||
    (typeof value === 'object' &&
      value !== null &&
      ('_jsonata_function' in value || '_jsonata_lambda' in value));
  if (isFunction) throw queryFailure(field, 'the expression returned a function');
  if (typeof value === 'number' && !Number.isFinite(value))
    throw queryFailure(field, 'a number is not finite');
  return value;
};

/** JSONata throws plain objects with a code and a message. */
const describe = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : 'unknown';

const queryFailure = (field: string, why: string): StateFailure =>
  new StateFailure('States.QueryEvaluationError', `The JSONata in field '${field}' failed: ${why}.`);

const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};
/** As the intrinsic States.ArrayRange. */
const RANGE_LIMIT = 1000;

/** What Step Functions adds to JSONata, the clock it runs on, and `$eval` taken away. */
function functionsOf({ now, random, uuid }: Sources): Record<string, unknown> {
  return {
    eval: undefined,
    now: (picture?: string, timezone?: string) =>
      picture === undefined
        ? now().toISOString()
        : jsonata('$fromMillis(at, picture, timezone)').evaluate({ at: now().getTime(), picture, timezone }),
    millis: () => now().getTime(),
    random: (seed?: number) => (seed === undefined ? random() : seeded(seed)),
    uuid: () => uuid(),
    parse: (text?: string): unknown => (text === undefined ? undefined : JSON.parse(text)),
    hash: (data: string | undefined, algorithm: string) => {
      const name = HASHES[algorithm];
      if (name === undefined) throw new Error(`$hash knows no ${algorithm}`);
      return data === undefined ? undefined : createHash(name).update(data).digest('hex');
    },
    range: (first: number, last: number, step: number) => {
      const count = Math.floor((last - first) / step) + 1;
      if (!Number.isFinite(count) || count > RANGE_LIMIT)
        throw new Error('$range gives at most 1,000 numbers');
      return Array.from({ length: Math.max(0, count) }, (_, index) => first + index * step);
    },
    partition: (list: readonly unknown[] | undefined, size: number) => {
      if (list === undefined) return undefined;
      if (!Number.isInteger(size) || size < 1) throw new Error('$partition needs a whole size of 1 or more');
      const whole: readonly unknown[] = Array.isArray(list) ? list : [list];
      return Array.from({ length: Math.ceil(whole.length / size) }, (_, index) =>
        whole.slice(index * size, (index + 1) * size),
      );
    },
  };
}

/** The same seed gives the same number; which number is Step Functions' own affair. */
const seeded = (seed: number): number =>
  createHash('sha256').update(String(seed)).digest().readUIntBE(0, 6) / 2 ** 48;
