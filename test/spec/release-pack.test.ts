/** The report pack: what a recipient sees, that it loads nothing, and that it is refused rather than half right. */

import { describe, expect, it } from 'vitest';

import { neutralised } from '../../pipeline/release/csv.ts';
import { html } from '../../pipeline/release/html.ts';
import { prepareRelease } from '../../pipeline/release/prepare.ts';
import { protectCounts } from '../../pipeline/release/protect.ts';
import { readResult } from '../../pipeline/release/result.ts';
import { csvOfA, csvOfB, facts, KINDS, placesOfA, REPORT_A, REPORT_B } from '../property/release-cast.ts';

const counts = placesOfA.map((_place, index) =>
  index % 5 === 0
    ? { offences: 3, persons: 6 }
    : index % 7 === 0
      ? { offences: 0, persons: 0 }
      : { offences: 12 + index, persons: 20 },
);
const prepareA = (resultCsv: string) => prepareRelease({ resultCsv, facts: facts(REPORT_A), kinds: KINDS });
const packA = prepareA(csvOfA(counts));
const packB = prepareRelease({
  resultCsv: csvOfB([
    [
      { known: 200, withFactor: 41 },
      { known: 5000, withFactor: 300 },
    ],
    [
      { known: 200, withFactor: 4 },
      { known: 5000, withFactor: 300 },
    ],
    [
      { known: 20, withFactor: 9 },
      { known: 5000, withFactor: 0 },
    ],
  ]),
  facts: facts(REPORT_B),
  kinds: KINDS,
});
if (!packA.ok || !packB.ok) throw new Error('the packs of the tests must be released');
/** White space between and inside tags means nothing to a browser. */
const oneSpaced = (page: string): string => page.replace(/\s+/g, ' ').replace(/ (?=\/?>)/g, '');
const pages = [
  ['A', oneSpaced(packA.pack['index.html'])],
  ['B', oneSpaced(packB.pack['index.html'])],
] as const;

describe.each(pages)('the page of report %s', (_report, page) => {
  it('loads nothing, runs nothing and sends nothing', () => {
    expect(page).not.toMatch(/<script|<iframe|<form|<img|<object|@import|\bon[a-z]+=|javascript:/i);
    const addresses = [...page.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses.every((address) => address === 'data:,' || address?.startsWith('#'))).toBe(true);
    expect([...page.matchAll(/url\(([^)]*)\)/g)].every(([, address]) => address?.startsWith('#'))).toBe(true);
    expect(page).toContain('default-src &#39;none&#39;');
  });
  it('is one light file with the landmarks, headings and captions a screen reader needs', () => {
    expect(Buffer.byteLength(page)).toBeLessThan(300_000);
    for (const part of [
      '<html lang="en-GB">',
      'class="skip" href="#main"',
      '<main id="main"',
      '<header>',
      '<footer>',
      '<nav ',
    ])
      expect(page).toContain(part);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    expect(page.match(/<table/g)?.length).toBe(page.match(/<caption>/g)?.length);
    expect(page.match(/<th(?= |>)/g)?.length).toBe(
      page.match(/<th [^>]*scope="(?:row|col)"|<th scope="(?:row|col)"/g)?.length,
    );
    for (const [, ids = ''] of page.matchAll(/aria-labelledby="([^"]+)"/g))
      for (const id of ids.split(' ')) expect(page).toContain(`id="${id}"`);
  });
  it('gives each id once', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
  it('says what was withheld and why, who agreed to which definition, and how old the data are', () => {
    for (const words of [
      'are withheld',
      'fewer than 8 different persons',
      'abababababab',
      'tvp-approver',
      '23 November 2026',
      '2 days',
      'not stated',
      'OFFICIAL',
      'serious-violence.v1',
      'version 1',
    ])
      expect(page).toContain(words);
  });
  it('draws a map of the thirteen districts and a chart', () => {
    expect(page.match(/<svg class="map"/g)?.length).toBeGreaterThan(0);
    expect((page.match(/class="district"/g)?.length ?? 0) % 13).toBe(0);
    expect(page).toContain('<svg class="chart"');
  });
  it('escapes the SQL it shows', () => {
    expect(page).toContain('select 1 &lt; 2');
  });
});

describe('a withheld value', () => {
  it('is a labelled gap in the chart and hatching on the map', () => {
    const page = oneSpaced(packA.pack['index.html']);
    const withheldBars = page.match(/class="withheld"[^>]*>\[c\] withheld/g)?.length ?? 0;
    const hatched = page.match(/class="district"[^>]*fill="url\(#map-\d-hatch\)"/g)?.length ?? 0;
    expect(withheldBars).toBeGreaterThan(0);
    expect(hatched).toBe(withheldBars);
    const bars = page.match(/<rect class="bar"/g)?.length ?? 0;
    expect(bars + withheldBars).toBe(39);
  });
  it('is [c] in table.csv and null in the rows for Athena', () => {
    const lines = packA.pack['table.csv'].split('\r\n').filter((line) => line.endsWith(',[c]')).length;
    expect(lines).toBe(
      packA.pack.cells.filter(({ value, symbol }) => value === null && symbol === '[c]').length,
    );
    expect(packA.pack.cells.every(({ value, symbol }) => (value === null) === (symbol === '[c]'))).toBe(true);
  });
});

