/** A schedule, in London's time, that starts one execution of a state machine and gives up after a bounded while. */
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { machineArn, type Machine } from '../names.ts';

/** CDK's own default would try 185 times over a day. */
const RETRIES = 3;
const GIVE_UP_AFTER_SECONDS = 3600;

export interface StartOnCalendarProps {
  readonly name: string;
  readonly groupName: string;
  readonly description: string;
  /** In local time of Europe/London. */
  readonly expression: string;
  readonly machine: Machine;
  readonly input: Readonly<Record<string, string>>;
  readonly roleArn: string;
}

export class StartOnCalendar extends Construct {
  readonly schedule: CfnSchedule;

  constructor(scope: Construct, id: string, props: StartOnCalendarProps) {
    super(scope, id);
    this.schedule = new CfnSchedule(this, 'Schedule', {
      name: props.name,
      groupName: props.groupName,
      description: props.description,
      scheduleExpression: props.expression,
      scheduleExpressionTimezone: 'Europe/London',
      flexibleTimeWindow: { mode: 'OFF' },
      state: 'ENABLED',
      target: {
        // The universal target, because only it lets the schedule name the execution.
        arn: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution',
        roleArn: props.roleArn,
        input: JSON.stringify({
          StateMachineArn: machineArn(props.machine),
          // The scheduled time itself holds colons, which the name of an execution may not.
          Name: 'scheduled-<aws.scheduler.execution-id>',
          Input: JSON.stringify(props.input),
        }),
        retryPolicy: { maximumRetryAttempts: RETRIES, maximumEventAgeInSeconds: GIVE_UP_AFTER_SECONDS },
      },
    });
  }
}
