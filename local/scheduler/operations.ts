/** ListSchedules and GetSchedule; every other operation is 501, since schedules come from the templates alone. */
import { ServiceError } from '../service.ts';
import type { Authoriser, Call, Reply } from '../service.ts';
import type { Schedule } from './schedules.ts';

export interface Answer {
  readonly eventName: string;
  readonly resources: readonly string[];
  readonly run: () => Reply;
}

export function answer(authoriser: Authoriser, schedules: readonly Schedule[], call: Call): Answer {
  const [first, encoded, ...more] = call.path.split('/').filter((part) => part !== '');
  const name = encoded ?? '';
  if (call.method === 'GET' && first === 'schedules' && more.length === 0) {
    return name === ''
      ? listSchedules(authoriser, schedules, call)
      : getSchedule(authoriser, schedules, call, name);
  }
  return {
    eventName: 'NotImplemented',
    resources: [],
    run() {
      throw new ServiceError(
        501,
        'NotImplemented',
        'The stand-in lists and shows schedules; the templates make them.',
      );
    },
  };
}

const PARAMETERS: readonly string[] = ['ScheduleGroup', 'NamePrefix', 'State', 'MaxResults', 'NextToken'];

function listSchedules(authoriser: Authoriser, schedules: readonly Schedule[], call: Call): Answer {
  return {
    eventName: 'ListSchedules',
    resources: [],
    run() {
      authoriser.require({ principal: call.principal, action: 'scheduler:ListSchedules', resource: '*' });
      const { query } = call;
      if ([...query.keys()].some((parameter) => !PARAMETERS.includes(parameter))) {
        throw new ServiceError(400, 'ValidationException', 'An unknown parameter was given.');
      }
      const most = Number(query.get('MaxResults') ?? '100');
      if (!Number.isInteger(most) || most < 1 || most > 100) {
        throw new ServiceError(400, 'ValidationException', 'MaxResults must be between 1 and 100.');
      }
      const after = query.get('NextToken') ?? '';
      const listed = schedules
        .filter((schedule) => isAsked(schedule, query) && schedule.arn > after)
        .toSorted((a, b) => (a.arn < b.arn ? -1 : 1));
      const page = listed.slice(0, most);
      const last = listed.length > page.length ? page.at(-1) : undefined;
      return json({
        Schedules: page.map((schedule) => ({
          Arn: schedule.arn,
          Name: schedule.name,
          GroupName: schedule.group,
          State: schedule.properties.State,
          Target: { Arn: schedule.properties.Target.Arn },
        })),
        ...(last === undefined ? {} : { NextToken: last.arn }),
      });
    },
  };
}

function isAsked(schedule: Schedule, query: URLSearchParams): boolean {
  return (
    (query.get('ScheduleGroup') ?? schedule.group) === schedule.group &&
    schedule.name.startsWith(query.get('NamePrefix') ?? '') &&
    (query.get('State') ?? schedule.properties.State) === schedule.properties.State
  );
}

function getSchedule(
  authoriser: Authoriser,
  schedules: readonly Schedule[],
  call: Call,
  name: string,
): Answer {
  const group = call.query.get('groupName') ?? 'default';
  const found = schedules.find((schedule) => schedule.name === name && schedule.group === group);
  // A schedule that is not there is judged like one that might be.
  const arn = found?.arn ?? `arn:aws:scheduler:eu-west-2:000000000000:schedule/${group}/${name}`;
  return {
    eventName: 'GetSchedule',
    resources: [arn],
    run() {
      authoriser.require({ principal: call.principal, action: 'scheduler:GetSchedule', resource: arn });
      if (found === undefined) {
        throw new ServiceError(404, 'ResourceNotFoundException', `Schedule ${name} does not exist.`);
      }
      const { StartDate, EndDate, ...rest } = found.properties;
      return json({
        Arn: found.arn,
        Name: found.name,
        ...rest,
        ...(StartDate === undefined ? {} : { StartDate: StartDate.getTime() / 1000 }),
        ...(EndDate === undefined ? {} : { EndDate: EndDate.getTime() / 1000 }),
      });
    },
  };
}

const json = (body: unknown): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
