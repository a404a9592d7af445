/** Turns rights written as data into IAM statements: exact actions on exact prefixes, and the zone's key. */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ZoneRight } from '../function-list.ts';

/** A bucket with the key its content is under. */
export interface Store {
  readonly bucketArn: string;
  readonly keyArn: string;
}

export function zoneStatements(right: ZoneRight, stores: readonly Store[]): PolicyStatement[] {
  const buckets = stores.map(({ bucketArn }) => bucketArn);
  const objects = (patterns: readonly string[]): string[] =>
    buckets.flatMap((bucket) => patterns.map((pattern) => `${bucket}/${pattern}`));
  const [head, read, write, remove] = [
    right.head ?? [],
    right.read ?? [],
    right.write ?? [],
    right.remove ?? [],
  ];
  const keyActions = [
    ...(read.length > 0 ? ['kms:Decrypt'] : []),
    ...(write.length > 0 ? ['kms:GenerateDataKey'] : []),
  ];
  const listing = [
    ...(right.list ? ['s3:ListBucket'] : []),
    ...(right.listVersions ? ['s3:ListBucketVersions'] : []),
  ];
  return [
    ...allow(listing, buckets),
    ...allow(['s3:GetObject'], objects([...head, ...read])),
    ...allow(['s3:GetObjectVersion'], objects(right.readVersions ?? [])),
    ...allow(['s3:PutObject'], objects(write)),
    ...allow(['s3:DeleteObjectVersion'], objects(remove)),
    ...allow(
      keyActions,
      stores.map(({ keyArn }) => keyArn),
    ),
  ];
}

/** One statement, or none when there is nothing to allow: IAM refuses empty lists. */
export function allow(
  actions: readonly string[],
  resources: readonly string[],
  conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>,
): PolicyStatement[] {
  if (actions.length === 0 || resources.length === 0) return [];
  return [
    new PolicyStatement({
      actions: [...actions],
      resources: [...resources],
      ...(conditions ? { conditions } : {}),
    }),
  ];
}
