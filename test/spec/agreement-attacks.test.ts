/** Attacks on agreements, each under the name it has in the reference list. */

import { sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { agreed } from '../../pipeline/agreement/agreed.ts';
import { canonicalBytes } from '../../pipeline/agreement/canonical.ts';
import { canonicalDefinition, readDefinition } from '../../pipeline/agreement/definition.ts';
import { codeListDigest, contractDigest, schemaDigests } from '../../pipeline/agreement/input-digests.ts';
import { readRegister, registerBytes } from '../../pipeline/agreement/register.ts';
import { PAYLOAD_TYPE, preAuthEncoding, verifyEnvelope } from '../../pipeline/agreement/statement.ts';
import { parseStrictJson } from '../../pipeline/agreement/strict-json.ts';
import {
  allSigned,
  definitionOf,
  ENVIRONMENT,
  keyOf,
  NOW,
  PARTNERS,
  REPORT_FOLDER,
  registerDocument,
  registerOf,
  signed,
} from './agreement-cast.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const definition = definitionOf();
const isAgreed = (given: Partial<Parameters<typeof agreed>[0]>): boolean =>
  agreed({
    definitionBytes: definition.bytes,
    register: registerOf(),
    envelopes: allSigned(),
    now: NOW,
    environment: ENVIRONMENT,
    ...given,
  }).agreed;
const withSql = (sql: string): boolean =>
  canonicalDefinition({ ...definition.definition, sql: { ...definition.definition.sql, text: sql } }).ok;
const withYaml = (from: string, to: string) =>
  definitionOf({
    reportFolder: { ...REPORT_FOLDER, definitionYaml: REPORT_FOLDER.definitionYaml.replace(from, to) },
  });

describe('attack: content swapped after signing', () => {
  it('an SQL text changed by one character is not agreed', () => {
    const swapped = textOf(definition.bytes).replace(
      'person_record.restricted, false',
      'person_record.restricted, true ',
    );
    expect(readDefinition(bytesOf(swapped)).ok).toBe(true);
    expect(isAgreed({ definitionBytes: bytesOf(swapped) })).toBe(false);
  });
  it('a lower threshold is another definition', () => {
    const lowered = withYaml('threshold: 8', 'threshold: 3');
    expect(lowered.digest).not.toBe(definition.digest);
    expect(isAgreed({ definitionBytes: lowered.bytes })).toBe(false);
  });
});

describe('attack: bidi and look-alike characters', () => {
  it.each([
    ['a right-to-left override', 'where 1 = 1 \u202e--'],
    ['a zero-width space', 'sel\u200bect 1'],
    ['a Cyrillic letter', 'select \u0430rea from area'],
    ['a no-break space', 'select\u00a01'],
    ['a carriage return', 'select 1\r-- 2'],
  ])('refuses SQL with %s', (_name, sql) => {
    expect(withSql(sql)).toBe(false);
  });
  it.each([
    ['a Cyrillic letter', 'Serious violence', 'S\u0435rious violence'],
    ['a full-width letter', 'Serious violence', '\uff33erious violence'],
    ['a direction mark', 'Serious violence', 'Serious\u200f violence'],
  ])('refuses a title with %s', (_name, from, to) => {
    expect(() => withYaml(`title: ${from}`, `title: ${to}`)).toThrow();
  });
  it('refuses stored bytes that hide a character behind an escape', () => {
    expect(parseStrictJson(bytesOf('{"a":"x\\u202ey"}'))).toMatchObject({
      ok: false,
      code: 'deceptive-character',
    });
  });
});

describe('attack: duplicate JSON keys and number forms', () => {
  it('refuses a key given twice, also when one is escaped', () => {
    expect(parseStrictJson(bytesOf('{"a":1,"a":1}'))).toMatchObject({ ok: false, code: 'duplicate-key' });
    expect(parseStrictJson(bytesOf('{"a":1,"\\u0061":2}'))).toMatchObject({
      ok: false,
      code: 'duplicate-key',
    });
  });
  it('refuses a number that readers round differently', () => {
    expect(parseStrictJson(bytesOf('9007199254740993'))).toMatchObject({
      ok: false,
      code: 'number-not-exact',
    });
    expect(parseStrictJson(bytesOf('1e400'))).toMatchObject({ ok: false, code: 'number-not-exact' });
  });
  it('takes a key named __proto__ as a key', () => {
    const read = parseStrictJson(bytesOf('{"__proto__":{"agreed":true}}'));
    expect(read.ok && Object.hasOwn(read.value as object, '__proto__')).toBe(true);
  });
  it.each([
    '',
    '{',
    '[1,]',
    '{"a":1,}',
    "{'a':1}",
    '01',
    '+1',
    '.5',
    '1.',
    'NaN',
    '"\n"',
    '1 2',
    '\ufeff1',
    '"\\x41"',
    '"\\ud800"',
  ])('refuses %j as JSON', (text) => {
    expect(parseStrictJson(bytesOf(text)).ok).toBe(false);
  });
  it('refuses bytes that are not UTF-8, and nesting meant to exhaust the reader', () => {
    expect(parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ ok: false, code: 'not-utf8' });
    expect(parseStrictJson(bytesOf('['.repeat(10_000)))).toMatchObject({ ok: false, code: 'too-deep' });
  });
  it('refuses stored bytes in another spelling, though the meaning is the same', () => {
    expect(readDefinition(bytesOf(` ${textOf(definition.bytes)}`)).ok).toBe(false);
  });
});

