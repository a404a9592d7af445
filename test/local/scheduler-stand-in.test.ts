/** A schedule of the templates, through the front door: listed by the AWS SDK, fired by the clock, under its role. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, expect, test } from 'vitest';
import { startStandIn } from '../../local/start.ts';
import type { RunningStandIn } from '../../local/start.ts';

const MACHINE = 'arn:aws:states:eu-west-2:000000000000:stateMachine:tvt-test-run';

const role = (name: string, service: string, statements: readonly object[]): object => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: name,
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
    },
    Policies: [{ PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
  },
});
const allow = (Action: string, Resource: string): object => ({ Effect: 'Allow', Action, Resource });

const schedule = (name: string, roleName: string): object => ({
  Type: 'AWS::Scheduler::Schedule',
  Properties: {
    Name: name,
    ScheduleExpression: 'cron(0 2 * * ? *)',
    ScheduleExpressionTimezone: 'Europe/London',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: MACHINE, RoleArn: { 'Fn::GetAtt': [roleName, 'Arn'] }, Input: '{}' },
  },
});

const TEMPLATE = {
  Resources: {
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'tvt-test-run',
        RoleArn: { 'Fn::GetAtt': ['MachineRole', 'Arn'] },
        DefinitionString: JSON.stringify({
          QueryLanguage: 'JSONata',
          StartAt: 'End at once',
          States: { 'End at once': { Type: 'Succeed' } },
        }),
      },
    },
    MachineRole: role('machine', 'states.amazonaws.com', []),
    SchedulerRole: role('scheduler', 'scheduler.amazonaws.com', [allow('states:StartExecution', MACHINE)]),
    PowerlessRole: role('powerless', 'scheduler.amazonaws.com', []),
    OperatorRole: role('operator', 'lambda.amazonaws.com', [
      allow('scheduler:*', '*'),
      allow('states:*', '*'),
    ]),
    Nightly: schedule('nightly', 'SchedulerRole'),
    Denied: schedule('denied', 'PowerlessRole'),
  },
};

let folder: string;
let running: RunningStandIn | undefined;
afterEach(async () => {
  await running?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a move of two nights starts two executions, and none for a role without the right', async () => {
  folder = mkdtempSync(join(tmpdir(), 'tvt-scheduled-'));
  writeFileSync(join(folder, 'test.template.json'), JSON.stringify(TEMPLATE));
  running = await startStandIn({
    dataDir: join(folder, 'data'),
    templatesDir: folder,
    port: 0,
    services: ['states', 'scheduler'],
  });
  const { standIn, endpoint } = running;
  const options = {
    endpoint,
    region: 'eu-west-2',
    credentials: standIn.credentialsFor('operator', 'tester'),
  };
  const [scheduler, states] = [new SchedulerClient(options), new SFNClient(options)];

  const listed = await scheduler.send(new ListSchedulesCommand({}));
  expect(listed.Schedules?.map(({ Name }) => Name)).toEqual(['denied', 'nightly']);
  const shown = await scheduler.send(new GetScheduleCommand({ Name: 'nightly' }));
  expect(shown.Target?.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 });

  await standIn.clock.moveTo(new Date(standIn.clock.now().getTime() + 2 * 86_400_000));

  const { executions } = await states.send(new ListExecutionsCommand({ stateMachineArn: MACHINE }));
  expect(executions?.length).toBe(2);
  const starts = standIn.trail.events.filter(({ eventName }) => eventName === 'StartExecution');
  expect(starts.filter(({ errorCode }) => errorCode === undefined).length).toBe(2);
  expect(starts.filter(({ errorCode }) => errorCode === 'AccessDeniedException').length).toBe(2);
  scheduler.destroy();
  states.destroy();
});
