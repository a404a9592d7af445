/** The XML that S3's clients send is read; what only an attacker sends is not. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseXml } from '../../local/s3/xml-body.ts';

const read = (text: string): unknown => parseXml(Buffer.from(text), z.unknown());

test.each([
  ['elements and text', '<a><b>1</b><b> 2 </b></a>', { a: [{ b: ['1', ' 2 '] }] }],
  [
    'a declaration, a namespace and indentation',
    '<?xml version="1.0"?>\n<a xmlns="x">\n <b/>\n</a>\n',
    { a: [{ b: [''] }] },
  ],
  ['prefixes', '<s3:a xmlns:s3="x"><s3:b>1</s3:b></s3:a>', { a: [{ b: ['1'] }] }],
  ['references', '<a>&lt;&amp;&#65;&#x1F600;&quot;&apos;&#xD;</a>', { a: ['<&A\u{1F600}"\'\r'] }],
  ['letters of any language', '<a>日本é</a>', { a: ['日本é'] }],
])('reads %s', (_name, text, expected) => {
  expect(read(text)).toEqual(expected);
});

test.each([
  '',
  'text',
  '<a>',
  '<a></b>',
  '<a><b></a></b>',
  '<a/><b/>',
  '<a>1<b/></a>',
  '<a>&unknown;</a>',
  '<a>& </a>',
  '<a>&#x110000;</a>',
  '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  '<a><!-- comment --></a>',
  '<a><![CDATA[x]]></a>',
  `${'<a>'.repeat(20)}${'</a>'.repeat(20)}`,
])('refuses %j', (text) => {
  expect(() => read(text)).toThrow('The XML you provided was not well-formed');
});