describe('attack: schema, contract or code list redefined beneath agreed SQL', () => {
  const contract = {
    id: 'feed',
    schema: [
      {
        name: 'row',
        properties: [
          {
            name: 'code',
            logicalType: 'string',
            classification: 'offence',
            description: 'A',
            customProperties: [{ property: 'codes', value: ['1'] }],
          },
          { name: 'other', logicalType: 'string' },
        ],
      },
    ],
  };
  const [table] = contract.schema;
  const [code, other] = table?.properties ?? [];
  const variant = (properties: readonly unknown[]) => ({ ...contract, schema: [{ ...table, properties }] });
  it('a description mended, or a column the SQL does not use, changes no digest', () => {
    const columns = new Set(['code']);
    const before = contractDigest(contract, columns);
    expect(contractDigest(variant([{ ...code, description: 'B' }, other]), columns)).toBe(before);
    expect(contractDigest(variant([other, code]), columns)).toBe(before);
    expect(contractDigest(variant([code, { name: 'other', logicalType: 'date' }]), columns)).toBe(before);
  });
  it('a type, a code, a classification or a gateway does', () => {
    const before = contractDigest(contract, new Set(['code']));
    const changes = [
      { logicalType: 'integer' },
      { classification: 'public' },
      { customProperties: [{ property: 'codes', value: ['1', '2'] }] },
      {
        customProperties: [
          { property: 'codes', value: ['1'] },
          { property: 'gateway', value: 'x' },
        ],
      },
    ];
    for (const change of changes)
      expect(contractDigest(variant([{ ...code, ...change }, other]), new Set(['code']))).not.toBe(before);
  });
  it('a column of a linked table retyped changes that table only', () => {
    const schema = (type: string) => ({
      database: 'd',
      tables: [
        { name: 'one', columns: [{ name: 'x', type, classification: 'personal' }] },
        { name: 'two', columns: [{ name: 'y', type: 'varchar', classification: 'public' }] },
      ],
    });
    const [before, after] = [
      schemaDigests(schema('date'), ['one', 'two']),
      schemaDigests(schema('varchar'), ['one', 'two']),
    ];
    expect(after['one']).not.toBe(before['one']);
    expect(after['two']).toBe(before['two']);
  });
  it('a code list is agreed word for word', () => {
    expect(codeListDigest({ kinds: ['a'] })).not.toBe(codeListDigest({ kinds: ['a', 'b'] }));
  });
});

describe('attack: replay to another version or environment', () => {
  it('signatures on version 1 do not agree version 2', () => {
    const second = withYaml('version: 1', 'version: 2');
    expect(isAgreed({ definitionBytes: second.bytes })).toBe(false);
  });
  it('signatures made for another installation do not count here', () => {
    expect(isAgreed({ envelopes: allSigned({ environment: 'tvt:111111111111:eu-west-2' }) })).toBe(false);
  });
});

