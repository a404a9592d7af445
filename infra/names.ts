/** Names and ARNs that more than one stack speaks of. Names are fixed, so that stacks need not import them. */
import { Aws } from 'aws-cdk-lib';
import { bucketNames, type PartnerId, type Zone } from '../pipeline/zones.ts';
import type { StaffRole } from './declared.ts';
import { REGION } from './region.ts';

export const bucketArn = (zone: Exclude<Zone, 'landing'>): string =>
  `arn:aws:s3:::${bucketNames.zone(zone, Aws.ACCOUNT_ID)}`;
export const landingBucketArn = (partner: PartnerId): string =>
  `arn:aws:s3:::${bucketNames.landing(partner, Aws.ACCOUNT_ID)}`;

export const functionName = (name: string): string => `tvt-${name}`;
export const functionRoleName = (name: string): string => `tvt-fn-${name}`;
export const functionArn = (name: string): string => regional('lambda', `function:${functionName(name)}`);

export const personRoleName = (short: string, role: StaffRole): string => `tvt-person-${short}-${role}`;

export const MACHINES = ['daily-run', 'release'] as const;
export type Machine = (typeof MACHINES)[number];
export const machineName = (machine: Machine): string => `tvt-${machine}`;
export const machineArn = (machine: Machine): string =>
  regional('states', `stateMachine:${machineName(machine)}`);
export const executionsArn = (machine: Machine): string =>
  regional('states', `execution:${machineName(machine)}:*`);

export const logGroupArn = (name: string): string => regional('logs', `log-group:${name}:*`);

export const GATE_WORK_GROUP = 'tvt-gate';
export const analystsWorkGroup = (short: string): string => `tvt-analysts-${short}`;
export const workGroupArn = (name: string): string => regional('athena', `workgroup/${name}`);
export const glueArns = (database: string): readonly string[] => [
  regional('glue', 'catalog'),
  regional('glue', `database/${database}`),
  regional('glue', `table/${database}/*`),
];

export const PSEUDONYM_ALIAS = 'tvt-pseudonyms';
export const signingAlias = (partner: PartnerId): string => `tvt-signing-${partner}`;
export const zoneAlias = (zone: Exclude<Zone, 'landing'>): string => `tvt-${zone}`;
export const landingAlias = (partner: PartnerId): string => `tvt-landing-${partner}`;

function regional(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${Aws.ACCOUNT_ID}:${resource}`;
}

export const SCHEDULER_ROLE = 'tvt-scheduler';
export const SCHEDULE_GROUP = 'tvt';
export const scheduleGroupArn = regional('scheduler', `schedule-group/${SCHEDULE_GROUP}`);
