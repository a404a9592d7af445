/** Maps of the districts, shaded by fixed classes of printed values; a withheld area is hatched whatever it holds. */

import {
  geoArea,
  geoPath,
  geoTransverseMercator,
  type Feature,
  type FeatureCollection,
  type Path,
  type Ring,
} from 'd3-geo';
import { feature } from 'topojson-client';
import { z } from 'zod';

import { html, type Html } from './html.ts';
import { SYMBOL } from './protect.ts';

/** Fixed in advance and for every release, so that no break depends on the values, least of all on withheld ones. */
const MAP_CLASSES = [
  { from: 0, label: '0', colour: '#FFFFFF', dark: false },
  { from: 1, label: '5 to 10', colour: '#D3E3F3', dark: false },
  { from: 11, label: '15 to 25', colour: '#6BACE6', dark: false },
  { from: 26, label: '30 to 45', colour: '#2073BC', dark: true },
  { from: 46, label: '50 or more', colour: '#12436D', dark: true },
] as const;

const SIZE: readonly [number, number] = [360, 400];
/** A label is written into areas at least this wide and high; the rest are read from the table. */
const ROOM = { width: 38, height: 26 };

export interface MapPanel {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Printed value by area code; null where withheld. An area not named is not part of the report's areas. */
  readonly values: ReadonlyMap<string, number | null>;
}

const topologySchema = z.looseObject({ objects: z.looseObject({ areas: z.looseObject({}) }) });

export function districtFeatures(topology: unknown): FeatureCollection {
  const { objects } = topologySchema.parse(topology);
  const collection = feature(topology, objects.areas);
  return { ...collection, features: collection.features.map(wound) };
}

/** RFC 7946 winds outer rings the other way from d3-geo, for which such an area is all of the Earth but itself. */
function wound(area: Feature): Feature {
  if (geoArea(area) <= 2 * Math.PI) return area;
  const { geometry } = area;
  const reversed = (ring: Ring): Ring => ring.toReversed();
  return geometry.type === 'Polygon'
    ? { ...area, geometry: { ...geometry, coordinates: geometry.coordinates.map(reversed) } }
    : {
        ...area,
        geometry: { ...geometry, coordinates: geometry.coordinates.map((polygon) => polygon.map(reversed)) },
      };
}

export function districtMap(panel: MapPanel, districts: FeatureCollection): Html {
  const path = geoPath(geoTransverseMercator().rotate([2, 0]).fitSize(SIZE, districts)).digits(1);
  return html`<svg
    class="map"
    role="img"
    aria-labelledby="${panel.id}-title ${panel.id}-desc"
    viewBox="-2 -2 ${SIZE[0] + 4} ${SIZE[1] + 4}"
  >
    <title id="${panel.id}-title">${panel.title}</title>
    <desc id="${panel.id}-desc">${panel.description}</desc>
    ${hatching(`${panel.id}-hatch`)}${districts.features.map((area) => districtShape(panel, area, path))}${districts.features.map((area) => districtLabel(panel, area, path))}
  </svg>`;
}

/** Where a report has no areas: the outline of what it covers. */
export function coverageMap(id: string, title: string, districts: FeatureCollection): Html {
  const path = geoPath(geoTransverseMercator().rotate([2, 0]).fitSize(SIZE, districts)).digits(1);
  return html`<svg
    class="map"
    role="img"
    aria-labelledby="${id}-title"
    viewBox="-2 -2 ${SIZE[0] + 4} ${SIZE[1] + 4}"
  >
    <title id="${id}-title">${title}</title>
    ${districts.features.map((area) => html`<path class="district" d="${path(area)}" fill="#D3E3F3"><title>${nameOf(area)}</title></path>`)}
  </svg>`;
}

function districtShape({ id, values }: MapPanel, area: Feature, path: Path): Html {
  const value = values.get(codeOf(area));
  if (value === undefined) return html`<path class="district" d="${path(area)}" fill="#f3f2f1" />`;
  const fill = value === null ? `url(#${id}-hatch)` : classOf(value).colour;
  const said = value === null ? `${SYMBOL} withheld` : String(value);
  return html`<path class="district" d="${path(area)}" fill="${fill}"
    ><title>${nameOf(area)}: ${said}</title></path
  >`;
}

function districtLabel({ values }: MapPanel, area: Feature, path: Path): Html {
  const value = values.get(codeOf(area));
  const [[left, top], [right, bottom]] = path.bounds(area);
  if (value === undefined || right - left < ROOM.width || bottom - top < ROOM.height) return html``;
  const [x, y] = path.centroid(area);
  const style = value === null ? 'on-hatch' : classOf(value).dark ? 'on-map light' : 'on-map';
  return html`<text class="${style}" x="${Math.round(x)}" y="${Math.round(y + 4)}"
    >${value === null ? SYMBOL : String(value)}</text
  >`;
}

const classOf = (value: number): (typeof MAP_CLASSES)[number] =>
  MAP_CLASSES.findLast(({ from }) => value >= from) ?? MAP_CLASSES[0];

const hatching = (id: string): Html =>
  html`<defs
    ><pattern id="${id}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"
      ><rect width="7" height="7" fill="#ffffff" /><rect width="2" height="7" fill="#6f777b" /></pattern
  ></defs>`;

export function mapKey(): Html {
  const swatch = (fill: string, label: string): Html =>
    html`<li>
      <svg class="swatch" viewBox="0 0 24 16" aria-hidden="true">
        ${fill === 'hatch' ? hatching('key-hatch') : null}
        <rect
          x="1"
          y="1"
          width="22"
          height="14"
          fill="${fill === 'hatch' ? 'url(#key-hatch)' : fill}"
          stroke="#0b0c0c"
        />
      </svg>
      ${label}
    </li>`;
  return html`<ul class="key" aria-label="Key to the maps">
    ${MAP_CLASSES.map(({ colour, label }) => swatch(colour, label))}${swatch('hatch', `${SYMBOL} withheld`)}
  </ul>`;
}

const codeOf = ({ id, properties }: Feature): string => String(id ?? properties?.code);
const nameOf = ({ properties }: Feature): string => properties?.name ?? '';
