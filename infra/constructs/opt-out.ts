/** Turning a safeguard off takes a reason: the type of every opt-out, and how a reason is recorded for cdk-nag. */
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** A safeguard that is off, and why. There is no way to write it without the reason. */
export interface OptOut {
  readonly reason: string;
}

/** Acknowledges one finding of the AwsSolutions pack on a resource, with its reason, so that it shows in the report. */
export function acknowledge(resource: IConstruct, rule: string, reason: string): void {
  Validations.of(resource).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}
