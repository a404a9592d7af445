/** Which chart, map and tables a report gets, chosen by its dimensions and never by its values. */

import type { FeatureCollection } from 'd3-geo';

import { barChart, PALETTE, shownNumber, type BarRow } from './chart.ts';
import { html, type Html } from './html.ts';
import { coverageMap, districtMap, mapKey } from './map.ts';
import { SYMBOL, type PrintedCell, type ProtectedTable } from './protect.ts';
import type { Release } from './release-facts.ts';
import { cellKey, TOTAL, type Category, type Dimension } from './table.ts';

type ValueAt = (codes: Partial<Record<Dimension['role'], string>>, measure: string) => number | null;

function valueLookup({ dimensions, cells }: ProtectedTable): ValueAt {
  const values = new Map(cells.map((cell: PrintedCell) => [cellKey(cell.at, cell.measure), cell.value]));
  return (codes, measure) =>
    values.get(
      cellKey(
        dimensions.map(({ role }) => codes[role] ?? TOTAL),
        measure,
      ),
    ) ?? null;
}

const categoriesOf = ({ dimensions }: ProtectedTable, role: Dimension['role']): readonly Category[] =>
  dimensions.find((dimension) => dimension.role === role)?.categories ?? [];

/** Words for a measure, from the signed description of its column. */
const measureLabel = (release: Release, measure: string): string =>
  release.report.output.find(({ name }) => name === measure)?.description.replace(/\.$/, '') ?? measure;

export function chartFigure(release: Release): Html {
  return release.table.dimensions.some(({ role }) => role === 'area')
    ? areaCharts(release)
    : rateChart(release);
}

/** The newest period: one panel for each category, one bar for each area, all on one scale. */
function areaCharts(release: Release): Html {
  const { table } = release;
  const value = valueLookup(table);
  const [measure = ''] = table.measures;
  const newest = categoriesOf(table, 'period').at(-1);
  const areas = categoriesOf(table, 'area').toSorted((a, b) => a.label.localeCompare(b.label, 'en-GB'));
  const panels = categoriesOf(table, 'category').map((category) => ({
    category,
    rows: areas.map((area): BarRow => ({
      label: area.label,
      values: [value({ area: area.code, category: category.code, ...periodOf(newest) }, measure)],
    })),
  }));
  const most = mostOf(panels.flatMap(({ rows }) => rows));
  return html`<figure aria-labelledby="chart-caption">
    <div class="panels wide">
      ${panels.map(
        ({ category, rows }, index) =>
          html`<div>
            <h3>${category.label}</h3>
            ${barChart({
              id: `chart-${index}`,
              title: `${category.label}, ${newest?.label ?? release.period.id}, by district`,
              description: `Bar chart of rounded counts by district; ${gapsIn(rows)}. The tables below hold every number.`,
              decimals: 0,
              series: [{ label: category.label, colour: PALETTE.darkBlue }],
              rows,
              most,
            })}
          </div>`,
      )}
    </div>
    <figcaption id="chart-caption">
      ${measureLabel(release, measure)}, ${newest?.label ?? release.period.id}, rounded. All panels share one
      scale. Districts stand in alphabetical order, not in order of size. ${SYMBOL} marks a withheld count:
      there is no bar, and it is not zero.
    </figcaption>
  </figure>`;
}

/** Two bars a category, one for each rate. */
function rateChart(release: Release): Html {
  const { table } = release;
  const value = valueLookup(table);
  const colours = [PALETTE.darkBlue, PALETTE.orange];
  const series = table.rates.map(({ label }, index) => ({
    label,
    colour: colours[index % 2] ?? PALETTE.darkBlue,
  }));
  const rows = categoriesOf(table, 'category').map((category): BarRow => ({
    label: category.label,
    values: table.rates.map(({ name }) => value({ category: category.code }, name)),
  }));
  return html`<figure aria-labelledby="chart-caption">
    <ul class="key">
      ${series.map(
        ({ label, colour }) =>
          html`<li>
            <svg class="swatch" viewBox="0 0 24 16" aria-hidden="true">
              <rect x="1" y="1" width="22" height="14" fill="${colour}" />
            </svg>
            ${label}
          </li>`,
      )}
    </ul>
    <div class="single">
      ${barChart({
        id: 'chart-0',
        title: `${release.report.title}: rates by factor`,
        description: `Bar chart with ${series.length} bars for each factor; ${gapsIn(rows)}. The table below holds every number.`,
        decimals: 1,
        series,
        rows,
        most: mostOf(rows),
      })}
    </div>
    <figcaption id="chart-caption">
      Rates per 100 persons, made from the rounded counts below. ${SYMBOL} marks a rate that is withheld
      because a count it needs is withheld or too small: there is no bar, and it is not zero.
    </figcaption>
  </figure>`;
}

const periodOf = (period: Category | undefined): { period?: string } =>
  period === undefined ? {} : { period: period.code };
const mostOf = (rows: readonly BarRow[]): number =>
  Math.max(0, ...rows.flatMap(({ values }) => values.map((value) => value ?? 0)));

function gapsIn(rows: readonly BarRow[]): string {
  const gaps = rows.flatMap(({ values }) => values).filter((value) => value === null).length;
  return gaps === 0 ? 'none is withheld' : `${gaps} withheld and shown as gaps`;
}

