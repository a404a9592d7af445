/** One line of the trail for each call, as CloudTrail writes S3's data events. */
import { randomUUID } from 'node:crypto';
import { ServiceError } from '../service.ts';
import type { Principal, StandIn } from '../service.ts';

export interface RecordedCall<T> {
  readonly as: Principal;
  /** As CloudTrail spells it. */
  readonly eventName: string;
  readonly resources: readonly string[];
  /** Absent where another service of the stand-in calls. */
  readonly requestId?: string;
  readonly run: () => Promise<T> | T;
}
export type Recorded = <T>(call: RecordedCall<T>) => Promise<T>;

export function recorder(standIn: StandIn): Recorded {
  return async (call) => {
    const write = (errorCode?: string): void =>
      standIn.trail.write({
        eventTime: standIn.clock.now().toISOString(),
        eventSource: 's3.amazonaws.com',
        eventName: call.eventName,
        userArn: call.as.arn,
        resources: call.resources,
        readOnly: /^(Get|Head|List)/.test(call.eventName),
        requestId: call.requestId ?? randomUUID(),
        ...(errorCode === undefined ? {} : { errorCode }),
      });
    try {
      const result = await call.run();
      write();
      return result;
    } catch (error) {
      const notModified = error instanceof ServiceError && error.status === 304;
      write(notModified ? undefined : error instanceof ServiceError ? error.code : 'InternalError');
      throw error;
    }
  };
}
