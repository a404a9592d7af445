/**
 * Linking that goes on from where it stopped: inserts, updates and deletions under one frozen model. What any sequence
 * of deltas leaves is what a batch over the surviving records gives (property-tested); persons keep their ids.
 */
import { DEFAULT_CLIP_BITS, guardedClusters } from '../engine/cluster.ts';
import type { FrozenCounts } from '../engine/prepare.ts';
import type { LinkageModel } from '../model.ts';
import { fold } from '../value-level.ts';
import { carryIds, type PersonEvent } from './person-ids.ts';
import { blockingKeys, recordWeight, type Values } from './record-weight.ts';

export interface StateRecord {
  readonly id: string;
  readonly source: number;
  readonly values: Values;
}

export interface Decision {
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
}

export interface Delta {
  /** New records, and new versions of known ones. */
  readonly put?: readonly StateRecord[];
  readonly remove?: readonly string[];
  /** Human decisions; a later one on the same two records takes the place of an earlier. */
  readonly decide?: readonly Decision[];
}

export interface FrozenModel {
  readonly model: LinkageModel;
  readonly counts: FrozenCounts;
  readonly duplicateFree: readonly number[];
}

export class LinkState {
  readonly records = new Map<string, StateRecord>();
  /** Scored neighbours at or above the threshold. */
  readonly edges = new Map<string, Map<string, number>>();
  readonly decisions = new Map<string, Decision>();
  readonly personOf = new Map<string, string>();
  readonly frozen: FrozenModel;
  /** The frozen value counts, less the values that erasure took out. */
  readonly counts: Map<string, { counts: Map<string, number>; total: number; distinct: number }>;
  readonly #members = new Map<string, Set<string>>();
  readonly #blocks: Map<string, Set<string>>[];
  readonly #weight: (a: Values, b: Values) => number;
  readonly #mint: () => string;

  /** @param mint makes an id never used before. */
  constructor(frozen: FrozenModel, mint: () => string) {
    this.frozen = frozen;
    this.#mint = mint;
    this.counts = new Map(
      [...frozen.counts].map(([name, one]) => [name, { ...one, counts: new Map(one.counts) }]),
    );
    this.#weight = recordWeight(frozen.model, this.counts);
    this.#blocks = frozen.model.blocking.map(() => new Map<string, Set<string>>());
  }

  /** Applies a delta; answers what happened to persons. */
  apply(delta: Delta): readonly PersonEvent[] {
    const put = delta.put ?? [];
    const gone = new Set(
      [...(delta.remove ?? []), ...put.map(({ id }) => id)].filter((id) => this.records.has(id)),
    );
    const touched = new Set<string>();
    // Blocks that the delta brings over or under the size limit change for all their members, not only for the new.
    const sizes = new Map<string, number>();
    for (const id of gone) this.#withdraw(id, touched, sizes);
    for (const record of put) this.#enter(record, sizes);
    const anew = new Set(put.map(({ id }) => id));
    for (const id of this.#resized(sizes)) {
      anew.add(id);
      this.#dropEdges(id, touched);
    }
    for (const id of anew) this.#score(id, touched);
    for (const decision of delta.decide ?? []) {
      this.decisions.set(pairKey(decision.a, decision.b), decision);
      touched.add(decision.a).add(decision.b);
    }
    for (const id of anew) touched.add(id);
    return this.#recluster(touched, gone);
  }

  /**
   * Removes records for good: no value that only they held stays anywhere, the frozen counts included. Totals stay, so
   * that no other pair's weight moves.
   */
  erase(ids: readonly string[]): readonly PersonEvent[] {
    const events = this.apply({ remove: ids });
    const gone = new Set(ids);
    for (const [key, { a, b }] of this.decisions) if (gone.has(a) || gone.has(b)) this.decisions.delete(key);
    for (const { name, column, kind } of this.frozen.model.comparisons) {
      const counted = this.counts.get(name);
      if (counted === undefined) continue;
      const held = new Set([...this.records.values()].map(({ values }) => fold(values[column] ?? '', kind)));
      for (const value of counted.counts.keys()) if (!held.has(value)) counted.counts.delete(value);
    }
    return events;
  }

