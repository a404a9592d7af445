/** What a data officer is promised about the files he or she sends: loaded whole, or sent back with words that help. */
import { describe, expect, it } from 'vitest';
import {
  check,
  contractOf,
  contracts,
  csv,
  fire,
  police,
  row,
  rows,
  rulesOf,
  type Sending,
  socialCare,
  written,
} from './deliveries.ts';

const good = csv(police, rows(police, 3));
const utf16 = (text: string, mark = true): Uint8Array =>
  Buffer.from(`${mark ? '\ufeff' : ''}${text}`, 'utf16le');
const big = (text: string): Uint8Array => Buffer.from(utf16(text)).swap16();

describe('a file that is as the contract says', () => {
  it('is loaded whole, without a warning', async () => {
    const result = await check(police, good);
    expect(result).toMatchObject({
      accepted: true,
      errors: [],
      warnings: [],
      counts: { rows: 3, loaded: 3 },
    });
  });

  it.each([...contracts.feeds.keys()])('may be made of the made-up examples of %s', async (feed) => {
    const contract = contractOf(feed);
    expect(await check(contract, csv(contract, rows(contract, 2)))).toMatchObject({
      accepted: true,
      warnings: [],
    });
  });

  it('may have its columns in any order, values in quotation marks, and lines within them', async () => {
    const turned = { ...police, columns: police.columns.toReversed() };
    const file = csv(turned, [row(police, 1, { middle_names: 'Fern, called "Fernie"\nGrace' })]);
    expect(await check(police, file)).toMatchObject({ accepted: true, warnings: [], counts: { rows: 1 } });
  });

  it('keeps cells that look like formulas as the data they are', async () => {
    const file = csv(police, [row(police, 1, { surname: '=HYPERLINK("http://x","y")' })]);
    expect((await check(police, file)).accepted).toBe(true);
  });
});

describe('loaded, with a warning that says what was done', () => {
  const cases: readonly (readonly [string, Uint8Array | string, string])[] = [
    ['a byte-order mark', `\ufeff${good}`, 'encoding-error'],
    ['UTF-16 with its mark', utf16(good), 'encoding-error'],
    ['UTF-16 with its mark, the other byte first', big(good), 'encoding-error'],
    ['CR LF', good.replaceAll('\n', '\r\n'), 'dialect-error'],
    ['CR alone', good.replaceAll('\n', '\r'), 'dialect-error'],
    [
      'a header in other capitals with spaces round it',
      good.replace('surname', ' Surname\u00a0'),
      'incorrect-label',
    ],
    ['an empty column at the end', good.replaceAll('\n', ',\n'), 'blank-label'],
    ['empty columns at the end of the header alone', good.replace('\n', ',,\n'), 'blank-label'],
    ['blank rows at the end', `${good}\n,,,,,,,,,,,,,,,,,,,,,\n\n`, 'blank-row'],
    ['Ctrl-Z at the end', `${good}\u001a`, 'format-error'],
    ['Ctrl-Z and a line end at the end', `${good}\u001a\r\n`, 'format-error'],
  ];
  it.each(cases)('%s', async (_, file, rule) => {
    const result = await check(police, file);
    expect(result.errors).toEqual([]);
    expect(result).toMatchObject({ accepted: true, counts: { rows: 3, loaded: 3 } });
    expect(rulesOf(result.warnings)).toContain(rule);
  });

  it('Windows-1252 where the contract declares it', async () => {
    const declared = written(police, { encoding: 'windows-1252' });
    const result = await check(
      declared,
      Buffer.from(csv(police, [row(police, 1, { surname: 'Nuñez' })]), 'latin1'),
    );
    expect(result).toMatchObject({ accepted: true, counts: { rows: 1 } });
    expect(rulesOf(result.warnings)).toEqual(['encoding-error']);
  });

  it.each([';', '\t', '|'])('the delimiter %j where the contract declares it', async (delimiter) => {
    const declared = written(police, { delimiter });
    const result = await check(declared, csv(declared, rows(police, 2)));
    expect(result).toMatchObject({ accepted: true, counts: { rows: 2 } });
    expect(rulesOf(result.warnings)).toEqual(['dialect-error']);
  });
});

