/** What is always or never true of landing, whatever is sent. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedContract } from '../../pipeline/contract/model.ts';
import type { RowSink } from '../../pipeline/contract/rows.ts';
import { shapeOf } from '../../pipeline/landing/fault.ts';
import { renderReceipt } from '../../pipeline/landing/receipt.ts';
import { validateDelivery } from '../../pipeline/landing/validate.ts';
import { type Cells, check, csv, fire, police, row, rows, socialCare, TODAY } from '../spec/deliveries.ts';
import { mutated, seeded } from './mutations.ts';

/** Takes canonical rows as text. */
function collecting(): { readonly sink: RowSink; readonly rows: () => readonly string[] } {
  let text = '';
  return {
    sink: {
      prefixBytes: 0,
      row: () => undefined,
      write: (bytes) => void (text += Buffer.from(bytes).toString()),
    },
    rows: () => text.split('\n').slice(0, -1),
  };
}

const asCells = (contract: FeedContract, canonical: string): Cells =>
  Object.fromEntries(
    canonical
      .split('\u001f')
      .slice(1)
      .map((value, place) => [contract.columns[place]?.name ?? '', value]),
  );

const spaces = fc.constantFrom('', ' ', '  ', '\u00a0', '\t');
const spelling = fc.record({
  surname: fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
    fc.constantFrom("O'Ne  ill", 'Zoe\u0308', '=1+1', 'Null'),
  ),
  middle_names: fc.string({ unit: 'binary', maxLength: 20 }),
  home_postcode: fc.constantFrom('zz11aa', 'ZZ1 1AA', ' zz1  1aa', 'ZZ10 0AB', 'x'),
  phone: fc.constantFrom('07700 900123', '+44 (0)7700 900123', '0044 7700-900123', '+33 1 99 00 12 34', '12'),
  home_uprn: fc.constantFrom('000999000000001', '999000000001', '0', '1E5'),
  sex: fc.constantFrom('m', 'F', 'x', ''),
  dob: fc.constantFrom('1988-02-29', '1988-2-3', '1988-02-29 00:00:00', '1988-02-30'),
  ethnicity: fc.constantFrom('w1', 'W1', ''),
});

describe('landing', () => {
  it('normalising twice is normalising once', async () => {
    await fc.assert(
      fc.asyncProperty(spelling, spaces, async (cells, space) => {
        const lenient = { ...police, dialect: { ...police.dialect, maxRejectRatio: 1 } };
        const padded = Object.fromEntries(
          Object.entries(cells).map(([name, value]) => [name, `${space}${value}${space}`]),
        );
        const first = collecting();
        await check(lenient, csv(lenient, [row(lenient, 1, padded)]), { sink: first.sink });
        for (const once of first.rows()) {
          const second = collecting();
          const again = await check(lenient, csv(lenient, [asCells(lenient, once)]), { sink: second.sink });
          expect(again).toMatchObject({ accepted: true, warnings: [] });
          expect(second.rows()).toEqual([once]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same answer however the bytes are cut', async () => {
    const file = Buffer.from(
      csv(
        police,
        rows(police, 20).map((cells) => ({ ...cells, surname: 'Zoë "O’Ne\r\nill"', phone: 'x' })),
      ),
    );
    const whole = await check(police, file);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }),
        async (cuts) => {
          const chunks: Buffer[] = [];
          for (let at = 0, cut = 0; at < file.length; cut++) {
            const length = cuts[cut % cuts.length] ?? 1;
            chunks.push(file.subarray(at, at + length));
            at += length;
          }
          const declared = { kind: 'full', rows: null, extracted: null } as const;
          expect(await validateDelivery({ file: chunks, contract: police, declared, today: TODAY })).toEqual(
            whole,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('no message holds a value that was sent', async () => {
    const secret = fc.stringMatching(/^[b-z]{6,12}[0-8]{4}$/);
    const names = police.columns.map((column) => column.name);
    await fc.assert(
      fc.asyncProperty(secret, fc.constantFrom(...names), fc.nat(3), async (value, name, where) => {
        const bad = row(police, 2, { [name]: value });
        const files = [
          csv(police, [row(police, 1), bad, bad]),
          `${value},${value}\n${csv(police, [bad])}`,
          csv(police, [bad], [value]),
          `${csv(police, [row(police, 1)])}"${value}" ${value},x\n`,
        ];
        const result = await check(police, files[where] ?? '');
        const receipt = renderReceipt(result, {
          deliveryId: 'd',
          partner: 'p',
          partnerName: 'P',
          feed: police.id,
          feedName: police.name,
          contractVersion: police.version,
          kind: 'full',
          extracted: null,
          judgedAt: '',
        });
        for (const text of [receipt.json, receipt.csv, receipt.html])
          expect(text.toLowerCase()).not.toContain(value);
      }),
      { numRuns: 400 },
    );
  });

  it('the shape of a value keeps none of its letters and digits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(shapeOf(text)).toMatch(/^[Aa9E\s/.,:;+'"#£&@()_=*%?!-]{0,30}(… \(\d+ characters\))?$/u);
      }),
    );
  });

  it('never crashes, hangs or loads a part of a damaged file (600 seeded mutations)', async () => {
    const contracts = [police, socialCare, fire];
    const outcomes = { accepted: 0, refused: 0 };
    for (let seed = 1; seed <= 600; seed++) {
      const random = seeded(seed);
      const contract = contracts[seed % contracts.length] ?? police;
      const file = mutated(Buffer.from(csv(contract, rows(contract, 1 + (seed % 40)))), random);
      const taken = collecting();
      const result = await check(contract, file, { kind: null, sink: taken.sink });
      expect(result.accepted).toBe(result.errors.length === 0);
      expect(result.counts.loaded).toBe(result.accepted ? result.counts.rows : 0);
      if (result.accepted) expect(taken.rows()).toHaveLength(result.counts.rows);
      outcomes[result.accepted ? 'accepted' : 'refused']++;
    }
    expect(outcomes.accepted).toBeGreaterThan(20);
    expect(outcomes.refused).toBeGreaterThan(200);
  });
});
