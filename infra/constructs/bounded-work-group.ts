/** An Athena work group that decides for its callers where results go, under which key, and how much a query may read. */
import { Aws } from 'aws-cdk-lib';
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Construct } from 'constructs';
import { classify, type Classification } from './classification.ts';

export interface BoundedWorkGroupProps {
  readonly name: string;
  readonly description: string;
  readonly bucketName: string;
  /** Prefix of the results, with its closing slash. */
  readonly prefix: string;
  readonly keyArn: string;
  readonly bytesPerQuery: number;
  readonly classification: Classification;
}

export class BoundedWorkGroup extends Construct {
  constructor(scope: Construct, id: string, props: BoundedWorkGroupProps) {
    super(scope, id);
    const workGroup = new CfnWorkGroup(this, 'WorkGroup', {
      name: props.name,
      description: props.description,
      state: 'ENABLED',
      recursiveDeleteOption: false,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        requesterPaysEnabled: false,
        bytesScannedCutoffPerQuery: props.bytesPerQuery,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${props.bucketName}/${props.prefix}`,
          expectedBucketOwner: Aws.ACCOUNT_ID,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: props.keyArn },
        },
      },
    });
    classify(workGroup, props.classification);
  }
}
