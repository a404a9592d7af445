import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOMS, readDeclared } from '../../infra/declared.ts';
import { accessLines } from './access-lines.ts';
import { roleStatements, synthesise, synthesised } from './synthesised.ts';

const FIFTH = `
id: nowhere-city-council
short: nowhere
name: Nowhere City Council
status: active
staff:
  - { id: nowhere-uploader, name: Imogen Inventedname, role: uploader }
  - { id: nowhere-approver, name: Osbert Notaperson, role: approver }
  - { id: nowhere-analyst, name: Delphine Madeup, role: analyst }
feeds:
  - feed: social-care-children
`;

function partnersWith(...files: readonly (readonly [string, string])[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'tvt-partners-'));
  cpSync(ROOMS.partnersDir, folder, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  return folder;
}

test('one more partner file, and nothing else, yields its bucket, keys, work group and roles', () => {
  const system = synthesise({ partnersDir: partnersWith(['nowhere-city-council.yaml', FIFTH]) });

  const before = new Set(namesOf(synthesised()));
  expect(
    namesOf(system)
      .filter((name) => !before.has(name))
      .sort(),
  ).toEqual([
    'alias/tvt-landing-nowhere-city-council',
    'alias/tvt-signing-nowhere-city-council',
    'tvt-analysts-nowhere',
    'tvt-landing-nowhere-city-council-000000000000',
    'tvt-person-nowhere-analyst',
    'tvt-person-nowhere-approver',
    'tvt-person-nowhere-uploader',
  ]);
  expect(accessLines(roleStatements(system, 'tvt-fn-receive-feed'))).toContain(
    'landing-nowhere-city-council: list; list-versions; read deliveries/*; read-versions deliveries/*; write receipts/*; remove deliveries/*',
  );
});

test('a partner that is not active has nothing in the cloud', () => {
  const folder = partnersWith(['nowhere-city-council.yaml', FIFTH.replace('status: active', 'status: left')]);

  expect(namesOf(synthesise({ partnersDir: folder })).filter((name) => name.includes('nowhere'))).toEqual([]);
});

test.each([
  ['whose id is not the name of its file', 'elsewhere.yaml', FIFTH, /must carry the partner's id/],
  [
    'with the short name of another',
    'nowhere-city-council.yaml',
    FIFTH.replace('short: nowhere', 'short: tvp'),
    /Two partners have the short name tvp/,
  ],
  [
    'with a role nobody knows',
    'nowhere-city-council.yaml',
    FIFTH.replace('role: analyst', 'role: overlord'),
    /cannot be built from/,
  ],
  [
    'whose id is too long for a bucket name',
    `${'n'.repeat(39)}.yaml`,
    FIFTH.replace('nowhere-city-council', 'n'.repeat(39)),
    /cannot be built from/,
  ],
])('a partner file %s is refused with a sentence', (_, name, text, sentence) => {
  expect(() => readDeclared({ ...ROOMS, partnersDir: partnersWith([name, text]) })).toThrow(sentence);
});

function namesOf({ resources }: ReturnType<typeof synthesised>): string[] {
  return resources.flatMap(({ type, properties }) =>
    [
      properties.BucketName,
      properties.AliasName,
      properties.RoleName,
      properties.FunctionName,
      type === 'AWS::Athena::WorkGroup' ? properties.Name : undefined,
    ].filter((name) => typeof name === 'string'),
  );
}
