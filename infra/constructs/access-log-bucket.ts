/** Where S3 writes who asked for what in every zone. */
import { Aws, Duration, RemovalPolicy, type CfnResource } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { classify, type Classification } from './classification.ts';
import { acknowledge, guardAccept } from './opt-out.ts';
import { NONCURRENT_DAYS } from './retention.ts';

export interface AccessLogBucketProps {
  readonly bucketName: string;
  /** ARN pattern of the buckets that may log here. */
  readonly from: string;
  readonly classification: Classification;
  readonly retention: { readonly days: number };
}

export class AccessLogBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, props: AccessLogBucketProps) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      bucketName: props.bucketName,
      // Server access logs can be written under S3's own keys only, not under ours.
      encryption: BucketEncryption.S3_MANAGED,
      versioned: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        {
          id: 'expire',
          expiration: Duration.days(props.retention.days),
          noncurrentVersionExpiration: Duration.days(NONCURRENT_DAYS),
        },
        { id: 'empty-markers', expiredObjectDeleteMarker: true },
        { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    });
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'S3WritesAccessLogs',
        principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [`${bucket.bucketArn}/*`],
        conditions: {
          ArnLike: { 'aws:SourceArn': props.from },
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        },
      }),
    );
    acknowledge(bucket, 'S1', 'A bucket of access logs that logs itself would never come to rest.');
    guardAccept(bucket.node.defaultChild as CfnResource, [
      'S3_BUCKET_LOGGING_ENABLED',
      'S3_BUCKET_REPLICATION_ENABLED',
      'S3_BUCKET_DEFAULT_LOCK_ENABLED',
    ]);
    classify(bucket, props.classification);
    // By name: S3 would otherwise want one statement per source bucket in a policy of at most 20 KB.
    this.bucket = Bucket.fromBucketName(this, 'ByName', props.bucketName);
  }
}
