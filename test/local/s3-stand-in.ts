/** A small stand-in for the S3 tests: three buckets, one key, and roles that may do different things. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { startStandIn } from '../../local/start.ts';
import type { RunningStandIn } from '../../local/start.ts';
import type { Credentials } from '../../local/service.ts';

const ACCOUNT = '000000000000';
/** Versioned, under a KMS key. */
export const SECRET_BUCKET = `tvt-test-secret-${ACCOUNT}`;
/** Versioned, under the same key with a bucket key. */
export const SECOND_BUCKET = `tvt-test-second-${ACCOUNT}`;
/** Neither versioned nor under a KMS key. */
export const PLAIN_BUCKET = `tvt-test-plain-${ACCOUNT}`;
const KEY_ID = 'Key';

type Json = Record<string, unknown>;

const role = (name: string, statements: readonly Json[]): Json => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: name,
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } },
      ],
    },
    Policies: [{ PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
  },
});
const allow = (action: string | readonly string[], resource: unknown = '*', condition?: Json): Json => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
  ...(condition === undefined ? {} : { Condition: condition }),
});

function bucket(name: string, kms: 'key' | 'bucket-key' | undefined, more: Json): Json {
  const byDefault =
    kms === undefined
      ? { SSEAlgorithm: 'AES256' }
      : { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { 'Fn::GetAtt': [KEY_ID, 'Arn'] } };
  return {
    Type: 'AWS::S3::Bucket',
    Properties: {
      BucketName: name,
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { BucketKeyEnabled: kms === 'bucket-key', ServerSideEncryptionByDefault: byDefault },
        ],
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true },
      ...more,
    },
  };
}

const VERSIONED = { VersioningConfiguration: { Status: 'Enabled' } };

function template(lifecycle: readonly Json[]): Json {
  const secretArn = `arn:aws:s3:::${SECRET_BUCKET}`;
  const rules = lifecycle.length === 0 ? {} : { LifecycleConfiguration: { Rules: lifecycle } };
  return {
    Resources: {
      [KEY_ID]: {
        Type: 'AWS::KMS::Key',
        Properties: {
          KeyPolicy: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
                Action: 'kms:*',
                Resource: '*',
              },
            ],
          },
        },
      },
      Secret: bucket(SECRET_BUCKET, 'key', { ...VERSIONED, ...rules }),
      Second: bucket(SECOND_BUCKET, 'bucket-key', VERSIONED),
      Plain: bucket(PLAIN_BUCKET, undefined, rules),
      SecretPolicy: {
        Type: 'AWS::S3::BucketPolicy',
        Properties: {
          Bucket: SECRET_BUCKET,
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Deny',
                Principal: '*',
                Action: 's3:PutObject',
                Resource: `${secretArn}/*`,
                // Sent and wrong; not sent is the bucket's own default.
                Condition: {
                  StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' },
                  Null: { 's3:x-amz-server-side-encryption': 'false' },
                },
              },
              {
                Effect: 'Deny',
                Principal: '*',
                Action: 's3:*',
                Resource: [secretArn, `${secretArn}/*`],
                Condition: { NumericGreaterThan: { 's3:signatureAge': '600000' } },
              },
            ],
          },
        },
      },
      All: role('all', [allow(['s3:*', 'kms:*'])]),
      NoKey: role('no-key', [allow('s3:*')]),
      Blind: role('blind', [allow(['s3:GetObject', 's3:PutObject', 'kms:*'])]),
      Prefixed: role('prefixed', [
        allow('s3:ListBucket', secretArn, { StringLike: { 's3:prefix': 'mine/*' } }),
        allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], `${secretArn}/mine/*`),
        allow('kms:*'),
      ]),
      Context: role('only-one-object', [
        allow('s3:*'),
        allow(['kms:GenerateDataKey', 'kms:Decrypt'], '*', {
          StringEquals: { 'kms:EncryptionContext:aws:s3:arn': `${secretArn}/the-one` },
        }),
      ]),
    },
  };
}

export interface S3StandIn {
  readonly running: RunningStandIn;
  readonly dataDir: string;
  client(roleName: string): S3Client;
  credentials(roleName: string): Credentials;
  /** Stops it and starts it again on the same data. */
  restart(): Promise<S3StandIn>;
  close(): Promise<void>;
}

export async function startS3StandIn(
  options: { readonly lifecycle?: readonly Json[]; readonly folder?: string } = {},
): Promise<S3StandIn> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'tvt-s3-'));
  writeFileSync(join(folder, 'test.template.json'), JSON.stringify(template(options.lifecycle ?? [])));
  const dataDir = join(folder, 'data');
  const running = await startStandIn({ dataDir, templatesDir: folder, port: 0, services: ['s3', 'kms'] });
  const clients: S3Client[] = [];
  const credentials = (roleName: string): Credentials => running.standIn.credentialsFor(roleName, 'tester');
  const stop = async (): Promise<void> => {
    for (const client of clients) client.destroy();
    await running.close();
  };
  return {
    running,
    dataDir,
    credentials,
    client(roleName) {
      const client = new S3Client({
        endpoint: running.endpoint,
        region: 'eu-west-2',
        forcePathStyle: true,
        credentials: credentials(roleName),
        maxAttempts: 1,
      });
      clients.push(client);
      return client;
    },
    async restart() {
      await stop();
      return startS3StandIn({ ...options, folder });
    },
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