describe('table.csv', () => {
  it('has one row a cell, dimension columns, then value, totals included', () => {
    const [header, ...lines] = packA.pack['table.csv'].trimEnd().split('\r\n');
    expect(header).toBe('district_code,district_name,kind,quarter_start,measure,value');
    expect(lines).toHaveLength(14 * 4 * 3);
    expect(lines.every((line) => /,(\d+(\.\d)?|\[c\])$/.test(line))).toBe(true);
    expect(lines.at(-1)).toMatch(/^Total,Total,Total,Total,offences,/);
  });
  it.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx', '＝1'])(
    'neutralises %j, which a spreadsheet would run',
    (text) => {
      expect(neutralised(text)).toBe(`'${text}`);
    },
  );
  it('leaves other text alone', () => {
    expect(neutralised('Windsor and Maidenhead')).toBe('Windsor and Maidenhead');
  });
});

describe('the rows for Athena', () => {
  it('name every cell once, with `all` for totals and the period spelt out', () => {
    const names = packA.pack.cells.map((cell) =>
      [cell.area_code, cell.category, cell.period, cell.measure].join('|'),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('E06000038|Knife-involved violence|2026-Q3|offences');
    expect(names).toContain('all|all|all|offences');
    expect(packB.pack.cells[0]).toMatchObject({
      area_code: 'all',
      area_name: 'all',
      period: '2026-04-01/2026-09-30',
    });
  });
});

describe('a release is refused', () => {
  const csv = csvOfA(counts);
  it.each([
    ['a column too many', csv.replace('"persons"', '"persons","forename"')],
    ['columns in another order', csv.replace('"offences","persons"', '"persons","offences"')],
    ['a row twice', csv + (csv.trimEnd().split('\n').at(-1) ?? '') + '\n'],
    ['an unknown district', csv.replace('E06000038', 'E99999999')],
    ['a negative count', csv.replace(/"\d+","20"/, '"-1","20"')],
    ['a count that is not whole', csv.replace(/"\d+","20"/, '"1.5","20"')],
    ['persons behind no offence', csv.replace(/"\d+","20"/, '"0","20"')],
    ['no header', ''],
  ])('when the result has %s', (_what, broken) => {
    expect(broken).not.toBe(csv);
    expect(prepareA(broken)).toMatchObject({ ok: false, code: 'result-refused' });
  });
  it('when a threshold was lowered on the way, because the audit has its own eyes', () => {
    const table = {
      dimensions: [],
      measures: ['n'],
      cells: [{ at: [], measure: 'n', count: 4, persons: 4 }],
    };
    const settings = { threshold: 3, round_to: 5, measures: [{ count: 'n', persons: 'n' }], totals: 'none' };
    expect(protectCounts(table, settings).cells[0]?.value).toBe(5);
    expect(protectCounts(table, { ...settings, threshold: 8 }).cells[0]?.value).toBeNull();
  });
});

describe('a place no row names', () => {
  it('is printed as a true 0, never left out', () => {
    const fewer = prepareA(
      csvOfA(counts)
        .split('\n')
        .filter((line) => !line.includes('County lines'))
        .join('\n'),
    );
    expect(
      fewer.ok && fewer.pack['table.csv'].split('\r\n').filter((line) => line.includes('County lines')),
    ).toHaveLength(14 * 3);
    expect(fewer.ok && fewer.pack['table.csv']).toContain('Reading,County lines,2026-07-01,offences,0');
  });
});

describe('the partner-insider rule', () => {
  it('withholds a cell whose remainder a partner could work out', () => {
    const at = ['x'];
    const cell = { at, measure: 'n', count: 40, persons: 40 };
    const settings = { threshold: 8, round_to: 5, measures: [{ count: 'n', persons: 'n' }], totals: 'none' };
    const valueOf = (by: Readonly<Record<string, number>>) =>
      protectCounts({ dimensions: [], measures: ['n'], cells: [{ ...cell, by }] }, settings).cells[0]?.value;
    expect(valueOf({ police: 36, county: 4 })).toBeNull();
    expect(valueOf({ police: 20, county: 20 })).toBe(40);
    expect(valueOf({ police: 40 })).toBe(40);
  });
});

describe('reading Athena’s result file', () => {
  it('takes quotes, commas and line ends inside quotes, and NULL as empty', () => {
    expect(readResult('"a","b"\n"x, ""y""",\n"1\n2","z"\n', ['a', 'b'])).toEqual({
      ok: true,
      rows: [
        { a: 'x, "y"', b: '' },
        { a: '1\n2', b: 'z' },
      ],
    });
    expect(readResult('"a","b"\n"x"\n', ['a', 'b']).ok).toBe(false);
  });
});

describe('markup', () => {
  it('escapes every value that is not markup itself', () => {
    expect(
      html`<p title="${'"\'<&>'}">${'<b>'}${html`<i>${'&'}</i>`}${[html`1`, html`2`]}${null}</p>`.html,
    ).toBe('<p title="&quot;&#39;&lt;&amp;&gt;">&lt;b&gt;<i>&amp;</i>12</p>');
  });
});
