/** A log group of our own making: under our key, gone after a stated time, named as its writer expects. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { classify, type Classification } from './classification.ts';

export interface QuietLogGroupProps {
  readonly logGroupName: string;
  readonly keyArn: string;
  readonly classification: Classification;
  readonly retention: RetentionDays;
}

export class QuietLogGroup extends Construct {
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: QuietLogGroupProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'LogGroup', {
      logGroupName: props.logGroupName,
      encryptionKey: Key.fromKeyArn(this, 'Key', props.keyArn),
      retention: props.retention,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    classify(this.logGroup, props.classification);
  }
}
