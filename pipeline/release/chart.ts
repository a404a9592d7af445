/** The charts of a pack, drawn from printed values alone: a withheld value is a gap with its symbol, never a bar. */

import { scaleLinear } from 'd3-scale';

import { html, type Html } from './html.ts';
import { SYMBOL } from './protect.ts';

/** Analysis Function palette (government analysis function, data visualisation: colours). */
export const PALETTE = {
  darkBlue: '#12436D',
  orange: '#F46A25',
  midBlue: '#2073BC',
  lightBlue: '#6BACE6',
} as const;

export interface BarRow {
  readonly label: string;
  /** One value for each series; null where withheld. */
  readonly values: readonly (number | null)[];
}
export interface BarChart {
  readonly id: string;
  readonly title: string;
  /** For a screen reader: what is shown and where the numbers are. */
  readonly description: string;
  /** Decimals of the printed values. */
  readonly decimals: number;
  readonly series: readonly { readonly label: string; readonly colour: string }[];
  readonly rows: readonly BarRow[];
  /** Largest printed value the axis must hold, so that panels beside each other share one scale. */
  readonly most: number;
}

const WIDTH = 400;
const LABEL_WIDTH = 172;
/** Room right of the longest bar for its value. */
const VALUE_WIDTH = 44;
const BAR = 15;
const GAP = 9;
const TOP = 24;
/** Longer labels are broken at a space. */
const LABEL_CHARACTERS = 22;
const LABEL_LINE = 14;

export function barChart(chart: BarChart): Html {
  const labelLines = Math.max(1, ...chart.rows.map(({ label }) => linesOf(label).length));
  const rowHeight = Math.max(chart.series.length * BAR, labelLines * LABEL_LINE) + GAP;
  const height = TOP + chart.rows.length * rowHeight + 6;
  const scale = scaleLinear([0, Math.max(chart.most, 1)], [LABEL_WIDTH, WIDTH - VALUE_WIDTH]);
  return html`<svg
    class="chart"
    role="img"
    aria-labelledby="${chart.id}-title ${chart.id}-desc"
    viewBox="0 0 ${WIDTH} ${height}"
  >
    <title id="${chart.id}-title">${chart.title}</title>
    <desc id="${chart.id}-desc">${chart.description}</desc>
    ${scale.ticks(4).map((tick) => axisLine(scale(tick), tick, height))}${chart.rows.map((row, index) => barRow(chart, row, TOP + index * rowHeight, rowHeight - GAP, scale))}
  </svg>`;
}

const axisLine = (x: number, tick: number, height: number): Html =>
  html`<line class="axis" x1="${round(x)}" x2="${round(x)}" y1="${TOP - 3}" y2="${height - 6}" /><text
      class="tick"
      x="${round(x)}"
      y="${TOP - 6}"
      >${tick}</text
    >`;

function barRow(
  chart: BarChart,
  row: BarRow,
  top: number,
  height: number,
  scale: (value: number) => number,
): Html {
  const start = top + (height - chart.series.length * BAR) / 2;
  return html`${labelText(row.label, top + height / 2)}${row.values.map((value, series) => bar(value, start + series * BAR, chart.series[series]?.colour ?? PALETTE.darkBlue, chart.decimals, scale))}`;
}

function bar(
  value: number | null,
  y: number,
  colour: string,
  decimals: number,
  scale: (value: number) => number,
): Html {
  const base = y + BAR - 4;
  if (value === null)
    return html`<text class="withheld" x="${LABEL_WIDTH + 4}" y="${base}">${SYMBOL} withheld</text>`;
  const width = scale(value) - LABEL_WIDTH;
  return html`<rect
      class="bar"
      x="${LABEL_WIDTH}"
      y="${y}"
      width="${round(width)}"
      height="${BAR - 2}"
      fill="${colour}"
    /><text class="value" x="${round(LABEL_WIDTH + width + 4)}" y="${base}"
      >${shownNumber(value, decimals)}</text
    >`;
}

export const shownNumber = (value: number, decimals: number): string =>
  value.toLocaleString('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

function labelText(label: string, middle: number): Html {
  const lines = linesOf(label);
  const first = middle + 4 - ((lines.length - 1) * LABEL_LINE) / 2;
  return html`<text class="label" y="${round(first)}"
    >${lines.map((line, index) => html`<tspan x="${LABEL_WIDTH - 8}" dy="${index === 0 ? 0 : LABEL_LINE}">${line}</tspan>`)}</text
  >`;
}

function linesOf(label: string): readonly string[] {
  return label.split(' ').reduce<readonly string[]>((lines, word) => {
    const last = lines.at(-1);
    return last !== undefined && last.length + 1 + word.length <= LABEL_CHARACTERS
      ? [...lines.slice(0, -1), `${last} ${word}`]
      : [...lines, word];
  }, []);
}

const round = (value: number): number => Math.round(value * 10) / 10;
