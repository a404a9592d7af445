/** Keeps everything in London: refuses synthesis for another region and any resource that could put data elsewhere. */
import { Annotations, Aspects, CfnResource, Stack, Token } from 'aws-cdk-lib';
import type { IAspect } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';

export const REGION = 'eu-west-2';

/**
 * The only resource types this system is made of. None can copy data to another region by itself (IAM is global,
 * but holds rights, no data). A new type is added here after somebody has looked for its cross-region features.
 */
export const RESOURCE_TYPES_OF_ONE_REGION: ReadonlySet<string> = new Set([
  'AWS::Athena::WorkGroup',
  'AWS::Glue::Database',
  'AWS::Glue::Table',
  'AWS::IAM::Role',
  'AWS::KMS::Alias',
  'AWS::KMS::Key',
  'AWS::Lambda::Function',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::Url',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::Scheduler::Schedule',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::StepFunctions::StateMachine',
]);

/** Properties of those types that reach over a region's border. */
const CROSS_REGION_PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  'AWS::S3::Bucket': ['ReplicationConfiguration', 'AccelerateConfiguration'],
  'AWS::KMS::Key': ['MultiRegion'],
};

/** @throws Error when the caller asks for another region, by `-c region=…` or by the AWS environment variables. */
export function refuseAnotherRegion(
  asked: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  // Not CDK_DEFAULT_REGION: the CDK command fills it with us-east-1 when nobody asked for any region.
  const wishes = [asked, environment.AWS_REGION, environment.AWS_DEFAULT_REGION];
  const other = wishes.find((wish) => wish !== undefined && wish !== '' && wish !== REGION);
  if (other !== undefined)
    throw new Error(
      `Thames Valley Together exists only in ${REGION} (London): personal data may not leave it. ` +
        `Synthesis for ${other} is refused. Unset AWS_REGION and AWS_DEFAULT_REGION, or leave out "-c region".`,
    );
}

export function keepInRegion(scope: Construct): void {
  Aspects.of(scope).add(new KeepInRegion());
}

class KeepInRegion implements IAspect {
  visit(node: IConstruct): void {
    if (node instanceof Stack && (Token.isUnresolved(node.region) || node.region !== REGION))
      Annotations.of(node).addError(
        `The stack ${node.stackName} is not bound to ${REGION}; every stack must be.`,
      );
    if (node instanceof CfnResource) {
      if (!RESOURCE_TYPES_OF_ONE_REGION.has(node.cfnResourceType))
        Annotations.of(node).addError(
          `${node.cfnResourceType} is not among the types known to keep data in ${REGION} (infra/region.ts).`,
        );
      for (const property of CROSS_REGION_PROPERTIES[node.cfnResourceType] ?? [])
        if (isSet(node, property))
          Annotations.of(node).addError(
            `${property} of ${node.cfnResourceType} can take data out of ${REGION}.`,
          );
    }
  }
}

function isSet(resource: CfnResource, property: string): boolean {
  const name = property.charAt(0).toLowerCase() + property.slice(1);
  const value: unknown = Reflect.get(resource, name);
  return value !== undefined && value !== false;
}