describe('refused whole', () => {
  const head = good.split('\n')[0] ?? '';
  const one = row(police, 1);
  const scientific = row(police, 1, { involvement_ref: '1.23E+11' });
  const cases: readonly (readonly [string, Uint8Array | string, string, Sending?])[] = [
    [
      'an encoding nobody declared',
      Buffer.from(csv(police, [row(police, 1, { surname: 'Nuñez' })]), 'latin1'),
      'encoding-error',
    ],
    ['UTF-16 without its mark', utf16(good, false), 'encoding-error'],
    ['a delimiter nobody declared', good.replaceAll(',', ';'), 'dialect-error'],
    ['title rows above the header', `Extract of involvements\nRun by the system\n${good}`, 'incorrect-label'],
    ['a column sent twice', csv(police, [one], ['surname']), 'duplicate-label'],
    ['a column that is missing', good.replaceAll(/,[^,\n]*\n/g, '\n'), 'missing-label'],
    ['a header that holds few of the columns', 'involvement_ref,surname\na,b\n', 'missing-label'],
    ['a column nobody knows', csv(police, [one], ['shoe_size']), 'extra-label'],
    ['a column without a name', csv(police, [one], ['']), 'blank-label'],
    ['a row with a cell too few', `${good}a,b\n`, 'missing-cell'],
    ['a row with a cell too many', good.replace(/\n$/, ',x\n'), 'extra-cell'],
    ['a blank row with rows after it', good.replace('\nREF-000002', '\n\nREF-000002'), 'blank-row'],
    ['a NUL byte', `${good}\u0000`, 'format-error'],
    ['Ctrl-Z with rows after it', `${good}\u001a${good}`, 'format-error'],
    ['a quotation mark never closed', `${head}\n"${good.slice(head.length + 1)}`, 'format-error'],
    ['a spreadsheet renamed', Buffer.from([0x50, 0x4b, 3, 4, 20, 0, 6, 0]), 'format-error'],
    ['an old spreadsheet renamed', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]), 'format-error'],
    ['an empty file', '', 'source-error'],
    ['a file of a mark alone', '\ufeff', 'source-error'],
    ['a header alone', `${head}\n`, 'source-error'],
    ['a key that is missing', csv(police, [row(police, 1, { involvement_ref: '' })]), 'primary-key'],
    ['a key sent twice', csv(police, [one, one]), 'primary-key'],
    ['a key in scientific notation', csv(police, [scientific]), 'type-error'],
    ['a required cell that is empty', csv(police, [row(police, 1, { role: ' ' })]), 'constraint-error'],
    ['a required code nobody knows', csv(police, [row(police, 1, { role: 'BYST' })]), 'constraint-error'],
    [
      'a recorded date in the future',
      csv(police, [row(police, 1, { recorded_date: '2026-11-25' })]),
      'constraint-error',
    ],
    [
      'dates with the day first where the contract says otherwise',
      csv(police, [row(police, 1, { dob: '14/03/1988' })]),
      'type-error',
    ],
    [
      'days counted as a spreadsheet counts them',
      csv(police, [row(police, 1, { dob: '32216' })]),
      'type-error',
    ],
    ['two-digit years', csv(police, [row(police, 1, { dob: '14/03/88' })]), 'type-error'],
    ['day and month the wrong way round', csv(police, [row(police, 1, { dob: '1988-14-03' })]), 'type-error'],
    ['fewer rows than its sender declared', good, 'row-count', { rows: 4 }],
    ['an extract from tomorrow', good, 'extracted-date', { extracted: '2026-11-25' }],
    ['a nil return where the feed has none', `${head}\n`, 'nil-return', { kind: 'nil' }],
    ['a changes delivery without the column change', good, 'missing-label', { kind: 'changes' }],
    [
      'a column change in a full delivery',
      csv(police, [{ ...one, change: 'upsert' }], ['change']),
      'extra-label',
    ],
    [
      'a change that is neither upsert nor delete',
      csv(police, [{ ...one, change: 'amend' }], ['change']),
      'constraint-error',
      { kind: 'changes' },
    ],
  ];
  it.each(cases.map(([name, file, rule, sending]) => ({ name, file, rule, sending })))(
    '$name',
    async ({ file, rule, sending }) => {
      const result = await check(police, file, sending);
      expect(rulesOf(result.errors)).toEqual([rule]);
      expect(result).toMatchObject({ accepted: false, counts: { loaded: 0 } });
      expect(result.errors[0]?.problem).not.toBe('');
      expect(result.errors[0]?.remedy).not.toBe('');
    },
  );

  it('UTF-8 where the contract declares Windows-1252, because é would become Ã©', async () => {
    const declared = written(police, { encoding: 'windows-1252' });
    const result = await check(declared, csv(police, [row(police, 1, { surname: 'Nuñez' })]));
    expect(rulesOf(result.errors)).toEqual(['encoding-error']);
  });
});

