/** What a function is told by its deployment: bucket and key names, and where its declared truth lies. */
import { join } from 'node:path';
import { bucketNames, type PartnerId, type Zone } from '../pipeline/zones.ts';

/** @throws Error naming the variable: a deployment without it is broken, and retrying cannot mend it. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`the environment variable ${name} is not set`);
  return value;
}

/** Account id in a deployment; it makes bucket names unique. */
const suffix = (): string => setting('TVT_SUFFIX');
export const bucket = (zone: Exclude<Zone, 'landing'>): string => bucketNames.zone(zone, suffix());
export const landingBucket = (partner: PartnerId): string => bucketNames.landing(partner, suffix());

/** The contracts and SQL a function was deployed with lie beside its code. */
const taskRoot = (): string => setting('LAMBDA_TASK_ROOT');
export const contractsFolder = (): string => join(taskRoot(), 'contracts');
export const sqlFolder = (): string => join(taskRoot(), 'sql');
