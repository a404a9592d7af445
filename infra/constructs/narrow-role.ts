/** An IAM role whose rights are all in one place, written by hand, none of them a wildcard action. */
import { Aws, Duration, Tags } from 'aws-cdk-lib';
import { Effect, PolicyDocument, Role, type IPrincipal, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from './opt-out.ts';

export interface NarrowRoleProps {
  readonly roleName: string;
  readonly description: string;
  readonly assumedBy: IPrincipal;
  readonly statements: readonly PolicyStatement[];
  readonly tags?: Readonly<Record<string, string>>;
}

export class NarrowRole extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, props: NarrowRoleProps) {
    super(scope, id);
    refuseWildcardActions(props.roleName, props.statements);
    this.role = new Role(this, 'Role', {
      roleName: props.roleName,
      description: props.description,
      assumedBy: props.assumedBy,
      maxSessionDuration: Duration.hours(1),
      ...(props.statements.length === 0
        ? {}
        : { inlinePolicies: { rights: new PolicyDocument({ statements: [...props.statements] }) } }),
    });
    for (const [name, value] of Object.entries(props.tags ?? {})) Tags.of(this.role).add(name, value);
    acknowledgePrefixes(this.role, props.statements);
  }
}

function refuseWildcardActions(roleName: string, statements: readonly PolicyStatement[]): void {
  for (const { effect, actions, notActions } of statements) {
    if (effect !== Effect.ALLOW) continue;
    const wild = actions.find((action) => action.includes('*'));
    if (wild !== undefined)
      throw new Error(`The role ${roleName} is given ${wild}; every action must be spelled out.`);
    if (notActions.length > 0) throw new Error(`The role ${roleName} is given all actions but some.`);
  }
}

/** cdk-nag asks a reason for every resource pattern; all of ours are of one kind. */
function acknowledgePrefixes(role: Role, statements: readonly PolicyStatement[]): void {
  const patterns = new Set(
    statements.flatMap(({ resources }) => resources).filter((arn) => arn.includes('*')),
  );
  for (const pattern of patterns) {
    const shown = pattern.replaceAll(Aws.ACCOUNT_ID, '<AWS::AccountId>');
    const reason =
      pattern === '*'
        ? 'The action takes no resource: IAM knows it only for "*".'
        : 'A prefix within one named parent (objects, executions, tables, log streams), with spelled-out actions.';
    acknowledge(role, `IAM5[Resource::${shown}]`, reason);
  }
}
