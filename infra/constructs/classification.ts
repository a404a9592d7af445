/** What a resource holds, in the words of DESIGN's table of zones; every store says it, and carries it as a tag. */
import { Tags } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export type Classification =
  /** Names, dates of birth, addresses; offence and special category data. */
  | 'identifying'
  /** Facts about persons under opaque references. */
  | 'pseudonymous'
  /** Outputs that passed disclosure control. */
  | 'released'
  /** Ids, counts and acts: nobody's data. */
  | 'operational';

export function classify(resource: IConstruct, classification: Classification): void {
  Tags.of(resource).add('classification', classification);
}
