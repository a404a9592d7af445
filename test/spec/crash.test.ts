/** A run that breaks off anywhere and is started again ends as a run left alone: same tables, receipts, states and reports. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  carryThrough,
  differences,
  discard,
  prepareValley,
  roleOfKind,
  trialsOf,
  type Kind,
  type Trial,
} from '../platform/crash.ts';

let prepared: string;
let clean: Trial;
let kinds: readonly Kind[];
beforeAll(async () => {
  prepared = await prepareValley();
  clean = await carryThrough(prepared, []);
  kinds = [...new Set(clean.calls)];
}, 180_000);
afterAll(() => discard(prepared));

describe('a daily run and two releases over three months of a valley', () => {
  it('make every kind of mutating call by which they could be left half done', () => {
    // Each function that writes writes something here; the kinds themselves come from the trail.
    expect([...new Set(kinds.map(roleOfKind))].sort()).toEqual([
      'tvt-fn-finish-run',
      'tvt-fn-match-people',
      'tvt-fn-normalise-feed',
      'tvt-fn-plan-run',
      'tvt-fn-publish-snapshot',
      'tvt-fn-purge-expired',
      'tvt-fn-receive-feed',
      'tvt-fn-release-report',
      'tvt-fn-start-report',
    ]);
    expect(kinds).toContain('tvt-fn-publish-snapshot CopyObject linked collection_month');
    expect(kinds).toContain('tvt-fn-purge-expired DeleteObjects linked');
    expect(clean.state['releases/release-a/outcome.json']).toContain('"released"');
    expect(clean.state['linked event_record']).toContain('occurrence_ref');
  });

  it('end alike when the function is killed after each kind of call', async () => {
    const broken = new Set<Kind>();
    for (const breaks of trialsOf(kinds, 'kill the caller')) {
      const trial = await carryThrough(prepared, breaks);
      for (const { kind } of trial.broken) broken.add(kind);
      expect([breaks, differences(clean.state, trial.state)]).toEqual([breaks, []]);
    }
    expect([...broken].sort()).toEqual([...kinds].sort());
  }, 400_000);

  it('end alike when the platform is stopped and started again after a call of each function', async () => {
    const [breaks = []] = trialsOf(kinds, 'restart the stand-in');
    const trial = await carryThrough(prepared, breaks);
    expect(trial.broken).toEqual(breaks);
    expect(differences(clean.state, trial.state)).toEqual([]);
  }, 180_000);
});