describe('a fault says where it is', () => {
  it('with the line a spreadsheet or editor shows, the row, the column and its letter', async () => {
    const file = csv(police, [
      row(police, 1, { middle_names: 'Two\nlines' }),
      row(police, 2, { role: 'BYST' }),
    ]);
    const [fault] = (await check(police, file)).errors;
    expect(fault).toMatchObject({ line: 4, record: 2, column: 'role', letter: 'D', value: 'AAAA' });
  });

  it('names the line a quotation mark was opened on, however far the cell runs', async () => {
    const file = csv(police, rows(police, 5)).replace('\nREF-000003', '\n"REF-000003');
    const [fault] = (await check(police, file)).errors;
    expect(fault).toMatchObject({ rule: 'format-error', line: 4, letter: 'A' });
  });

  it('names the line the header looks to be on', async () => {
    const [fault] = (await check(police, `Title\n\nNote\n${good}`)).errors;
    expect(fault).toMatchObject({ rule: 'incorrect-label', line: 4 });
    expect(fault?.problem).toContain('line 4');
  });

  it('names the line of the first byte that is not UTF-8, and of a NUL', async () => {
    const lines = Buffer.from(csv(police, rows(police, 5000)));
    const damaged = Buffer.from(lines);
    damaged[lines.indexOf('REF-004000')] = 0xff;
    const nul = Buffer.from(lines);
    nul[lines.indexOf('REF-003000')] = 0;
    expect((await check(police, damaged)).errors[0]).toMatchObject({ rule: 'encoding-error', line: 4001 });
    expect((await check(police, nul)).errors[0]).toMatchObject({ rule: 'format-error', line: 3001 });
  });

  it('names the line a key stood on before', async () => {
    const [fault] = (await check(police, csv(police, [...rows(police, 9), row(police, 4)]))).errors;
    expect(fault).toMatchObject({ line: 11, rule: 'primary-key' });
    expect(fault?.problem).toContain('line 5');
  });

  it('lists every fault of a file, not only the first, and counts those it does not list', async () => {
    const file = csv(
      police,
      rows(police, 1500).map((cells) => ({ ...cells, role: 'BYST', ho_offence_code: '??' })),
    );
    const { errors, counts } = await check(police, file);
    expect(counts.errorsByRule).toEqual({ 'constraint-error': 1500, 'type-error': 1500 });
    expect(errors).toHaveLength(2000);
  });
});

describe('a bad cell in a column the contract calls optional', () => {
  const mixed = (bad: number, cells: Record<string, string>): string =>
    csv(
      police,
      rows(police, 100).map((made, index) => (index < bad ? { ...made, ...cells } : made)),
    );

  it.each([
    ['a date of birth nobody alive has', { dob: '1888-02-03' }, 'constraint-error'],
    ['a date of birth in the future', { dob: '2027-02-03' }, 'constraint-error'],
    ['a day no calendar has', { dob: '1988-02-30' }, 'type-error'],
    ['a telephone number that is none', { phone: 'ask mother' }, 'phone'],
    ['a postcode that is none', { home_postcode: 'Fictionford' }, 'postcode'],
    ['a UPRN in scientific notation', { home_uprn: '9.99E+11' }, 'uprn'],
    ['a code nobody knows', { ethnicity: 'XX' }, 'constraint-error'],
  ])('is emptied with a warning: %s', async (_, cells, rule) => {
    const result = await check(police, mixed(5, cells));
    expect(result).toMatchObject({ accepted: true, counts: { loaded: 100, rowsWithEmptiedCells: 5 } });
    expect(rulesOf(result.warnings)).toEqual([rule]);
  });

  it('refuses the file above the share the contract allows, so that a broken extract is noticed', async () => {
    const result = await check(police, mixed(6, { phone: 'ask mother' }));
    expect(result).toMatchObject({
      accepted: false,
      counts: { loaded: 0, errorsByRule: { 'reject-ratio': 1, phone: 6 } },
    });
  });

  it('is not counted where it only says that nothing is known', async () => {
    const result = await check(police, mixed(50, { phone: 'NULL', dob: 'Not known', home_uprn: '#N/A' }));
    expect(result).toMatchObject({ accepted: true, counts: { rowsWithEmptiedCells: 0 } });
    expect(rulesOf(result.warnings)).toEqual(['missing-value']);
  });

  it('an NHS number fails by its check digit', async () => {
    const [first, ...others] = police.columns;
    const phone = others.find((column) => column.name === 'phone');
    if (first === undefined || phone === undefined) throw new Error('columns');
    const contract = {
      ...police,
      columns: [
        first,
        { ...phone, name: 'number', format: 'nhs-number' as const, examples: ['999 000 0018'] },
      ],
    };
    const file = csv(contract, [...rows(contract, 40), row(contract, 41, { number: '9990000019' })]);
    expect(await check(contract, file)).toMatchObject({
      accepted: true,
      counts: { warningsByRule: { 'nhs-check-digit': 1 } },
    });
  });
});

