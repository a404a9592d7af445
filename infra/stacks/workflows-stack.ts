/** The two state machines and when they start: the daily run every night, each report on its own calendar. */
import { Aws, Stack, type StackProps } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { NarrowRole } from '../constructs/narrow-role.ts';
import { StartOnCalendar } from '../constructs/start-on-calendar.ts';
import { LiteralStateMachine } from '../constructs/state-machine.ts';
import { allow } from '../constructs/zone-access.ts';
import type { Declared, Report } from '../declared.ts';
import { MACHINES, SCHEDULER_ROLE, SCHEDULE_GROUP, machineArn, scheduleGroupArn } from '../names.ts';

export interface WorkflowsStackProps extends StackProps {
  readonly declared: Declared;
  readonly logKeyArn: string;
}

export class WorkflowsStack extends Stack {
  constructor(scope: Construct, id: string, props: WorkflowsStackProps) {
    super(scope, id, props);
    for (const machine of MACHINES)
      new LiteralStateMachine(this, machine, {
        machine,
        definition: props.declared.workflow(machine),
        logKeyArn: props.logKeyArn,
        classification: 'operational',
        retention: RetentionDays.ONE_YEAR,
      });

    const group = new CfnScheduleGroup(this, 'Group', { name: SCHEDULE_GROUP });
    const { role } = new NarrowRole(this, 'Scheduler', {
      roleName: SCHEDULER_ROLE,
      description: 'Starts the state machines on their calendar',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnLike: { 'aws:SourceArn': scheduleGroupArn },
        },
      }),
      statements: allow(['states:StartExecution'], MACHINES.map(machineArn)),
    });
    const shared = { groupName: SCHEDULE_GROUP, roleArn: role.roleArn };
    const schedules = [
      new StartOnCalendar(this, 'daily-run-schedule', {
        ...shared,
        name: 'tvt-daily-run',
        description: 'Every night',
        expression: 'cron(0 2 * * ? *)',
        machine: 'daily-run',
        input: {},
      }),
      ...props.declared.reports.map(
        (report) =>
          new StartOnCalendar(this, `${report.id}-schedule`, {
            ...shared,
            name: `tvt-release-${report.id}`,
            description: `Release of ${report.id} (${report.calendar.frequency})`,
            expression: calendarExpression(report),
            machine: 'release',
            input: { reportId: report.id },
          }),
      ),
    ];
    for (const { schedule } of schedules) schedule.addResourceDependency(group);
  }
}

/** At six in the morning: after the night's run, before anybody looks. */
function calendarExpression({ calendar }: Report): string {
  const months = { monthly: '*', quarterly: '1,4,7,10', yearly: '1' }[calendar.frequency];
  return `cron(0 6 ${calendar.day} ${months} ? *)`;
}
