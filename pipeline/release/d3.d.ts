/** Types of the few functions we use from libraries that ship none. */

declare module 'd3-scale' {
  export interface Linear {
    (value: number): number;
    ticks(count?: number): number[];
  }
  export function scaleLinear(domain: readonly [number, number], range: readonly [number, number]): Linear;
}

declare module 'd3-geo' {
  export type Ring = readonly (readonly [number, number])[];
  export type Geometry =
    | { readonly type: 'Polygon'; readonly coordinates: readonly Ring[] }
    | { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly Ring[])[] };
  export interface Feature {
    readonly type: 'Feature';
    readonly id?: string | number;
    readonly properties: { readonly code?: string; readonly name?: string } | null;
    readonly geometry: Geometry;
  }
  export interface FeatureCollection {
    readonly type: 'FeatureCollection';
    readonly features: readonly Feature[];
  }
  export interface Projection {
    rotate(angles: readonly [number, number]): Projection;
    fitSize(size: readonly [number, number], object: FeatureCollection): Projection;
  }
  export interface Path {
    (object: Feature): string | null;
    area(object: Feature): number;
    bounds(object: Feature): [[number, number], [number, number]];
    centroid(object: Feature): [number, number];
    digits(digits: number): Path;
  }
  export function geoTransverseMercator(): Projection;
  export function geoPath(projection: Projection): Path;
  export function geoArea(object: Feature): number;
}

declare module 'topojson-client' {
  import type { FeatureCollection } from 'd3-geo';
  export function feature(topology: unknown, object: unknown): FeatureCollection;
}
