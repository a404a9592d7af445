/** Starts the stand-in: templates, clock, secrets, policies and services put together behind one front door. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { createClock } from './clock.ts';
import { CONTROL_PREFIX, createControl } from './control.ts';
import { createKeyring } from './credentials.ts';
import { collectPolicies, type Policies } from './iam-policies.ts';
import { createAuthoriser, trusts } from './iam.ts';
import { writePrincipals } from './principals-file.ts';
import { arnOf } from './resource-names.ts';
import { openRootSecret } from './root-secret.ts';
import { SERVICE_NAMES } from './routing.ts';
import { serveCall } from './serve.ts';
import { openFrontDoor, type FrontDoor } from './server.ts';
import { ServiceError, type ObjectStore, type Service, type ServiceName, type StandIn } from './service.ts';
import { answerSts } from './sts.ts';
import { isRecord } from './template-intrinsics.ts';
import { loadTemplates } from './templates.ts';
import { createTrail } from './trail.ts';

export interface StandInOptions {
  /** Everything the stand-in keeps; mode 0700. Started again on it, the stand-in goes on where it was. */
  readonly dataDir: string;
  /** The cloud assembly `cdk synth` writes. */
  readonly templatesDir?: string;
  /** 0 lets the system choose. */
  readonly port?: number;
  /** Makes keys, ids and credentials repeat from one fresh data directory to the next: tests and demonstration. */
  readonly seed?: string;
  readonly afterCall?: NonNullable<StandIn['afterCall']>;
  /** Services to bring up, for tests of one of them; the others answer 501. */
  readonly services?: readonly ServiceName[];
}
export interface RunningStandIn {
  readonly endpoint: string;
  readonly standIn: StandIn;
  close(): Promise<void>;
}

export const DEFAULT_PORT = 4566;

export async function startStandIn(options: StandInOptions): Promise<RunningStandIn> {
  const dataDir = resolve(options.dataDir);
  const door = await openFrontDoor(options.port ?? DEFAULT_PORT);
  try {
    return await settle(options, dataDir, door);
  } catch (error) {
    await door.close();
    throw error;
  }
}

async function settle(options: StandInOptions, dataDir: string, door: FrontDoor): Promise<RunningStandIn> {
  const endpoint = `http://localhost:${String(door.port)}`;
  const templates = loadTemplates({ directory: options.templatesDir ?? 'cdk.out', endpoint });
  const policies = collectPolicies(templates, arnOf);
  refuseUntakenRoles(templates, policies);
  const release = await lock(dataDir, door.port);
  const secret = openRootSecret(dataDir, options.seed);
  const clock = createClock(dataDir);
  const trail = createTrail(dataDir);
  const { account, region } = templates;
  const keyring = createKeyring({ rootKey: secret.key('credentials'), account, roles: policies.roles });
  const authoriser = createAuthoriser({ policies, account, region, clock });
  const services = new Map<ServiceName, Service>();
  const service = (name: ServiceName): Service => {
    const found = services.get(name);
    if (found === undefined) throw new Error(`The service ${name} is not up yet.`);
    return found;
  };
  const standIn: StandIn = {
    endpoint,
    dataDir,
    templates,
    clock,
    authoriser,
    trail,
    objects: objectsOf(() => service('s3')),
    credentialsFor: keyring.credentialsFor,
    principalFor: keyring.principalFor,
    randomBytes: secret.randomBytes,
    ...(options.afterCall !== undefined && { afterCall: options.afterCall }),
    service,
  };
  for (const name of SERVICE_NAMES) {
    const wanted = options.services?.includes(name) ?? true;
    services.set(name, wanted ? await FACTORIES[name](standIn) : absent(name));
  }
  for (const each of services.values()) await lifeCycle(each).start?.();

  const killCaller = (roleName: string): void => lifeCycle(service('lambda')).killWorkersOf?.(roleName);
  door.open({
    judges: {
      region,
      lookUp: keyring.lookUp,
      realNow: () => new Date(),
      movableNow: () => clock.now(),
      signsInside: (roleName) => isServiceRole(policies, roleName),
    },
    control: createControl({
      dataDir,
      tokenKey: secret.key('control-token'),
      clock,
      keyring,
      roles: policies.roles,
    }),
    serve: (call) => serveCall({ standIn, trail, killCaller }, service(call.service), call),
    serveSts: ({ principal }, body, requestId) => answerSts(principal, account, body, requestId),
  });
  writePrincipals(standIn);
  return {
    endpoint,
    standIn,
    close: async () => {
      await door.close();
      for (const each of [...services.values()].reverse()) await lifeCycle(each).stop?.();
      trail.close();
      release();
    },
  };
}

