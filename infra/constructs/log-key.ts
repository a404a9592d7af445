/** The key of the log groups: CloudWatch Logs may use it for this system's groups, and nobody directly. */
import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { REGION } from '../region.ts';
import { classify } from './classification.ts';
import { keyAdministration } from './zone-key.ts';

export interface LogKeyProps {
  /** Without the leading `alias/`. */
  readonly alias: string;
}

export class LogKey extends Construct {
  readonly keyArn: string;

  constructor(scope: Construct, id: string, props: LogKeyProps) {
    super(scope, id);
    const key = new Key(this, 'Key', {
      alias: props.alias,
      description: 'Log groups of functions and state machines',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
      policy: new PolicyDocument({ statements: [keyAdministration(), useByLogs()] }),
    });
    classify(key, 'operational');
    this.keyArn = key.keyArn;
  }
}

const useByLogs = (): PolicyStatement =>
  new PolicyStatement({
    sid: 'UsedByCloudWatchLogs',
    principals: [new ServicePrincipal(`logs.${REGION}.amazonaws.com`)],
    actions: [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
    resources: ['*'],
    conditions: {
      ArnLike: {
        'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${REGION}:${Aws.ACCOUNT_ID}:log-group:/aws/*tvt-*`,
      },
    },
  });
