/**
 * Reading the XML body of a request into values that zod has checked. Only the XML that S3's clients send is read:
 * elements and text; a document type, a comment or an unknown entity is refused, and with them every XML attack.
 */
import type { z } from 'zod';
import { refusal } from './errors.ts';

/** Parses, or refuses as MalformedXML. Every element is a list, so that one part and many are read alike. */
export function parseXml<T>(body: Uint8Array, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(readDocument(Buffer.from(body).toString('utf8')));
  if (!parsed.success) throw refusal('MalformedXML');
  return parsed.data;
}

/** Text of an element without elements in it, or its elements by name. */
type Content = string | { readonly [name: string]: readonly Content[] };

interface Open {
  readonly name: string;
  readonly children: Map<string, Content[]>;
  text: string;
}

/** One tag or one run of text. Attributes, such as the namespace, are passed over. */
const TOKEN =
  /<(?<close>\/?)(?:[\w.-]+:)?(?<name>[\w.-]+)(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(?<empty>\/?)>|(?<text>[^<]+)/y;
/** S3's documents are five deep at most. */
const DEEPEST = 10;

function readDocument(text: string): Content {
  const document: Open = { name: '', children: new Map(), text: '' };
  const open: Open[] = [document];
  const source = text.replace(/^\uFEFF?\s*<\?xml[^?]*\?>/, '');
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const token = TOKEN.exec(source)?.groups;
    const current = open.at(-1);
    if (token === undefined || current === undefined) throw refusal('MalformedXML');
    if (token['text'] !== undefined) current.text += token['text'];
    else if (token['close'] === '/') close(open, token['name'] ?? '');
    else {
      open.push({ name: token['name'] ?? '', children: new Map(), text: '' });
      if (token['empty'] === '/') close(open, token['name'] ?? '');
      if (open.length > DEEPEST) throw refusal('MalformedXML');
    }
  }
  if (open.length !== 1 || document.children.size !== 1) throw refusal('MalformedXML');
  return contentOf(document);
}

function close(open: Open[], name: string): void {
  const closed = open.pop();
  const parent = open.at(-1);
  if (closed === undefined || parent === undefined || closed.name !== name) throw refusal('MalformedXML');
  const siblings = parent.children.get(name);
  if (siblings === undefined) parent.children.set(name, [contentOf(closed)]);
  else siblings.push(contentOf(closed));
}

/** White space between elements is indentation; any other text beside them has no meaning. */
function contentOf(element: Open): Content {
  if (element.children.size === 0) return decodeEntities(element.text);
  if (element.text.trim() !== '') throw refusal('MalformedXML');
  return Object.fromEntries(element.children);
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w*));?/g, (reference, hex, decimal, name) => {
    const named = typeof name === 'string' ? NAMED[name] : undefined;
    const point = Number.parseInt(String(hex ?? decimal), hex === undefined ? 10 : 16);
    const decoded = named ?? (point <= 0x10ffff ? String.fromCodePoint(point) : undefined);
    if (decoded === undefined || !reference.endsWith(';')) throw refusal('MalformedXML');
    return decoded;
  });
}
