/** Writing the XML that S3 answers in. */

const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Control characters have no place in XML 1.0; S3 writes them as references all the same, and so do we. */
const escapeText = (text: string): string =>
  text
    .replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character)
    .replace(/\p{Cc}/gu, (character) => `&#x${character.charCodeAt(0).toString(16)};`);

export const element = (name: string, text: string | number | boolean): string =>
  `<${name}>${escapeText(String(text))}</${name}>`;
export const wrap = (name: string, children: readonly string[]): string =>
  `<${name}>${children.join('')}</${name}>`;
/** The root element of an S3 answer, with its namespace. */
export const root = (name: string, children: readonly string[]): string =>
  xmlDocument(`<${name} xmlns="${S3_NAMESPACE}">${children.join('')}</${name}>`);
export const xmlDocument = (content: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${content}`;
