/** What a contract promises, and what it takes for one to be used. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contractChanges } from '../../pipeline/contract/changes.ts';
import { parseDateFormat } from '../../pipeline/contract/date-format.ts';
import { parseFeedContract } from '../../pipeline/contract/feed.ts';
import { chosenColumns } from '../../pipeline/contract/load.ts';
import { ContractError } from '../../pipeline/contract/model.ts';
import { parsePartnerFile } from '../../pipeline/contract/partner.ts';
import { templateOf } from '../../pipeline/landing/template.ts';
import { check, contracts, police, rulesOf, socialCare } from './deliveries.ts';

const folder = new URL('../../contracts', import.meta.url).pathname;
const policeText = readFileSync(join(folder, 'feeds', 'police-involvements.v1.odcs.yaml'), 'utf8');
const partnerText = readFileSync(join(folder, 'partners', 'reading-borough-council.yaml'), 'utf8');
const read = (text: string, house = true) => parseFeedContract(text, 'a.odcs.yaml', { house });

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ContractError) return error.problems;
    throw error;
  }
  return [];
}

describe('the contracts of the house', () => {
  it('are those of the feeds partners share, each with an active partner', () => {
    const shared = [...contracts.partners.values()].flatMap((partner) =>
      partner.feeds.map(({ feed }) => feed),
    );
    expect([...contracts.feeds.keys()].toSorted()).toEqual([...new Set(shared)].toSorted());
  });

  it('say of every column what it is for, by which law, how long it is kept and how sensitive it is', () => {
    for (const contract of contracts.feeds.values()) {
      for (const column of contract.columns) {
        expect([column.purpose, column.gateway, column.retention, column.classification]).not.toContain('');
      }
    }
  });

  it('hold no category the privacy notice does not name', () => {
    expect(
      problemsOf(() => read(policeText.replace('value: crimes-and-incidents', 'value: health'))),
    ).toHaveLength(1);
  });

  it('name only visibly invented addresses of visibly invented people', () => {
    for (const partner of contracts.partners.values()) {
      expect(partner.controller.dataProtectionOfficer.email).toMatch(/\.example$/);
      expect(partner.controller.dataProtectionOfficer.telephone).toMatch(/^01632 960/); // Ofcom's numbers for drama
    }
  });
});

describe('a contract that cannot be used says why', () => {
  it.each([
    ['a key that is not of the standard', 'kind: DataContract', 'kind: DataContract\nowner: me', 'owner'],
    ['a version that is no version', 'version: 1.0.0', 'version: one', 'version'],
    ['a type no cell can hold', 'logicalType: date', 'logicalType: object', 'cannot stand in a CSV cell'],
    ['a clock that is no required date', 'value: recorded_date }', 'value: dob }', 'collectionDate'],
    [
      'records that name no column',
      'personKey: nominal_ref',
      'personKey: nominal',
      'not in the schema: nominal',
    ],
    ['a date format nobody can read', 'value: yyyy-MM-dd', 'value: whenever', 'date format'],
    ['two-digit years without a century', 'value: yyyy-MM-dd', 'value: dd/MM/yy', 'twoDigitYearPivot'],
    ['a column without an example', "examples: ['1988-02-29']", 'examples: []', 'example'],
    ['an encoding we do not read', 'value: utf-8', 'value: ebcdic', 'encoding'],
  ])('%s', (_, from, to, words) => {
    expect(policeText).toContain(from);
    expect(problemsOf(() => read(policeText.replace(from, to))).join('\n')).toContain(words);
  });

  it('text that is not YAML', () => {
    expect(problemsOf(() => read('a: [b'))[0]).toContain('is not YAML');
  });
});

describe('a partner file', () => {
  it('narrows a feed to the columns the partner chose', () => {
    const share = contracts.partners.get('reading-borough-council')?.feeds[0];
    const names = chosenColumns(socialCare, share).map((column) => column.name);
    expect(names).toHaveLength(14);
    expect(names).not.toContain('phone');
  });

  it('may not name an approver who is not on its staff, nor staff under another name', () => {
    expect(
      problemsOf(() =>
        parsePartnerFile(partnerText.replace('approvers: [reading-approver]', 'approvers: [someone]'), 'p'),
      ),
    ).toHaveLength(1);
    expect(
      problemsOf(() => parsePartnerFile(partnerText.replace('id: reading-dpo', 'id: oxon-dpo'), 'p')),
    ).toHaveLength(1);
  });
});

describe('the digest of a contract', () => {
  it.each([
    ['a code', 'value: [Y, N]', 'value: [Y, N, U]'],
    ['a classification', 'classification: criminal-offence', 'classification: personal'],
    ['a gateway', 'value: pcsca-2022-s16', 'value: another'],
    ['what must be filled', 'required: false', 'required: true'],
  ])('changes with %s', (_, from, to) => {
    const text = policeText.replaceAll("['Y', 'N']", '[Y, N]');
    expect(text).toContain(from);
    expect(read(text.replace(from, to), false).digest).not.toBe(police.digest);
  });

  it('stays the same when a description or an example is mended', () => {
    const mended = policeText
      .replace('First given name.', 'The first given name.')
      .replace('[Marigold]', '[Primrose]');
    expect(mended).not.toBe(policeText);
    expect(read(mended).digest).toBe(police.digest);
  });
});

describe('what changed between two versions, in words', () => {
  it('nothing, where nothing did', () => {
    expect(contractChanges(police, police)).toEqual([]);
  });

  it('an added optional column and an added code break nothing; a column taken out or a tighter rule does', () => {
    const [first, ...others] = police.columns;
    if (first === undefined) throw new Error('no column');
    const added = { ...first, name: 'gang_flag', required: false, unique: false, keyPosition: null };
    const after = {
      ...police,
      columns: [first, added, ...others.filter(({ name }) => name !== 'phone')].map((column) =>
        column.name === 'sex' ? { ...column, required: true, codes: ['M', 'F', 'U', 'X'] } : column,
      ),
    };
    expect(contractChanges(police, after)).toEqual([
      { isBreaking: true, words: 'The column phone is taken out.' },
      { isBreaking: false, words: 'The column gang_flag is added; it may be left empty.' },
      { isBreaking: true, words: 'sex: must now be filled.' },
      { isBreaking: false, words: 'sex: codes added: X.' },
    ]);
  });
});

describe('a contract from elsewhere, checked on its own', () => {
  const text = `
apiVersion: v3.1.0
kind: DataContract
id: 53581432-6c55-4ba2-a65f-72344a91553a
version: 1.0.0
status: draft
schema:
  - name: people
    properties:
      - { name: id, logicalType: string, primaryKey: true }
      - { name: nhs_number, logicalType: string }
      - { name: born, logicalType: date }
customProperties:
  - { property: encoding, value: windows-1252 }
  - { property: delimiter, value: ';' }
  - { property: dateFormat, value: DD/MM/YYYY }
  - { property: maxRejectRatio, value: 0.5 }
`;
  it('needs no more than the standard and its dialect', async () => {
    const contract = read(text, false);
    const result = await check(
      contract,
      Buffer.from('id;nhs_number;born\na;9990000018;29/02/2024\nb;9990000019;1/3/2024\n'),
    );
    expect(result).toMatchObject({ accepted: true, counts: { rows: 2, rowsWithEmptiedCells: 1 } });
    expect(rulesOf(result.warnings)).toEqual(['dialect-error', 'nhs-check-digit']);
  });
});

it.each([
  ['yyyy-MM-dd', 'ymd', '-', 4],
  ['DD/MM/YYYY', 'dmy', '/', 4],
  ['%m.%d.%y', 'mdy', '.', 2],
  ['iso', 'ymd', '-', 4],
  ['yyyyMMdd', 'ymd', '', 4],
])('reads the date format %s', (text, order, separator, yearDigits) => {
  expect(parseDateFormat(text)).toMatchObject({ order, separator, yearDigits });
});

describe('what a partner gets to begin with', () => {
  it.each([...contracts.feeds.values()].map((contract) => [contract.id, contract] as const))(
    'the template of %s is itself a good file, described column by column',
    async (_, contract) => {
      const { csv, csvw, html } = templateOf(contract);
      expect(await check(contract, csv.replaceAll('\r\n', '\n'))).toMatchObject({
        accepted: true,
        warnings: [],
      });
      const described = JSON.parse(csvw) as { tableSchema: { columns: { name: string }[] } };
      expect(described.tableSchema.columns.map(({ name }) => name)).toEqual(
        contract.columns.map(({ name }) => name),
      );
      for (const column of contract.columns) expect(html).toContain(`<code>${column.name}</code>`);
    },
  );
});
