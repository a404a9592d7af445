/** JSON as the states language passes it along. */
import { z } from 'zod';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export const json: z.ZodType<Json> = z.json();

/** @throws SyntaxError where the text is no JSON. */
export function parseJson(text: string): Json {
  const value: unknown = JSON.parse(text);
  // What JSON.parse gives is JSON: checking a quarter of a megabyte again would tell nothing new.
  return value as Json;
}

export const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

export const textIn = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
