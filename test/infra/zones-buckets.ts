import { expect, test } from 'vitest';
import { z } from 'zod';
import { collectionMonths, lastExpiry } from '../../infra/constructs/retention.ts';
import { retentionFloor } from '../../pipeline/zones.ts';
import { ROOMS, readDeclared } from '../../infra/declared.ts';
import { statementsOf, synthesised } from './synthesised.ts';

const lifecycle = z.looseObject({
  LifecycleConfiguration: z.object({
    Rules: z.array(
      z.looseObject({
        Id: z.string(),
        Status: z.literal('Enabled'),
        Prefix: z.string().optional(),
        ExpirationDate: z.string().optional(),
        ExpirationInDays: z.number().optional(),
        NoncurrentVersionExpiration: z.object({ NoncurrentDays: z.number() }).optional(),
        ExpiredObjectDeleteMarker: z.boolean().optional(),
        AbortIncompleteMultipartUpload: z.object({ DaysAfterInitiation: z.number() }).optional(),
      }),
    ),
  }),
});

const system = synthesised();
const buckets = (): ReadonlyMap<string, Readonly<Record<string, unknown>>> =>
  new Map(
    system
      .ofType('AWS::S3::Bucket')
      .map(({ properties }) => [
        String(properties.BucketName).replace(/^tvt-(.*)-000000000000$/, '$1'),
        properties,
      ]),
  );
const rulesOf = (bucket: string) => lifecycle.parse(buckets().get(bucket)).LifecycleConfiguration.Rules;

const partnerIds = readDeclared(ROOMS).partners.map(({ id }) => id);
const ZONE_BUCKETS = [
  ...['control', 'records', 'link-state', 'linked', 'query-results', 'reports', 'ledger'],
  ...partnerIds.map((id) => `landing-${id}`),
];

test('there is one bucket per zone, one per partner for landing, and one for access logs', () => {
  expect([...buckets().keys()].sort()).toEqual([...ZONE_BUCKETS, 'access-logs'].sort());
});

test.each(ZONE_BUCKETS)('the bucket %s is private, versioned, logged, and under its own key', (bucket) => {
  expect(buckets().get(bucket)).toMatchObject({
    VersioningConfiguration: { Status: 'Enabled' },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    LoggingConfiguration: { DestinationBucketName: 'tvt-access-logs-000000000000' },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: `key:tvt-${bucket}` },
        },
      ],
    },
    Tags: expect.arrayContaining([{ Key: 'classification', Value: expect.any(String) }]),
  });
});

test.each(ZONE_BUCKETS)('the bucket %s refuses plain HTTP, another key and another encryption', (bucket) => {
  const refused = refusals(bucket);

  expect(refused).toContain('s3:* when Bool aws:SecureTransport false');
  expect(refused).toContain(
    's3:PutObject when StringNotEquals s3:x-amz-server-side-encryption aws:kms and Null s3:x-amz-server-side-encryption false',
  );
  expect(refused).toContain(
    `s3:PutObject when StringNotEquals s3:x-amz-server-side-encryption-aws-kms-key-id key:tvt-${bucket} and Null s3:x-amz-server-side-encryption-aws-kms-key-id false`,
  );
});

test.each(partnerIds)(
  'the landing of %s refuses an upload whose signature is a quarter of an hour old',
  (partner) => {
    expect(refusals(`landing-${partner}`)).toContain(
      's3:PutObject when NumericGreaterThan s3:signatureAge 900000',
    );
  },
);

function refusals(bucket: string): string[] {
  const policy = system.ofType('AWS::S3::BucketPolicy').find(({ id, stack }) => {
    const ref: unknown = system.stacks[stack]?.Resources[id]?.Properties.Bucket;
    const target = system.resources.find(
      (each) => each.stack === stack && JSON.stringify(ref).includes(`"${each.id}"`),
    );
    return target?.properties.BucketName === `tvt-${bucket}-000000000000`;
  });
  return statementsOf(policy?.properties.PolicyDocument)
    .filter(({ Effect }) => Effect === 'Deny')
    .map(({ Action, Condition }) => {
      const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, values]) => `${operator} ${key} ${values.join(' ')}`),
      );
      return `${Action.join(' ')} when ${conditions.join(' and ')}`;
    });
}

test.each(['records', 'link-state', 'linked'])(
  '%s loses each collection month on a day of its own, bytes and versions',
  (bucket) => {
    const rules = rulesOf(bucket);
    const dated = rules.filter(({ ExpirationDate }) => ExpirationDate !== undefined);

    expect(dated).toHaveLength(240);
    expect(rules.length).toBeLessThanOrEqual(1000);
    expect(dated.at(0)).toMatchObject({
      Prefix: 'collection_month=2020-01/',
      ExpirationDate: '2026-02-01T00:00:00Z',
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    });
    expect(dated.at(-1)).toMatchObject({
      Prefix: 'collection_month=2039-12/',
      ExpirationDate: '2046-01-01T00:00:00Z',
    });
    expect(dated.map(({ Prefix }) => Prefix)).toEqual(
      collectionMonths().map((month) => `collection_month=${month}/`),
    );
  },
);

test.each(collectionMonths())(
  '%s is not emptied while a record of it may be held, nor two days later than that',
  (month) => {
    const emptied = lastExpiry(month).getTime();
    const day = (daysBefore: number): string =>
      new Date(emptied - daysBefore * 86_400_000).toISOString().slice(0, 10);
    const lastCollected = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0))
      .toISOString()
      .slice(0, 10);

    expect(retentionFloor(day(0)) > lastCollected).toBe(true);
    expect(retentionFloor(day(3)) > lastCollected).toBe(false);
  },
);

test.each(ZONE_BUCKETS)(
  '%s drops old versions after a day, empty markers, and uploads that were never finished',
  (bucket) => {
    const whole = rulesOf(bucket).filter(({ Prefix }) => Prefix === undefined || Prefix === '');

    expect(whole).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ NoncurrentVersionExpiration: { NoncurrentDays: 1 } }),
        expect.objectContaining({ ExpiredObjectDeleteMarker: true }),
        expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }),
      ]),
    );
  },
);

const DAYS: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ['control', { 'runs/': 2192, 'releases/': 2192 }],
  ['records', { 'staging/': 7 }],
  ['query-results', { 'gate/': 1, 'analysts/': 1 }],
  ['reports', { 'packs/': 1095, 'cells/': 1095 }],
  ['ledger', {}],
  ...partnerIds.map((id) => [`landing-${id}`, { 'deliveries/': 30, 'receipts/': 2192 }] as const),
];
test.each(DAYS)('%s keeps what holds no collection month for these days', (bucket, days) => {
  const aged = rulesOf(bucket).filter(({ ExpirationInDays }) => ExpirationInDays !== undefined);

  expect(Object.fromEntries(aged.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays]))).toEqual(
    days,
  );
});
