/** A zone's bucket: one key, versioned, private, TLS only, logged, and emptied on the dates its retention says. */
import { RemovalPolicy, Validations, type CfnResource } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { classify, type Classification } from './classification.ts';
import { guardAccept } from './opt-out.ts';
import { lifecycleRules, type Retention } from './retention.ts';

export interface ZoneBucketProps {
  readonly bucketName: string;
  /** The zone's own key; anything written under another key, or none, is refused. */
  readonly keyArn: string;
  readonly accessLogs: IBucket;
  readonly classification: Classification;
  readonly retention: Retention;
  /** Further refusals, e.g. of old signatures. */
  readonly refuse?: (bucketArn: string) => readonly PolicyStatement[];
}

export class ZoneBucket extends Construct {
  constructor(scope: Construct, id: string, props: ZoneBucketProps) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      bucketName: props.bucketName,
      encryption: BucketEncryption.KMS,
      encryptionKey: Key.fromKeyArn(this, 'Key', props.keyArn),
      bucketKeyEnabled: true,
      versioned: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: `${props.bucketName}/`,
      lifecycleRules: lifecycleRules(props.retention),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const statement of [
      ...refuseOtherKeys(bucket.bucketArn, props.keyArn),
      ...(props.refuse?.(bucket.bucketArn) ?? []),
    ])
      bucket.addToResourcePolicy(statement);
    Validations.of(bucket).acknowledge({
      id: 'Annotation::@aws-cdk/aws-s3:accessLogsPolicyNotAdded',
      reason: 'The log bucket allows every bucket of this system in one statement (access-log-bucket.ts).',
    });
    classify(bucket, props.classification);
    guardAccept(bucket.node.defaultChild as CfnResource, [
      'S3_BUCKET_REPLICATION_ENABLED',
      'S3_BUCKET_DEFAULT_LOCK_ENABLED',
    ]);
  }
}

/**
 * A request that names no encryption gets the bucket's default, which is the zone's key. One that names another is
 * refused. `Null: false` is needed: a negated condition is also true of a request that does not carry the key.
 */
function refuseOtherKeys(bucketArn: string, keyArn: string): PolicyStatement[] {
  const refuse = (sid: string, header: string, only: string): PolicyStatement =>
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: [`${bucketArn}/*`],
      conditions: { StringNotEquals: { [header]: only }, Null: { [header]: 'false' } },
    });
  return [
    refuse('RefuseOtherEncryption', 's3:x-amz-server-side-encryption', 'aws:kms'),
    refuse('RefuseOtherKeys', 's3:x-amz-server-side-encryption-aws-kms-key-id', keyArn),
  ];
}
