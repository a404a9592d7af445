import { expect, test } from 'vitest';
import { ROOMS, readDeclared } from '../../infra/declared.ts';
import { FUNCTIONS } from '../../infra/function-list.ts';
import { accessLines } from './access-lines.ts';
import { roleStatements, synthesised } from './synthesised.ts';

const system = synthesised();

/**
 * What each function may do, all of it, read back from the synthesised roles. `head` is metadata without content:
 * the function has no right to the zone's key. Every function may also write its own log, which is left out here.
 */
const MAY: Readonly<Record<string, readonly string[]>> = {
  'issue-upload-url': ['every landing: write deliveries/*'],
  agreements: [
    'ledger: list; read agreements/* register/*; write agreements/* register/* segments/*',
    'public half of every signing key',
  ],
  'plan-run': [
    'control: list; read lease.json runs/*; write lease.json runs/*',
    'every landing: list; head deliveries/*',
    'linked: list; read snapshots/*',
    'records: list; read state/*',
    'states:DescribeExecution execution:tvt-daily-run:*',
  ],
  'receive-feed': [
    'control: list; read runs/*; write runs/*',
    'every landing: list; list-versions; read deliveries/*; read-versions deliveries/*; write receipts/*; remove deliveries/*',
    'kms:GenerateMac key:tvt-pseudonyms',
    'ledger: write segments/*',
    'records: write staging/*',
  ],
  'normalise-feed': [
    'control: list; read runs/*; write runs/*',
    'ledger: write segments/*',
    'records: list; read collection_month=* staging/* state/*; write collection_month=* state/*',
  ],
  'match-people': [
    'control: list; read runs/*; write runs/*',
    'kms:GenerateMac key:tvt-pseudonyms',
    'ledger: write segments/*',
    'link-state: list; read collection_month=* state/*; write collection_month=* state/*',
    'records: list; read collection_month=* state/*',
  ],
  'publish-snapshot': [
    'control: list; read runs/*; write runs/*',
    'kms:GenerateMac key:tvt-pseudonyms',
    'ledger: write segments/*',
    'link-state: list; read collection_month=*/assignment/* state/*',
    'linked: list; read collection_month=* reference/* snapshots/*; write collection_month=* reference/* snapshots/*',
    'records: list; read collection_month=* state/*',
  ],
  'purge-expired': [
    'control: list; read runs/*; write runs/*',
    'every landing: list; list-versions; remove deliveries/*',
    'ledger: write segments/*',
    'link-state: list; list-versions; read state/*; remove collection_month=*',
    'linked: list; list-versions; read snapshots/*; remove collection_month=* reference/* snapshots/*',
    'records: list; list-versions; read state/*; remove collection_month=* staging/*',
  ],
  'finish-run': [
    'control: list; read lease.json runs/*; write lease.json runs/*',
    'ledger: list; read chain/* segments/*; write chain/*',
  ],
  'start-report': [
    'athena:StartQueryExecution workgroup/tvt-gate',
    'control: list; read releases/*; write releases/*',
    'ledger: list; read agreements/* register/*; write segments/*',
    'linked: list; read collection_month=* reference/* snapshots/*',
    'query-results: list; read gate/*; write gate/*',
    's3:AbortMultipartUpload query-results/gate/*',
    's3:GetBucketLocation linked',
    's3:GetBucketLocation query-results',
    's3:ListMultipartUploadParts query-results/gate/*',
    'table definitions of tvt_linked',
  ],
  'check-report': ['athena:GetQueryExecution workgroup/tvt-gate'],
  'release-report': [
    'athena:GetQueryExecution workgroup/tvt-gate',
    'control: list; read releases/*; write releases/*',
    'ledger: list; read agreements/* register/*; write segments/*',
    'linked: list; read snapshots/*',
    'query-results: list; read gate/*',
    'reports: write cells/* packs/*',
  ],
  'fail-release': ['control: write releases/*', 'ledger: write segments/*'],
};

test('every function has a line in the table of rights, and nothing else has', () => {
  expect(Object.keys(MAY).sort()).toEqual(FUNCTIONS.map(({ name }) => name).sort());
});

test.each(Object.entries(MAY))('%s may do this and no more', (name, expected) => {
  const lines = accessLines(roleStatements(system, `tvt-fn-${name}`));

  expect(inShort(lines)).toEqual([...expected].sort());
});

test('the report gate reads neither records nor link state, and nobody but it and the publisher reads linked data', () => {
  const readers = FUNCTIONS.filter(({ zones }) =>
    zones.some(
      ({ zone, read }) =>
        zone === 'linked' && (read ?? []).some((pattern) => pattern.startsWith('collection')),
    ),
  );

  expect(readers.map(({ name }) => name)).toEqual(['publish-snapshot', 'start-report']);
  expect(MAY['start-report']?.some((line) => /^(?:records|link-state|every landing)/.test(line))).toBe(false);
});

test('no role of the system is given a wildcard action', () => {
  const roles = system.ofType('AWS::IAM::Role');

  const wild = roles.flatMap(({ properties }) =>
    roleStatements(system, String(properties.RoleName))
      .flatMap(({ Action }) => Action)
      .filter((action) => action.includes('*')),
  );

  expect(roles.length).toBeGreaterThan(30);
  expect(wild).toEqual([]);
});

/** What is the same for every partner is said once; the actions of a read of the catalogue are one thing. */
function inShort(lines: readonly string[]): string[] {
  const { partners } = readDeclared(ROOMS);
  const once = (text: string, alike: (partner: string) => string): readonly string[] => {
    if (!partners.every(({ id }) => rest.has(alike(id)))) return [];
    for (const { id } of partners) rest.delete(alike(id));
    return [text];
  };
  const rest = new Set(lines);
  const landings = lines
    .filter((line) => line.startsWith('landing-thames-valley-police: '))
    .flatMap((line) => {
      const rights = line.slice('landing-thames-valley-police: '.length);
      return once(`every landing: ${rights}`, (partner) => `landing-${partner}: ${rights}`);
    });
  const keys = once(
    'public half of every signing key',
    (partner) => `kms:GetPublicKey key:tvt-signing-${partner}`,
  );
  const glue = [...rest].filter((line) =>
    /^glue:Get[A-Za-z]+ (?:catalog|database\/tvt_linked|table\/tvt_linked\/\*)$/.test(line),
  );
  for (const line of glue) rest.delete(line);
  return [
    ...rest,
    ...landings,
    ...keys,
    ...(glue.length > 0 ? ['table definitions of tvt_linked'] : []),
  ].sort();
}