  /** Takes up a state that was written down: its edges and persons as they are, nothing compared again. */
  restore(from: {
    readonly records: readonly StateRecord[];
    readonly decisions: readonly Decision[];
    readonly edges: readonly (readonly [a: string, b: string, weight: number])[];
    readonly persons: readonly (readonly [record: string, person: string])[];
  }): void {
    for (const record of from.records) this.#enter(record, new Map());
    for (const decision of from.decisions) this.decisions.set(pairKey(decision.a, decision.b), decision);
    for (const [a, b, weight] of from.edges) {
      this.#edge(a, b, weight);
      this.#edge(b, a, weight);
    }
    for (const [record, person] of from.persons) {
      this.personOf.set(record, person);
      this.#members.set(person, (this.#members.get(person) ?? new Set()).add(record));
    }
  }

  #withdraw(id: string, touched: Set<string>, sizes: Map<string, number>): void {
    const record = this.records.get(id);
    if (record === undefined) return;
    this.#dropEdges(id, touched);
    blockingKeys(this.frozen.model, record.values).forEach((key, rule) => {
      if (key === null) return;
      const block = this.#blocks[rule]?.get(key);
      noteSize(sizes, rule, key, block?.size ?? 0);
      block?.delete(id);
      if (block?.size === 0) this.#blocks[rule]?.delete(key);
    });
    this.records.delete(id);
    touched.add(id);
  }

  #enter(record: StateRecord, sizes: Map<string, number>): void {
    this.records.set(record.id, record);
    blockingKeys(this.frozen.model, record.values).forEach((key, rule) => {
      if (key === null) return;
      const blocks = this.#blocks[rule];
      const block = blocks?.get(key) ?? new Set<string>();
      noteSize(sizes, rule, key, block.size);
      block.add(record.id);
      blocks?.set(key, block);
    });
  }

  /** Members of blocks that were compared and are now too large, or the other way about. */
  #resized(sizes: ReadonlyMap<string, number>): ReadonlySet<string> {
    const members = new Set<string>();
    for (const [name, before] of sizes) {
      const at = name.indexOf(' ');
      const rule = Number(name.slice(0, at));
      const block = this.#blocks[rule]?.get(name.slice(at + 1));
      if (block === undefined || this.#tooLarge(rule, before) === this.#tooLarge(rule, block.size)) continue;
      for (const id of block) members.add(id);
    }
    return members;
  }

  #tooLarge(rule: number, size: number): boolean {
    const { blocking, largestBlockPairs } = this.frozen.model;
    return blocking[rule]?.parts.length !== 0 && (size * (size - 1)) / 2 > largestBlockPairs;
  }

  #dropEdges(id: string, touched: Set<string>): void {
    for (const other of this.edges.get(id)?.keys() ?? []) {
      this.edges.get(other)?.delete(id);
      if (this.edges.get(other)?.size === 0) this.edges.delete(other);
      touched.add(other);
    }
    if (this.edges.delete(id)) touched.add(id);
  }

  #score(id: string, touched: Set<string>): void {
    const record = this.records.get(id);
    if (record === undefined) return;
    const { model, duplicateFree } = this.frozen;
    const met = new Set<string>([id]);
    blockingKeys(model, record.values).forEach((key, rule) => {
      const block = key === null ? undefined : this.#blocks[rule]?.get(key);
      if (block === undefined || this.#tooLarge(rule, block.size)) return;
      for (const other of block) {
        if (met.has(other)) continue;
        met.add(other);
        const with_ = this.records.get(other);
        if (with_ === undefined) continue;
        if (with_.source === record.source && duplicateFree.includes(record.source)) continue;
        const weight = this.#weight(record.values, with_.values);
        if (weight < model.thresholdBits) continue;
        this.#edge(id, other, weight);
        this.#edge(other, id, weight);
        touched.add(other);
      }
    });
  }

  #edge(from: string, to: string, weight: number): void {
    const known = this.edges.get(from);
    if (known === undefined) this.edges.set(from, new Map([[to, weight]]));
    else known.set(to, weight);
  }

  /** Clusters again whatever hangs together with a touched record, from the stored edges: only so can clusters part. */
  #recluster(touched: ReadonlySet<string>, gone: ReadonlySet<string>): readonly PersonEvent[] {
    const start = new Set<string>();
    const before = new Map<string, string>();
    for (const id of [...touched, ...gone]) {
      if (this.records.has(id)) start.add(id);
      const person = this.personOf.get(id);
      for (const member of person === undefined ? [] : (this.#members.get(person) ?? [])) {
        before.set(member, person ?? '');
        if (this.records.has(member)) start.add(member);
      }
    }
    const same = sameDecisions(this.decisions, this.records);
    const clusters: string[][] = [];
    const seen = new Set<string>();
    for (const id of start) {
      if (seen.has(id)) continue;
      const component = this.#component(id, same, seen);
      for (const member of component) {
        const person = this.personOf.get(member);
        if (person !== undefined) before.set(member, person);
      }
      clusters.push(...this.#clustersOf(component.sort()));
    }
    const { persons, events } = carryIds(clusters, before, this.#mint);
    for (const [member, person] of before) {
      this.personOf.delete(member);
      this.#members.delete(person);
    }
    clusters.forEach((members, index) => {
      const person = persons[index] ?? '';
      this.#members.set(person, new Set(members));
      for (const member of members) this.personOf.set(member, person);
    });
    return events;
  }

  #component(from: string, same: ReadonlyMap<string, readonly string[]>, seen: Set<string>): string[] {
    const found = [from];
    seen.add(from);
    for (let at = 0; at < found.length; at++) {
      const id = found[at] ?? from;
      for (const other of [...(this.edges.get(id)?.keys() ?? []), ...(same.get(id) ?? [])]) {
        if (seen.has(other)) continue;
        seen.add(other);
        found.push(other);
      }
    }
    return found;
  }

  #clustersOf(ids: readonly string[]): string[][] {
    const row = new Map(ids.map((id, index) => [id, index]));
    const pairs = ids.flatMap((id, a) =>
      [...(this.edges.get(id) ?? [])].flatMap(([other, weight]) => {
        const b = row.get(other) ?? a;
        return a < b ? [{ a, b, weight }] : [];
      }),
    );
    const records = ids.map((id) => this.records.get(id));
    const inside = (one: Decision): boolean => row.has(one.a) && row.has(one.b);
    const { clusters } = guardedClusters(
      ids.length,
      {
        a: Int32Array.from(pairs, ({ a }) => a),
        b: Int32Array.from(pairs, ({ b }) => b),
        weights: Float64Array.from(pairs, ({ weight }) => weight),
      },
      {
        sources: Int32Array.from(records, (record) => record?.source ?? -1),
        duplicateFree: new Set(this.frozen.duplicateFree),
        decisions: [...this.decisions.values()]
          .filter(inside)
          .map(({ a, b, same }) => ({ a: row.get(a) ?? 0, b: row.get(b) ?? 0, same })),
        weightOf: (a, b) => this.#weight(records[a]?.values ?? {}, records[b]?.values ?? {}),
        clipBits: this.frozen.model.guardClipBits ?? DEFAULT_CLIP_BITS,
      },
    );
    const groups = new Map<number, string[]>();
    ids.forEach((id, index) => {
      const cluster = clusters[index] ?? index;
      groups.set(cluster, [...(groups.get(cluster) ?? []), id]);
    });
    return [...groups.values()];
  }
}

/** Size of a block before the delta, noted the first time it is touched. */
function noteSize(sizes: Map<string, number>, rule: number, key: string, size: number): void {
  const name = `${rule} ${key}`;
  if (!sizes.has(name)) sizes.set(name, size);
}

function sameDecisions(
  decisions: ReadonlyMap<string, Decision>,
  records: ReadonlyMap<string, StateRecord>,
): ReadonlyMap<string, readonly string[]> {
  const same = new Map<string, string[]>();
  for (const { a, b, same: joined } of decisions.values()) {
    if (!joined || !records.has(a) || !records.has(b)) continue;
    same.set(a, [...(same.get(a) ?? []), b]);
    same.set(b, [...(same.get(b) ?? []), a]);
  }
  return same;
}

const pairKey = (a: string, b: string): string => (a < b ? `${a}\u0000${b}` : `${b}\u0000${a}`);
