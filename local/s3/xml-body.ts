/** Reading the XML body of a request into values that zod has checked. */
import { XMLParser } from 'fast-xml-parser';
import type { z } from 'zod';
import { refusal } from './errors.ts';

/** Every element is a list, so that one part and many are read alike; no value is guessed to be a number. */
const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  htmlEntities: true,
  isArray: () => true,
});

/** Parses, or refuses as MalformedXML. A document type is refused: no S3 client sends one, every XML attack needs it. */
export function parseXml<T>(body: Uint8Array, schema: z.ZodType<T>): T {
  const text = Buffer.from(body).toString('utf8');
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw refusal('MalformedXML');
  const parsed = schema.safeParse(withoutIndentation(read(text)));
  if (!parsed.success) throw refusal('MalformedXML');
  return parsed.data;
}

function read(text: string): unknown {
  try {
    // `true`: what is not well-formed is refused, not mended.
    const document: unknown = parser.parse(text, true);
    return document;
  } catch {
    throw refusal('MalformedXML');
  }
}

/** Drops the white space between elements, which the parser hands over as text beside them. */
function withoutIndentation(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIndentation);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => name !== '#text');
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutIndentation(inner)]));
}
