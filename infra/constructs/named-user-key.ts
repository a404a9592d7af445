/** A KMS key that computes (signs, authenticates) for named roles only; everybody else is denied by the key itself. */
import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  PolicyDocument,
  PolicyStatement,
} from 'aws-cdk-lib/aws-iam';
import { Key, type KeySpec, type KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { classify, type Classification } from './classification.ts';
import { keyAdministration } from './zone-key.ts';

export interface NamedUserKeyProps {
  /** Without the leading `alias/`. */
  readonly alias: string;
  readonly description: string;
  readonly classification: Classification;
  readonly keySpec: KeySpec;
  readonly keyUsage: KeyUsage;
  /** The action that is the key's whole worth, e.g. `kms:Sign`. */
  readonly action: string;
  /** IAM role names that may do it. */
  readonly roleNames: readonly string[];
}

export class NamedUserKey extends Construct {
  readonly keyArn: string;

  constructor(scope: Construct, id: string, props: NamedUserKeyProps) {
    super(scope, id);
    const key = new Key(this, 'Key', {
      alias: props.alias,
      description: props.description,
      keySpec: props.keySpec,
      keyUsage: props.keyUsage,
      removalPolicy: RemovalPolicy.RETAIN,
      policy: new PolicyDocument({ statements: [keyAdministration(), ...onlyFor(props)] }),
    });
    classify(key, props.classification);
    this.keyArn = key.keyArn;
  }
}

/**
 * Roles are named by the condition key aws:PrincipalArn, not as principals: a key policy that names a role which
 * does not exist yet is refused, and one whose role was made anew keeps pointing at the old one.
 */
function onlyFor({ action, roleNames }: NamedUserKeyProps): PolicyStatement[] {
  const roles = roleNames.map((name) => `arn:aws:iam::${Aws.ACCOUNT_ID}:role/${name}`);
  return [
    new PolicyStatement({
      sid: 'UsedByNamedRoles',
      principals: [new AccountRootPrincipal()],
      actions: [action],
      resources: ['*'],
      conditions: { ArnEquals: { 'aws:PrincipalArn': roles } },
    }),
    new PolicyStatement({
      sid: 'ByNobodyElse',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: [action],
      resources: ['*'],
      conditions: { ArnNotEquals: { 'aws:PrincipalArn': roles } },
    }),
  ];
}
