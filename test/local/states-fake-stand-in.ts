/** A stand-in of templates written in a test: real services on it, everything allowed but what the test denies. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import {
  ServiceError,
  type Call,
  type Principal,
  type Reply,
  type Service,
  type ServiceName,
  type StandIn,
  type TemplateResource,
  type TrailEvent,
} from '../../local/service.ts';

export const ACCOUNT = '000000000000';

const root = mkdtempSync(join(tmpdir(), 'tvt-states-'));
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));

export interface Decision {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

export interface FakeStandIn extends StandIn {
  readonly decisions: Decision[];
  readonly written: TrailEvent[];
  deny: (decision: Decision) => boolean;
  add(service: Service): void;
}

export function fakeStandIn(
  resources: readonly TemplateResource[],
  options: {
    readonly dataDir?: string;
    readonly assets?: Readonly<Record<string, string>>;
    readonly endpoint?: string;
  } = {},
): FakeStandIn {
  const services = new Map<ServiceName, Service>();
  const written: TrailEvent[] = [];
  const decisions: Decision[] = [];
  let offsetMs = 0;
  const now = (): Date => new Date(Date.now() + offsetMs);
  const standIn: FakeStandIn = {
    endpoint: options.endpoint ?? 'http://localhost:1',
    dataDir: options.dataDir ?? mkdtempSync(join(root, 'data-')),
    templates: {
      account: ACCOUNT,
      region: 'eu-west-2',
      byType: (type) => resources.filter((resource) => resource.type === type),
      outputs: {},
      assetFolder(key) {
        const folder = options.assets?.[key];
        if (folder === undefined) throw new Error(`no asset ${key}`);
        return folder;
      },
    },
    clock: {
      now,
      offsetMs: () => offsetMs,
      moveTo: (date) => {
        offsetMs = date.getTime() - Date.now();
        return Promise.resolve();
      },
    },
    authoriser: {
      require({ principal, action, resource, context = {} }) {
        const decision = { role: principal.roleName, action, resource, context };
        decisions.push(decision);
        if (standIn.deny(decision))
          throw new ServiceError(403, 'AccessDeniedException', `not authorized: ${action}`);
      },
    },
    trail: { write: (event) => void written.push(event), events: written },
    objects: {
      get: () => Promise.reject(new Error('no objects here')),
      put: () => Promise.reject(new Error('no objects here')),
      list: () => Promise.reject(new Error('no objects here')),
    },
    credentialsFor: (role, session) => ({
      accessKeyId: `ASIA${role}`,
      secretAccessKey: 'made-up',
      sessionToken: session,
    }),
    principalFor: principal,
    randomBytes: (_, length) => new Uint8Array(randomBytes(length)),
    service(name) {
      const found = services.get(name);
      if (found === undefined) throw new Error(`no service ${name}`);
      return found;
    },
    decisions,
    written,
    deny: () => false,
    add: (service) => void services.set(service.name, service),
  };
  return standIn;
}

export const principal = (roleName: string, sessionName: string): Principal => ({
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${roleName}/${sessionName}`,
  roleArn: `arn:aws:iam::${ACCOUNT}:role/${roleName}`,
  roleName,
  sessionName,
  userId: `AROAFICTITIOUS:${sessionName}`,
  accessKeyId: `ASIA${roleName}`,
});

export function call(service: ServiceName, parts: Partial<Call> & { readonly text?: string } = {}): Call {
  const { text = '', ...rest } = parts;
  return {
    service,
    principal: principal('tvt-person-tvp-operator', 'tvp-operator'),
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: {},
    body: bytes(text),
    presigned: false,
    signatureAgeMs: 0,
    sourceIp: '127.0.0.1',
    requestId: randomBytes(8).toString('hex'),
    ...rest,
  };
}

async function* bytes(text: string): AsyncIterable<Uint8Array> {
  if (text !== '') yield Buffer.from(text);
}

export const machineResource = (name: string, definition: unknown, substitutions = {}): TemplateResource => ({
  stack: 'test',
  logicalId: name,
  type: 'AWS::StepFunctions::StateMachine',
  properties: {
    StateMachineName: name,
    RoleArn: `arn:aws:iam::${ACCOUNT}:role/tvt-sm-${name}`,
    DefinitionString: typeof definition === 'string' ? definition : JSON.stringify(definition),
    DefinitionSubstitutions: substitutions,
  },
});

export const machineArn = (name: string): string =>
  `arn:aws:states:eu-west-2:${ACCOUNT}:stateMachine:${name}`;
export const executionArn = (name: string, execution: string): string =>
  `arn:aws:states:eu-west-2:${ACCOUNT}:execution:${name}:${execution}`;

/** What a stub function is given, and what it answers; a thrown error is the function's own. */
export type Stub = (payload: Record<string, unknown>) => unknown;

/** Lambda, as far as a state machine sees it: stubs by function name, every payload kept. */
export function stubLambda(standIn: StandIn, stubs: Readonly<Record<string, Stub>>) {
  const calls: { readonly name: string; readonly payload: Record<string, unknown> }[] = [];
  const service: Service = {
    name: 'lambda',
    async handle(request): Promise<Reply> {
      const name = /functions\/(.+)\/invocations/.exec(request.path)?.[1]?.split(':').at(-1) ?? '';
      standIn.authoriser.require({
        principal: request.principal,
        action: 'lambda:InvokeFunction',
        resource: name,
      });
      let text = '';
      for await (const chunk of request.body) text += Buffer.from(chunk).toString('utf8');
      const payload: Record<string, unknown> = JSON.parse(text);
      calls.push({ name, payload });
      const stub = stubs[name];
      if (stub === undefined) throw new ServiceError(404, 'ResourceNotFoundException', name);
      try {
        return { status: 200, body: JSON.stringify((await stub(payload)) ?? null) };
      } catch (error) {
        if (error instanceof ServiceError) throw error;
        const failure = error instanceof Error ? error : new Error('?');
        return {
          status: 200,
          headers: { 'x-amz-function-error': 'Unhandled' },
          body: JSON.stringify({ errorType: failure.name, errorMessage: failure.message }),
        };
      }
    },
  };
  return { service, calls };
}

/** An error of a function under a name. */
export function named(name: string): Error {
  const error = new Error('made up');
  error.name = name;
  return error;
}

export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const started = performance.now(); performance.now() - started < 45_000;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not happen within 45 seconds');
}