describe('attack: two signatures of one partner', () => {
  it('count once, whoever of its people signed', () => {
    const three = PARTNERS.slice(0, 3).map((partner) => signed({ partner }));
    const again = signed({ partner: 'fictional-police', signer: 'fictional-police-approver-2' });
    expect(isAgreed({ envelopes: [...three, again, ...three] })).toBe(false);
  });
  it('an envelope with two signatures is not read', () => {
    const envelope = JSON.parse(textOf(signed({ partner: 'pretend-fire' }))) as { signatures: unknown[] };
    const doubled = canonicalBytes({
      ...envelope,
      signatures: [...envelope.signatures, ...envelope.signatures],
    });
    expect(verifyEnvelope(doubled, registerOf())).toMatchObject({ ok: false, code: 'envelope-unreadable' });
  });
  it('a register that gives one key to two partners is not used', () => {
    const document = registerDocument();
    const spki = document.partners[0]?.spki ?? '';
    const shared = { ...document, partners: document.partners.map((partner) => ({ ...partner, spki })) };
    expect(readRegister(registerBytes(shared).bytes).ok).toBe(false);
  });
});

describe('attack: key-id and payload-type confusion', () => {
  it('a key id naming another partner neither helps nor harms', () => {
    const mislabelled = PARTNERS.map((partner) => signed({ partner, keyid: 'alias/tvt-signing-somebody' }));
    expect(isAgreed({ envelopes: mislabelled })).toBe(true);
    const forged = signed({
      partner: 'pretend-fire',
      key: keyOf('fictional-police'),
      keyid: 'alias/tvt-signing-pretend-fire',
    });
    expect(verifyEnvelope(forged, registerOf())).toMatchObject({ ok: false, code: 'signature-not-valid' });
  });
  it('a good signature on another payload type is not looked into', () => {
    const envelope = JSON.parse(textOf(signed({ partner: 'pretend-fire' }))) as { payload: string };
    const payload = Buffer.from(envelope.payload, 'base64');
    const sig = sign('sha256', preAuthEncoding('text/plain', payload), keyOf('pretend-fire')).toString(
      'base64',
    );
    const other = canonicalBytes({ ...envelope, payloadType: 'text/plain', signatures: [{ sig }] });
    expect(verifyEnvelope(other, registerOf())).toMatchObject({ ok: false, code: 'payload-type-unknown' });
    const relabelled = canonicalBytes({ ...envelope, payloadType: PAYLOAD_TYPE, signatures: [{ sig }] });
    expect(verifyEnvelope(relabelled, registerOf())).toMatchObject({
      ok: false,
      code: 'signature-not-valid',
    });
  });
  it('encodes DSSE’s own example exactly', () => {
    const encoded = preAuthEncoding('http://example.com/HelloWorld', bytesOf('hello world'));
    expect(textOf(encoded)).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });
});

describe('attack: expiry or revocation between queue and release', () => {
  it('what was agreed when queued is refused when asked again', () => {
    const expires = '2026-11-24T12:30:00.000Z';
    const envelopes = allSigned({ expires });
    expect(isAgreed({ envelopes })).toBe(true);
    expect(isAgreed({ envelopes, now: new Date(expires) })).toBe(false);
    const revoked = signed({
      partner: 'invented-county',
      decision: 'revoke',
      signedAt: '2026-11-24T12:10:00.000Z',
    });
    expect(isAgreed({ envelopes: [...envelopes, revoked], now: new Date('2026-11-24T12:15:00.000Z') })).toBe(
      false,
    );
  });
});

describe('attack: register rolled back', () => {
  it('an altered register has another digest, so nothing signed under the old one counts', () => {
    expect(isAgreed({ register: registerOf(registerDocument(1, PARTNERS.slice(0, 3))) })).toBe(false);
  });
});

describe('attack: recipients growing', () => {
  it('one recipient more is another definition', () => {
    const grown = withYaml(
      'recipients:',
      'recipients:\n  - { partner: thames-valley-police, role: auditor }',
    );
    expect(isAgreed({ definitionBytes: grown.bytes })).toBe(false);
  });
});

describe('attack: an expiry beyond the next six-monthly review', () => {
  it('is not a definition', () => {
    expect(() => definitionOf({ expires: '2027-06-01T00:00:00.000Z' })).toThrow('six-monthly review');
  });
});