/** What a service may have besides `handle`. */
interface LifeCycle {
  /** Takes up what was under way when the stand-in last stopped; every service is there by now. */
  start?(): Promise<void> | void;
  stop?(): Promise<void> | void;
  killWorkersOf?(roleName: string): void;
}
const lifeCycle = (service: Service): Service & LifeCycle => service;

/** Loaded when it is wanted: a test of one service does not wait for the engines of the others. */
const FACTORIES: Readonly<Record<ServiceName, (standIn: StandIn) => Promise<Service>>> = {
  s3: async (standIn) => (await import('./s3/service.ts')).createS3(standIn),
  kms: async (standIn) => (await import('./kms/service.ts')).createKms(standIn),
  athena: async (standIn) => (await import('./athena/service.ts')).createAthena(standIn),
  states: async (standIn) => (await import('./states/service.ts')).createStates(standIn),
  lambda: async (standIn) => (await import('./lambda/service.ts')).createLambda(standIn),
  scheduler: async (standIn) => (await import('./scheduler/service.ts')).createScheduler(standIn),
};

const absent = (name: ServiceName): Service => ({
  name,
  handle: () => Promise.reject(new ServiceError(501, 'NotImplemented', `The stand-in has no ${name}.`)),
});

/** The object store is S3's own; it is there once S3 is. */
function objectsOf(s3: () => Service): ObjectStore {
  const store = (): ObjectStore => {
    const service = s3();
    if (!isStore(service)) throw new ServiceError(501, 'NotImplemented', 'The stand-in has no s3.');
    return service;
  };
  return {
    get: (...request) => store().get(...request),
    put: (...request) => store().put(...request),
    list: (...request) => store().list(...request),
  };
}
const isStore = (service: Service): service is Service & ObjectStore =>
  'get' in service && 'put' in service && 'list' in service;

const SERVICE_PRINCIPALS = [
  'lambda.amazonaws.com',
  'states.amazonaws.com',
  'scheduler.amazonaws.com',
] as const;

function isServiceRole(policies: Policies, roleName: string): boolean {
  const role = policies.roles.get(roleName);
  return role !== undefined && SERVICE_PRINCIPALS.some((principal) => trusts(role, principal));
}

type Properties = Readonly<Record<string, unknown>>;

/** A role that its service may not take would fail on AWS at the first use; here it fails at the start. */
function refuseUntakenRoles(templates: StandIn['templates'], policies: Policies): void {
  const byArn = new Map([...policies.roles.values()].map((role) => [role.roleArn, role]));
  const takers = [
    ['AWS::Lambda::Function', 'lambda.amazonaws.com', (p: Properties) => p['Role']],
    ['AWS::StepFunctions::StateMachine', 'states.amazonaws.com', (p: Properties) => p['RoleArn']],
    [
      'AWS::Scheduler::Schedule',
      'scheduler.amazonaws.com',
      (p: Properties) => (isRecord(p['Target']) ? p['Target']['RoleArn'] : undefined),
    ],
  ] as const;
  for (const [type, principal, roleOf] of takers) {
    for (const { stack, logicalId, properties } of templates.byType(type)) {
      const role = byArn.get(String(roleOf(properties)));
      if (role === undefined) throw new Error(`${stack}/${logicalId}: its role is not in the templates.`);
      if (!trusts(role, principal)) {
        throw new Error(`${stack}/${logicalId}: the role ${role.roleName} does not trust ${principal}.`);
      }
    }
  }
}

/** Two stand-ins on one data directory would each overwrite what the other wrote. */
async function lock(dataDir: string, port: number): Promise<() => void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'stand-in.lock');
  if (existsSync(file)) {
    const held = Lock.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (held.success && held.data.pid !== process.pid && (await isUp(held.data))) {
      throw new Error(`${dataDir} is in use by the stand-in on port ${String(held.data.port)}.`);
    }
  }
  writeFileSync(file, JSON.stringify({ pid: process.pid, port }), { mode: 0o600 });
  return () => {
    rmSync(file, { force: true });
  };
}

const Lock = z.strictObject({ pid: z.int(), port: z.int() });

/** A process id alone is not enough: after a crash, and in a container always, it soon belongs to something else. */
async function isUp({ pid, port }: z.infer<typeof Lock>): Promise<boolean> {
  try {
    process.kill(pid, 0);
    const answer = await fetch(`http://127.0.0.1:${String(port)}${CONTROL_PREFIX}clock`, {
      signal: AbortSignal.timeout(2_000),
    });
    return answer.status === 403 || answer.status === 503;
  } catch {
    return false;
  }
}
