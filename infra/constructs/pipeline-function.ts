/** One Lambda function on arm64 under a role of its own, with its own log group and nothing else. */
import { Duration, Size, type CfnResource } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Function as LambdaFunction,
  FunctionUrlAuthType,
  Runtime,
  type Code,
  type ILayerVersion,
} from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionPlan } from '../function-list.ts';
import { functionName, functionRoleName, logGroupArn } from '../names.ts';
import { classify, type Classification } from './classification.ts';
import { NarrowRole } from './narrow-role.ts';
import { guardAccept } from './opt-out.ts';
import { QuietLogGroup } from './quiet-log-group.ts';

export interface PipelineFunctionProps {
  readonly plan: FunctionPlan;
  readonly code: Code;
  readonly layer: ILayerVersion;
  readonly statements: readonly PolicyStatement[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logKeyArn: string;
  /** What the function's log may hold. */
  readonly classification: Classification;
  /** How long its log is kept. */
  readonly retention: RetentionDays;
}

export class PipelineFunction extends Construct {
  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id);
    const { plan } = props;
    const logGroupName = `/aws/lambda/${functionName(plan.name)}`;
    const { role } = new NarrowRole(this, 'Role', {
      roleName: functionRoleName(plan.name),
      description: `What the function ${functionName(plan.name)} may do`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      statements: [...props.statements, writeOwnLog(logGroupName)],
    });
    const lambda = new LambdaFunction(this, 'Function', {
      functionName: functionName(plan.name),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: props.code,
      role,
      memorySize: plan.memoryMb,
      timeout: Duration.seconds(plan.timeoutSeconds),
      ephemeralStorageSize: Size.mebibytes(plan.scratchMb),
      environment: { ...props.environment },
      layers: plan.duckdb ? [props.layer] : [],
      logGroup: new QuietLogGroup(this, 'Log', {
        logGroupName,
        keyArn: props.logKeyArn,
        classification: props.classification,
        retention: props.retention,
      }).logGroup,
    });
    classify(lambda, props.classification);
    guardAccept(lambda.node.defaultChild as CfnResource, [
      'LAMBDA_DLQ_CHECK',
      'LAMBDA_INSIDE_VPC',
      'LAMBDA_CONCURRENCY_CHECK',
    ]);
    // No resource policy: callers are roles of this account, allowed by their own policies.
    if (plan.url) lambda.addFunctionUrl({ authType: FunctionUrlAuthType.AWS_IAM });
  }
}

const writeOwnLog = (logGroupName: string): PolicyStatement =>
  new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroupArn(logGroupName)],
  });
