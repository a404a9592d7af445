import { expect, test } from 'vitest';
import { ROOMS, readDeclared } from '../../infra/declared.ts';
import { synthesised } from './synthesised.ts';

const system = synthesised();
const declared = readDeclared(ROOMS);

test.each(['daily-run', 'release'] as const)(
  'the state machine tvt-%s is the literal file of workflows/, its functions filled in',
  (machine) => {
    const found = system
      .ofType('AWS::StepFunctions::StateMachine')
      .find(({ properties }) => properties.StateMachineName === `tvt-${machine}`);

    expect(found?.properties).toMatchObject({
      DefinitionString: declared.workflow(machine),
      StateMachineType: 'STANDARD',
      RoleArn: `role:tvt-sm-${machine}`,
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
    });
    const filled = Object(found?.properties.DefinitionSubstitutions) as Record<string, string>;
    const placeholders = new Set(
      [...declared.workflow(machine).matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]),
    );
    expect(Object.keys(filled).sort()).toEqual([...placeholders].sort());
    for (const arn of Object.values(filled))
      expect(arn).toMatch(/^arn:aws:lambda:eu-west-2:000000000000:function:tvt-/);
  },
);

test('the run starts every night at two, each report on the day its calendar names, all in London time', () => {
  const schedules = system.ofType('AWS::Scheduler::Schedule').map(({ properties }) => properties);

  expect(schedules.map(({ Name, ScheduleExpression }) => [Name, ScheduleExpression])).toEqual([
    ['tvt-daily-run', 'cron(0 2 * * ? *)'],
    ['tvt-release-risk-factors-before-violence', 'cron(0 6 10 1,4,7,10 ? *)'],
    ['tvt-release-serious-violence-by-district', 'cron(0 6 10 1,4,7,10 ? *)'],
  ]);
  for (const schedule of schedules)
    expect(schedule).toMatchObject({
      ScheduleExpressionTimezone: 'Europe/London',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        RoleArn: 'role:tvt-scheduler',
        RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600 },
      },
    });
});

test('a schedule starts its own machine, with the report it is for, under a name Step Functions accepts', () => {
  for (const { properties } of system.ofType('AWS::Scheduler::Schedule')) {
    const target = Object(properties.Target) as { Arn: string; Input: string };
    const input = JSON.parse(target.Input) as { StateMachineArn: string; Name: string; Input: string };
    const report = String(properties.Name).replace('tvt-release-', '');

    expect(target.Arn).toBe('arn:aws:scheduler:::aws-sdk:sfn:startExecution');
    expect(input.StateMachineArn).toMatch(report === 'tvt-daily-run' ? /:tvt-daily-run$/ : /:tvt-release$/);
    expect(JSON.parse(input.Input)).toEqual(report === 'tvt-daily-run' ? {} : { reportId: report });
    // The scheduled time has colons, and an execution's name may not.
    expect(input.Name.replace('<aws.scheduler.execution-id>', 'd32c5kddcf5bb8c3')).toMatch(
      /^[A-Za-z0-9_-]{1,80}$/,
    );
  }
});
