/** A state machine from a literal definition, which may call the functions its definition names and nothing else. */
import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { FUNCTIONS } from '../function-list.ts';
import { functionArn, machineName, type Machine } from '../names.ts';
import { classify, type Classification } from './classification.ts';
import { NarrowRole } from './narrow-role.ts';
import { acknowledge } from './opt-out.ts';
import { QuietLogGroup } from './quiet-log-group.ts';
import { allow } from './zone-access.ts';

export interface LiteralStateMachineProps {
  readonly machine: Machine;
  /** ASL as it lies in workflows/, with `${PlanRunArn}` for the function plan-run. */
  readonly definition: string;
  readonly logKeyArn: string;
  readonly classification: Classification;
  readonly retention: RetentionDays;
}

export class LiteralStateMachine extends Construct {
  constructor(scope: Construct, id: string, props: LiteralStateMachineProps) {
    super(scope, id);
    const name = machineName(props.machine);
    const calls = functionsCalled(props.machine, props.definition);
    const { role } = new NarrowRole(this, 'Role', {
      roleName: `tvt-sm-${props.machine}`,
      description: `What the state machine ${name} may do`,
      assumedBy: new ServicePrincipal('states.amazonaws.com', { conditions: ownAccountOnly(this) }),
      statements: [
        ...allow(['lambda:InvokeFunction'], calls.map(functionArn)),
        new PolicyStatement({ actions: LOG_DELIVERY, resources: ['*'] }),
      ],
    });
    const { logGroup } = new QuietLogGroup(this, 'Log', {
      // Groups under this prefix need no resource policy of their own, which an account may have only ten of.
      logGroupName: `/aws/vendedlogs/states/${name}`,
      keyArn: props.logKeyArn,
      classification: props.classification,
      retention: props.retention,
    });
    const machine = new CfnStateMachine(this, 'Machine', {
      stateMachineName: name,
      stateMachineType: 'STANDARD',
      definitionString: props.definition,
      definitionSubstitutions: Object.fromEntries(
        calls.map((called) => [placeholder(called), functionArn(called)]),
      ),
      roleArn: role.roleArn,
      loggingConfiguration: {
        level: 'ALL',
        // Payloads carry ids only, and still: a log is no place for them.
        includeExecutionData: false,
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logGroup.logGroupArn } }],
      },
    });
    classify(machine, props.classification);
    acknowledge(
      machine,
      'SF2',
      'The execution history and the ledger say what ran and when; traces would be a third copy.',
    );
  }
}

/** Step Functions manages its own log delivery; AWS names no resource for these actions. */
const LOG_DELIVERY = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
];

const ownAccountOnly = (scope: Construct): Record<string, Record<string, string>> => ({
  StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
});

/** `plan-run` → `PlanRunArn`. */
const placeholder = (name: string): string =>
  `${name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}Arn`;

/** @throws Error when the definition names a function nobody listed. */
function functionsCalled(machine: Machine, definition: string): string[] {
  const named = new Set([...definition.matchAll(/\$\{([A-Za-z]+)\}/g)].map((match) => match[1] ?? ''));
  const called = FUNCTIONS.map(({ name }) => name).filter((name) => named.delete(placeholder(name)));
  if (named.size > 0)
    throw new Error(
      `workflows/${machine}.asl.json names ${[...named].join(', ')}, which is no function of infra/function-list.ts.`,
    );
  return called;
}
