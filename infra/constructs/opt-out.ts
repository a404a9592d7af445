/** Turning a safeguard off takes a reason: the type of every opt-out, and how a reason is recorded for cdk-nag. */
import { Validations, type CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A safeguard that is off, and why. There is no way to write it without the reason. */
export interface OptOut {
  readonly reason: string;
}

/** Acknowledges one finding of the AwsSolutions pack on a resource, with its reason, so that it shows in the report. */
export function acknowledge(resource: IConstruct, rule: string, reason: string): void {
  Validations.of(resource).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}

/** Rules of the NCSC set (cfn-guard) that this system answers otherwise, and the reason why. */
export const GUARD_REASONS: Readonly<Record<string, string>> = {
  S3_BUCKET_REPLICATION_ENABLED:
    'A replica would be a second place to delete from after six years; data stays in one region and is versioned there.',
  LAMBDA_DLQ_CHECK: 'Called synchronously by a state machine or a person, who get the failure themselves.',
  LAMBDA_INSIDE_VPC:
    'Speaks to AWS interfaces only, under a role of its own; a network would add endpoints to keep, and no data path less.',
  LAMBDA_CONCURRENCY_CHECK:
    'The state machines bound how many run at once; a reservation would take from the account.',
  S3_BUCKET_LOGGING_ENABLED: 'A bucket of access logs that logs itself would never come to rest.',
  S3_BUCKET_DEFAULT_LOCK_ENABLED: 'A lock cannot be lifted for an upheld erasure or at the end of six years.',
};

/** Marks rules of the NCSC set as answered otherwise on one resource. @throws Error when no reason was ever given. */
export function guardAccept(resource: CfnResource, rules: readonly string[]): void {
  const unreasoned = rules.find((rule) => GUARD_REASONS[rule] === undefined);
  if (unreasoned !== undefined) throw new Error(`No reason is given for leaving out ${unreasoned}.`);
  resource.addMetadata('guard', { SuppressedRules: [...rules] });
}
