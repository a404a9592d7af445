/** Linking state as a file: one canonical text per content, versioned and checksummed, refused when it is damaged. */
import { createHash } from 'node:crypto';
import type { LinkageModel } from '../model.ts';
import { LinkState, type Decision, type StateRecord } from './state.ts';

const FORMAT = 'tvt-link-state/1';

export type StateRead =
  | { readonly ok: true; readonly state: LinkState }
  | {
      readonly ok: false;
      readonly reason: 'not-a-state' | 'other-version' | 'damaged';
      readonly message: string;
    };

interface Content {
  readonly model: LinkageModel;
  readonly duplicateFree: readonly number[];
  readonly counts: readonly (readonly [
    name: string,
    total: number,
    distinct: number,
    values: readonly (readonly [string, number])[],
  ])[];
  readonly records: readonly StateRecord[];
  readonly decisions: readonly Decision[];
  readonly edges: readonly (readonly [a: string, b: string, weight: number])[];
  readonly persons: readonly (readonly [record: string, person: string])[];
}

/** Everything in one order of its own, so that equal states are equal bytes whatever way they came about. */
export function stateText(state: LinkState): string {
  const content: Content = {
    model: state.frozen.model,
    duplicateFree: [...state.frozen.duplicateFree].sort((x, y) => x - y),
    counts: [...state.counts].map(([name, { counts, total, distinct }]) => [
      name,
      total,
      distinct,
      sorted(counts),
    ]),
    records: sorted(state.records).map(([, { id, source, values }]) => ({
      id,
      source,
      values: Object.fromEntries(sorted(new Map(Object.entries(values)))),
    })),
    decisions: sorted(state.decisions).map(([, { a, b, same }]) =>
      a < b ? { a, b, same } : { a: b, b: a, same },
    ),
    edges: sorted(state.edges).flatMap(([a, others]) =>
      sorted(others).flatMap(([b, weight]) => (a < b ? [[a, b, weight] as const] : [])),
    ),
    persons: sorted(state.personOf),
  };
  const body = JSON.stringify(content);
  return `${FORMAT} ${checksum(body)}\n${body}\n`;
}

/** @param mint makes person ids never used before. */
export function readState(text: string, mint: () => string): StateRead {
  const [head = '', body = ''] = text.split('\n');
  const [format = '', sum = ''] = head.split(' ');
  if (!format.startsWith('tvt-link-state/'))
    return { ok: false, reason: 'not-a-state', message: 'This is no linking state.' };
  if (format !== FORMAT)
    return {
      ok: false,
      reason: 'other-version',
      message: `This linking state is of version ${format}, not ${FORMAT}: match anew.`,
    };
  if (checksum(body) !== sum || text !== `${head}\n${body}\n`)
    return {
      ok: false,
      reason: 'damaged',
      message: 'This linking state is damaged (its checksum differs): match anew.',
    };
  const content = JSON.parse(body) as Content;
  const counts = new Map(
    content.counts.map(([name, total, distinct, values]) => [
      name,
      { counts: new Map(values), total, distinct },
    ]),
  );
  const state = new LinkState({ model: content.model, counts, duplicateFree: content.duplicateFree }, mint);
  state.restore(content);
  return { ok: true, state };
}

const checksum = (body: string): string => createHash('sha256').update(body).digest('hex');

/** Entries by code unit of the key. */
function sorted<Value>(map: ReadonlyMap<string, Value>): readonly (readonly [string, Value])[] {
  return [...map].sort(([x], [y]) => (x < y ? -1 : 1));
}
