/** A KMS key for one zone: rotated every year, and usable by nobody except through S3. */
import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { REGION } from '../region.ts';
import { classify, type Classification } from './classification.ts';

export interface ZoneKeyProps {
  /** Without the leading `alias/`. */
  readonly alias: string;
  readonly description: string;
  readonly classification: Classification;
}

export class ZoneKey extends Construct {
  readonly keyArn: string;

  constructor(scope: Construct, id: string, props: ZoneKeyProps) {
    super(scope, id);
    const key = new Key(this, 'Key', {
      alias: props.alias,
      description: props.description,
      enableKeyRotation: true,
      // Deleting a key destroys the zone for good: that is a person's decision, never a deployment's.
      removalPolicy: RemovalPolicy.RETAIN,
      policy: new PolicyDocument({ statements: [keyAdministration(), useThroughS3()] }),
    });
    classify(key, props.classification);
    this.keyArn = key.keyArn;
  }
}

/**
 * Administration goes through the account's IAM, as KMS advises, so that no key can be locked out of reach.
 * It holds no right to decrypt, sign or compute with the key.
 */
export function keyAdministration(): PolicyStatement {
  return new PolicyStatement({
    sid: 'AdministeredThroughIam',
    principals: [new AccountRootPrincipal()],
    actions: KEY_ADMINISTRATION,
    resources: ['*'],
  });
}

const KEY_ADMINISTRATION = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:GetPublicKey',
  'kms:ListAliases',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

/** Roles of this account whose own policy allows it too, and only while S3 asks on their behalf. */
const useThroughS3 = (): PolicyStatement =>
  new PolicyStatement({
    sid: 'UsedOnlyThroughS3',
    principals: [new AccountRootPrincipal()],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['*'],
    conditions: {
      StringEquals: {
        'kms:ViaService': `s3.${REGION}.amazonaws.com`,
        'kms:CallerAccount': Aws.ACCOUNT_ID,
      },
    },
  });