describe('what a partner may not share', () => {
  it('a column the partner did not choose is refused', async () => {
    const share = contracts.partners.get('reading-borough-council')?.feeds[0];
    if (share === undefined) throw new Error('no share');
    const result = await check(socialCare, csv(socialCare, rows(socialCare, 2)), { share });
    expect(result.errors.map(({ rule, column }) => [rule, column])).toEqual([
      ['extra-label', 'middle_names'],
      ['extra-label', 'uprn'],
      ['extra-label', 'phone'],
    ]);
  });

  it.each(['nhs_number', 'diagnosis', 'mental_health_flag'])(
    'a column that speaks of health (%s) is refused and the upload deleted',
    async (name) => {
      const result = await check(fire, csv(fire, rows(fire, 2), [name]));
      expect(result).toMatchObject({ accepted: false, deletesUpload: true });
      expect(rulesOf(result.errors)).toEqual(['gateway']);
    },
  );

  it.each(['4A', '10A; 4b', '15A', '1A'])(
    'the assessment factors %s, which speak of health, are refused and the upload deleted',
    async (codes) => {
      const result = await check(socialCare, csv(socialCare, [row(socialCare, 1, { factor_codes: codes })]));
      expect(result).toMatchObject({ accepted: false, deletesUpload: true });
      expect(rulesOf(result.errors)).toEqual(['gateway']);
    },
  );

  it('a partner whose own agreement names another gateway may send the factors it covers', async () => {
    const share = { feed: 'social-care-children', columns: null, gateways: ['patient-information'] };
    const file = csv(socialCare, [row(socialCare, 1, { factor_codes: '4A;13A' })]);
    expect((await check(socialCare, file, { share })).accepted).toBe(true);
  });
});

describe('nil returns and changes', () => {
  it('a header alone is a nil return when it is declared so', async () => {
    const head = csv(fire, []);
    expect(await check(fire, head, { kind: 'nil' })).toMatchObject({ accepted: true, counts: { rows: 0 } });
    expect((await check(fire, '', { kind: 'nil' })).accepted).toBe(true);
    expect((await check(fire, head, { kind: 'full' })).accepted).toBe(false);
  });

  it('a nil return with rows is refused', async () => {
    expect(rulesOf((await check(fire, csv(fire, rows(fire, 1)), { kind: 'nil' })).errors)).toEqual([
      'nil-return',
    ]);
  });

  it('a row to be deleted needs its key and nothing else', async () => {
    const gone = { visit_ref: 'V-1', change: 'delete', postcode: 'nonsense' };
    const kept = { ...row(fire, 2), change: 'Upsert' };
    const result = await check(fire, csv(fire, [gone, kept], ['change']), { kind: 'changes' });
    expect(result).toMatchObject({ accepted: true, counts: { rows: 2, upserts: 1, deletes: 1 } });
    // Checked before it is sent, a file with the column change is one of changes.
    const unsent = await check(fire, csv(fire, [gone, kept], ['change']), { kind: null });
    expect(unsent.counts).toMatchObject({ upserts: 1, deletes: 1 });
  });
});

describe('dates as the contract writes them', () => {
  const format = (
    text: string,
    order: 'dmy' | 'mdy',
    separator: string,
    yearDigits: 2 | 4,
    pivot: number | null = null,
  ) =>
    written(
      { ...fire, columns: fire.columns },
      { dateFormat: { text, order, separator, yearDigits }, twoDigitYearPivot: pivot },
    );
  const visit = (date: string) => csv(fire, [row(fire, 1, { visit_date: date, occupant_dob: '' })]);

  it('are read as day, month, year where it says so', async () => {
    const contract = format('dd/MM/yyyy', 'dmy', '/', 4);
    expect((await check(contract, visit('03/04/2025'))).accepted).toBe(true);
    expect((await check(contract, visit('3/4/2025'))).accepted).toBe(true);
    expect((await check(contract, visit('04/25/2025'))).errors[0]?.problem).toContain('day and month');
    expect((await check(contract, visit('2025-04-03'))).accepted).toBe(false);
  });

  it('may have two-digit years where the contract says which century they mean', async () => {
    const contract = format('dd.MM.yy', 'dmy', '.', 2, 30);
    expect((await check(contract, visit('03.04.25'))).accepted).toBe(true);
    expect((await check(contract, visit('03.04.2025'))).accepted).toBe(false);
  });
});
