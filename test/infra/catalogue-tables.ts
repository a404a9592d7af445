import { expect, test } from 'vitest';
import { keys, LINKED_TABLES, REFERENCE_TABLES } from '../../pipeline/zones.ts';
import { synthesised } from './synthesised.ts';

interface TableInput {
  readonly Name: string;
  readonly PartitionKeys: readonly { readonly Name: string }[];
  readonly Parameters: Readonly<Record<string, string>>;
  readonly StorageDescriptor: {
    readonly Columns: readonly { readonly Name: string; readonly Type: string }[];
    readonly Location: string;
  };
}

const GLUE_TYPES = new Set(['bigint', 'boolean', 'date', 'double', 'int', 'string']);
const system = synthesised();
const tables = system
  .ofType('AWS::Glue::Table')
  .map(({ properties }) => ({ database: properties.DatabaseName, ...(properties.TableInput as TableInput) }));
const tableOf = (name: string) => {
  const table = tables.find(({ Name }) => Name === name);
  if (table === undefined) throw new Error(`There is no table ${name}.`);
  return table;
};

test('Athena knows the linked tables, the reference tables, and the released cells', () => {
  expect(tables.map(({ database, Name }) => `${String(database)}.${Name}`).sort()).toEqual(
    [
      ...[...LINKED_TABLES, ...REFERENCE_TABLES].map((name) => `tvt_linked.${name}`),
      'tvt_reports.released_cells',
    ].sort(),
  );
});

test.each(LINKED_TABLES)(
  '%s is found where the publisher puts it, for exactly one month and snapshot',
  (name) => {
    const { Parameters, PartitionKeys } = tableOf(name);

    const template = Parameters['storage.location.template'] ?? '';
    const folder = template.replace('${collection_month}', '2026-10').replace('${snapshot}', 's1');
    expect(`s3://tvt-linked-000000000000/${keys.linked.data('2026-10', name, 's1')}`).toBe(
      `${folder}part-0.parquet`,
    );
    expect(PartitionKeys.map(({ Name }) => Name)).toEqual(['collection_month', 'snapshot']);
    expect(Parameters).toMatchObject({
      'projection.enabled': 'true',
      'projection.collection_month.type': 'date',
      'projection.collection_month.format': 'yyyy-MM',
      'projection.collection_month.range': 'NOW-75MONTHS,NOW',
      'projection.collection_month.interval': '1',
      'projection.collection_month.interval.unit': 'MONTHS',
      'projection.snapshot.type': 'injected',
    });
  },
);

test.each(REFERENCE_TABLES)('%s is found where the publisher puts it', (name) => {
  const template = tableOf(name).Parameters['storage.location.template'] ?? '';

  expect(`s3://tvt-linked-000000000000/${keys.linked.reference(name, 's1')}`).toBe(
    `${template.replace('${snapshot}', 's1')}part-0.parquet`,
  );
});

test('released cells must be asked for one recipient, and lie under that recipient alone', () => {
  const { Parameters } = tableOf('released_cells');

  expect(Parameters).toMatchObject({
    'projection.recipient.type': 'injected',
    'projection.report.type': 'enum',
  });
  const folder = (Parameters['storage.location.template'] ?? '')
    .replace('${recipient}', 'p1')
    .replace('${report}', 'r1');
  expect(
    `s3://tvt-reports-000000000000/${keys.reports.cells('p1', 'r1', 'x')}`.startsWith(`${folder}release=`),
  ).toBe(true);
});

test('columns are spelt in Glue’s types', () => {
  const types = new Set(
    tables.flatMap(({ StorageDescriptor }) => StorageDescriptor.Columns.map(({ Type }) => Type)),
  );

  expect([...types].filter((type) => !GLUE_TYPES.has(type))).toEqual([]);
  expect(types.size).toBeGreaterThan(3);
});

test.each(
  system
    .ofType('AWS::Athena::WorkGroup')
    .map(({ properties }) => [String(properties.Name), properties] as const),
)(
  'the work group %s decides where results go, under which key, and how much may be read',
  (name, properties) => {
    expect(properties.WorkGroupConfiguration).toMatchObject({
      EnforceWorkGroupConfiguration: true,
      BytesScannedCutoffPerQuery: name === 'tvt-gate' ? 50e9 : 1e9,
      EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
      ResultConfiguration: {
        OutputLocation: expect.stringMatching(name === 'tvt-gate' ? /\/gate\/$/ : /\/analysts\/[a-z-]+\/$/),
        EncryptionConfiguration: { EncryptionOption: 'SSE_KMS', KmsKey: 'key:tvt-query-results' },
      },
    });
  },
);