export function mapFigure(release: Release, districts: FeatureCollection): Html {
  const { table } = release;
  if (!table.dimensions.some(({ role }) => role === 'area'))
    return html`<figure aria-labelledby="map-caption">
      <div class="single map-only">
        ${coverageMap('map-0', 'The thirteen districts the report covers', districts)}
      </div>
      <figcaption id="map-caption">
        This report counts the thirteen districts of the Thames Valley together, so no district has a value of
        its own here.
      </figcaption>
    </figure>`;
  const value = valueLookup(table);
  const [measure = ''] = table.measures;
  const newest = categoriesOf(table, 'period').at(-1);
  const maps = categoriesOf(table, 'category').map((category, index) => {
    const values = new Map(
      categoriesOf(table, 'area').map((area) => [
        area.code,
        value({ area: area.code, category: category.code, ...periodOf(newest) }, measure),
      ]),
    );
    const title = `${category.label}, ${newest?.label ?? release.period.id}: map of the districts`;
    const description =
      'Districts shaded by class of the rounded count; withheld districts are hatched. The tables hold every number.';
    return html`<div>
      <h3>${category.label}</h3>
      ${districtMap({ id: `map-${index}`, title, description, values }, districts)}
    </div>`;
  });
  return html`<figure aria-labelledby="map-caption">
    ${mapKey()}
    <div class="panels">${maps}</div>
    <figcaption id="map-caption">
      Rounded counts by district, ${newest?.label ?? release.period.id}. The classes are fixed and the same in
      every release. A larger district is not a more violent one: the map shows counts, not rates. Numbers are
      written where there is room; all of them are in the tables.
    </figcaption>
  </figure>`;
}

export function tableFigures(release: Release): Html {
  return release.table.dimensions.some(({ role }) => role === 'area')
    ? areaTables(release)
    : categoryTable(release);
}

/** One table a category and one for all of them; areas down, periods across. */
function areaTables(release: Release): Html {
  const { table } = release;
  const value = valueLookup(table);
  const [measure = ''] = table.measures;
  const all: Category = { code: TOTAL, label: 'All kinds' };
  const periods = [...categoriesOf(table, 'period'), { code: TOTAL, label: 'Total' }];
  const areas = categoriesOf(table, 'area').toSorted((a, b) => a.label.localeCompare(b.label, 'en-GB'));
  const rows = [...areas, { code: TOTAL, label: 'Total' }];
  return html`${[...categoriesOf(table, 'category'), all].map((category, index) =>
    scrolling(
      `Table ${index + 1}: ${category.label}`,
      html`<caption>
          Table ${index + 1}: ${category.label}
          <span
            >${measureLabel(release, measure)}, rounded to ${release.report.disclosure.round_to}. Totals add
            the printed figures only.</span
          >
        </caption>
        <thead>
          <tr>
            <th scope="col">District</th>
            ${periods.map(({ label }) => html`<th scope="col" class="number">${label}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (area) =>
              html`<tr${area.code === TOTAL ? html` class="total"` : null}><th scope="row">${area.label}</th>${periods.map(
                (period) =>
                  numberCell(
                    value({ area: area.code, category: category.code, period: period.code }, measure),
                    period.code === TOTAL,
                  ),
              )}</tr>`,
          )}
        </tbody>`,
    ),
  )}`;
}

/** One row a category, one column for each count and rate. */
function categoryTable(release: Release): Html {
  const { table } = release;
  const value = valueLookup(table);
  const columns = [
    ...table.measures.map((name) => ({ name, label: measureLabel(release, name), decimals: 0 })),
    ...table.rates.map(({ name, label }) => ({ name, label, decimals: 1 })),
  ];
  const short = (name: string): string =>
    name.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase());
  return html`${scrolling(
    'Table 1',
    html`<caption>
          Table 1: ${release.report.title}
          <span
            >Counts are persons, rounded to ${release.report.disclosure.round_to}; rates are per 100.</span
          >
        </caption>
        <thead>
          <tr>
            <th scope="col">Factor</th>
            ${columns.map(({ name }) => html`<th scope="col" class="number">${short(name)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${categoriesOf(table, 'category').map(
            (category) =>
              html`<tr>
                <th scope="row">${category.label}</th>
                ${columns.map(({ name, decimals }) => numberCell(value({ category: category.code }, name), false, decimals))}
              </tr>`,
          )}
        </tbody>`,
  )}
    <h3>What the columns mean</h3>
    <dl class="facts">
      ${columns.map(
        ({ name, label }) =>
          html`<dt>${short(name)}</dt>
            <dd>${label}</dd>`,
      )}
    </dl>`;
}

const scrolling = (label: string, table: Html): Html =>
  html`<div class="table-scroll" role="region" tabindex="0" aria-label="${label}">
    <table>
      ${table}
    </table>
  </div>`;

function numberCell(value: number | null, total: boolean, decimals = 0): Html {
  const style = `number${value === null ? ' gap' : ''}${total ? ' total' : ''}`;
  return html`<td class="${style}">${value === null ? SYMBOL : shownNumber(value, decimals)}</td>`;
}

/** What the newest period says in one sentence, from printed totals only; null where the report has no totals. */
export function keyMessage({ table }: Release): Html | null {
  const newest = categoriesOf(table, 'period').at(-1);
  const [measure] = table.measures;
  if (newest === undefined || measure === undefined) return null;
  const value = valueLookup(table);
  const said = (count: number | null): string => (count === null ? SYMBOL : shownNumber(count, 0));
  const kinds = categoriesOf(table, 'category').map(
    ({ code, label }) =>
      `${label.toLowerCase()} ${said(value({ category: code, period: newest.code }, measure))}`,
  );
  return html`<p class="lede">
    In ${newest.label} the printed figures add up to ${said(value({ period: newest.code }, measure))}
    ${measure.replaceAll('_', ' ')}: ${kinds.join(', ')}. What is withheld is not in these sums.
  </p>`;
}
