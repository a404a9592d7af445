/** What the synthetic valley sends is judged as any partner's file is: whole and clean, or spoilt on purpose and refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badFile, type Fault, FAULTS } from '../../cli/synth-data/bad-files.ts';
import { dailyDelta } from '../../cli/synth-data/daily-delta.ts';
import { CONTRACTS_FOLDER } from '../../cli/synth-data/extract-layout.ts';
import { generateValley } from '../../cli/synth-data/generate.ts';
import { loadContracts } from '../../pipeline/contract/load.ts';
import { type LandingResult, validateDelivery } from '../../pipeline/landing/validate.ts';
import type { DeliveryKind } from '../../pipeline/zones.ts';

const UNTIL = '2026-11-24';
const contracts = loadContracts(CONTRACTS_FOLDER);
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'synth-landing-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what the synthetic valley sends', () => {
  it('is accepted whole and without a warning, extracts and changes alike', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const sizes = { seed, until: UNTIL, months: 6, scale: 0.15, out: join(folder, String(seed)) };
        const extracts = generateValley(sizes).files.map((file) => ({ ...file, kind: 'full' }) as const);
        const changes = dailyDelta({
          ...sizes,
          day: UNTIL,
          share: 0.05,
          out: join(sizes.out, 'changes'),
        }).files;
        for (const { partner, feed, path, rows, kind } of [
          ...extracts,
          ...changes.map((file) => ({ ...file, kind: 'changes' }) as const),
        ]) {
          const result = await judge(partner, feed, path, kind);

          expect(result).toMatchObject({ accepted: true, errors: [], warnings: [] });
          expect(result.counts.loaded).toBe(rows);
        }
      }),
      { numRuns: 4 },
    );
  });

  it.each(Object.keys(FAULTS) as Fault[])('is refused at every partner when spoilt: %s', async (fault) => {
    for (const partner of contracts.partners.values()) {
      for (const { feed } of partner.feeds) {
        const spoilt = badFile({ partner: partner.id, feed, fault, seed: 5, until: UNTIL });
        const result = await judge(partner.id, feed, [Buffer.from(spoilt.text)], 'full');

        expect(result.accepted).toBe(false);
        expect(result.errors.length).toBeGreaterThan(0);
      }
    }
  });
});

function judge(
  partner: string,
  feed: string,
  file: string | readonly Uint8Array[],
  kind: DeliveryKind,
): Promise<LandingResult> {
  const contract = contracts.feeds.get(feed);
  const share = contracts.partners.get(partner)?.feeds.find((each) => each.feed === feed);
  if (contract === undefined) throw new Error(`No contract ${feed}.`);
  const declared = { kind, rows: null, extracted: UNTIL };
  return validateDelivery({ file, contract, share, declared, today: UNTIL });
}
