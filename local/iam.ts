/** Judges calls by the policies of the templates: identity policies, boundaries, and the resource's own policy. */
import { runUnsafeSimulation, type EvaluationResult, type Simulation } from '@cloud-copilot/iam-simulate';
import { callContext } from './current-call.ts';
import { keysOf, deadConditions } from './iam-conditions.ts';
import type { NamedPolicy, Policies, PolicyDocument, PolicyStatement, Role } from './iam-policies.ts';
import { LOCAL_ACCOUNT } from './template-document.ts';
import { ServiceError, type Authoriser, type Clock } from './service.ts';

type Request = Parameters<Authoriser['require']>[0];
type Context = ReadonlyMap<string, string | readonly string[]>;

/** Decisions remembered. A key of the cache holds every value that the statements in question can read. */
const DECISIONS_KEPT = 50_000;

export interface AuthoriserOptions {
  readonly policies: Policies;
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
}

export function createAuthoriser(options: AuthoriserOptions): Authoriser {
  refuseDeadConditions(options.policies);
  const relevant = relevantStatements(options.policies);
  const decisions = new Map<string, string>();

  const decide = (request: Request): string => {
    const role = options.policies.roles.get(request.principal.roleName);
    if (role === undefined) return deniedMessage(request, 'because the role does not exist');
    const resource = withoutWildcards(request.resource);
    const { keys, ...relevantPolicies } = relevant(role, request.action, request.resource);
    const context = contextOf(options, role, request);
    const values = keys.map((key) => context.get(key) ?? null);
    const cacheKey = JSON.stringify([request.principal.arn, request.action, resource, values]);
    const known = decisions.get(cacheKey);
    if (known !== undefined) return known;

    const evaluate = evaluator(options, request, resource, context);
    const result = evaluate(relevantPolicies);
    const message =
      result === 'Allowed'
        ? ''
        : deniedMessage(request, reasonOf(evaluate, relevantPolicies, request.action, result));
    if (decisions.size >= DECISIONS_KEPT) decisions.clear();
    decisions.set(cacheKey, message);
    return message;
  };

  return {
    require(request) {
      const message = decide(request);
      if (message === '') return;
      const code = request.action.startsWith('s3:') ? 'AccessDenied' : 'AccessDeniedException';
      throw new ServiceError(403, code, message);
    },
  };
}

function refuseDeadConditions(policies: Policies): void {
  const named = [...policies.roles.values()].flatMap((role) =>
    [...role.identityPolicies, ...(role.boundary === undefined ? [] : [role.boundary])].map((policy) => ({
      place: `${policy.name} of the role ${role.roleName}`,
      policy: policy.policy,
    })),
  );
  const all = [
    ...named,
    ...[...policies.resourcePolicies.values()].map(({ name, policy }) => ({ place: `The ${name}`, policy })),
  ];
  const faults = deadConditions(
    all.flatMap(({ place, policy }) => policy.Statement.map((statement) => ({ place, statement }))),
  );
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

interface Relevant {
  readonly identity: readonly NamedPolicy[];
  readonly boundary: NamedPolicy | undefined;
  readonly resourcePolicy: NamedPolicy | undefined;
  /** Condition keys and variables these statements read, lower case. */
  readonly keys: readonly string[];
}

/** Only statements that speak of the action, found once for each role, action and resource policy. */
function relevantStatements(policies: Policies): (role: Role, action: string, resource: string) => Relevant {
  const memo = new Map<string, Relevant>();
  return (role, action, resource) => {
    const whole = policies.resourcePolicies.get(policyOwner(resource));
    const memoKey = JSON.stringify([role.roleName, action, whole?.name ?? '']);
    const known = memo.get(memoKey);
    if (known !== undefined) return known;
    const identity = role.identityPolicies
      .map((policy) => only(policy, action))
      .filter(({ policy }) => policy.Statement.length > 0);
    const boundary = role.boundary === undefined ? undefined : only(role.boundary, action);
    const resourcePolicy = whole === undefined ? undefined : only(whole, action);
    const statements = [...identity, boundary, resourcePolicy].flatMap(
      (policy) => policy?.policy.Statement ?? [],
    );
    const keys = [...new Set(statements.flatMap((statement) => [...keysOf(statement)]))].sort();
    const found = { identity, boundary, resourcePolicy, keys };
    memo.set(memoKey, found);
    return found;
  };
}

function only({ name, policy }: NamedPolicy, action: string): NamedPolicy {
  const Statement = policy.Statement.filter((statement) => speaksOf(statement, action));
  const document: PolicyDocument = { Version: policy.Version ?? '2012-10-17', Statement };
  return { name, policy: document };
}

function speaksOf(statement: PolicyStatement, action: string): boolean {
  const { Action, NotAction } = statement;
  // NotAction is left to the evaluator.
  if (NotAction !== undefined) return true;
  const patterns = Array.isArray(Action) ? Action : [Action];
  return patterns.some((pattern) => typeof pattern === 'string' && glob(pattern).test(action));
}

const globs = new Map<string, RegExp>();
function glob(pattern: string): RegExp {
  const known = globs.get(pattern);
  if (known !== undefined) return known;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const made = new RegExp(`^${source}$`, 'i');
  globs.set(pattern, made);
  return made;
}

/** The ARN whose policy governs a resource: the bucket of an object, the function of a version. */
function policyOwner(resource: string): string {
  const parts = resource.split(':');
  if (parts[2] === 's3') return resource.split('/')[0] ?? resource;
  return parts[2] === 'lambda' ? parts.slice(0, 7).join(':') : resource;
}

/**
 * A key may hold characters that the evaluator takes for wildcards, or that its wildcards do not match (line
 * breaks): a private-use character stands for them, so that they are matched by a wildcard and by nothing else.
 */
const withoutWildcards = (text: string): string =>
  text === '*' ? text : text.replace(/[*?\n\r\u2028\u2029]/g, '\uE000');

function contextOf(options: AuthoriserOptions, role: Role, request: Request): Context {
  const { principal, action } = request;
  const now = options.clock.now();
  const context = new Map<string, string | readonly string[]>([
    // Loopback only: nothing here crosses a network, so what Deny statements on unencrypted transport guard against
    // cannot happen. Deployed, the same statements are judged by AWS on real TLS.
    ['aws:securetransport', 'true'],
    ['aws:principalarn', principal.roleArn],
    ['aws:principalaccount', options.account],
    ['aws:principaltype', 'AssumedRole'],
    ['aws:principalisawsservice', 'false'],
    ['aws:requestedregion', options.region],
    ['aws:resourceaccount', options.account],
    ['aws:userid', principal.userId],
    ['aws:currenttime', now.toISOString()],
    ['aws:epochtime', String(Math.floor(now.getTime() / 1000))],
    ['s3:resourceaccount', options.account],
    ['kms:calleraccount', options.account],
    ...Object.entries(role.tags).map(
      ([name, value]) => [`aws:principaltag/${name.toLowerCase()}`, value] as const,
    ),
    ...Object.entries(callContext(action.split(':')[0] ?? '', principal)),
  ]);
  for (const [key, value] of Object.entries(request.context ?? {})) {
    context.set(
      key.toLowerCase(),
      typeof value === 'string' ? withoutBreaks(value) : value.map(withoutBreaks),
    );
  }
  return context;
}

/** Line breaks for the same reason as in resources; other characters of a value are no wildcards. */
const withoutBreaks = (value: string): string => value.replace(/[\n\r\u2028\u2029]/g, '\uE000');

/**
 * The evaluator reads the metadata of a resource policy, which its synchronous entry takes only from a policy in the
 * form its own validation leaves (iam-policy, `ValidatedPolicy`). CDK's synthesis has validated these policies.
 */
const withMetadata = ({ name, policy }: NamedPolicy): Readonly<Record<string, unknown>> => ({
  __validated: true,
  policyDocument: policy,
  metadata: { name },
  errors: [],
});

type Evaluate = (policies: Omit<Relevant, 'keys'>) => EvaluationResult;

function evaluator(
  options: AuthoriserOptions,
  request: Request,
  resource: string,
  context: Context,
): Evaluate {
  const contextVariables = Object.fromEntries(
    [...context].map(([key, value]) => [key, typeof value === 'string' ? value : [...value]]),
  );
  return ({ identity, boundary, resourcePolicy }) => {
    const simulation: Simulation = {
      request: {
        principal: request.principal.arn,
        action: request.action,
        resource: { resource, accountId: options.account },
        contextVariables,
      },
      identityPolicies: [...identity],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy !== undefined && { resourcePolicy: withMetadata(resourcePolicy) }),
      ...(boundary !== undefined && { permissionBoundaryPolicies: [boundary] }),
    };
    return runUnsafeSimulation(simulation, {});
  };
}

/** Which kind of policy decided, found only for a refusal: AWS names it. */
function reasonOf(
  evaluate: Evaluate,
  { identity, boundary }: Omit<Relevant, 'keys'>,
  action: string,
  result: EvaluationResult,
): string {
  // A key policy must let identity policies count at all; they are asked here as if it did.
  const resourcePolicy = action.startsWith('kms:') ? trustAccount : undefined;
  const byIdentity = evaluate({ identity, boundary: undefined, resourcePolicy });
  const bounded = evaluate({ identity, boundary, resourcePolicy });
  if (result === 'ExplicitlyDenied') {
    if (byIdentity === 'ExplicitlyDenied') return 'with an explicit deny in an identity-based policy';
    if (bounded === 'ExplicitlyDenied') return 'with an explicit deny in a permissions boundary';
    return 'with an explicit deny in a resource-based policy';
  }
  if (byIdentity !== 'Allowed') return `because no identity-based policy allows the ${action} action`;
  if (bounded !== 'Allowed') return `because no permissions boundary allows the ${action} action`;
  return `because no resource-based policy allows the ${action} action`;
}

/** A key policy that leaves everything to identity policies. */
const trustAccount: NamedPolicy = {
  name: 'account',
  policy: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${LOCAL_ACCOUNT}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  },
};

const deniedMessage = ({ principal, action, resource }: Request, reason: string): string =>
  `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${asArn(resource)} ${reason}`;
const asArn = (resource: string): string => `"${resource}"`;

/** Whether a service may take a role at all: a function whose role does not trust Lambda could not run on AWS. */
export function trusts(role: Role, servicePrincipal: string): boolean {
  return role.trust.Statement.some((statement) => {
    const principal = statement['Principal'];
    if (statement['Effect'] !== 'Allow' || typeof principal !== 'object' || principal === null) return false;
    const services: unknown = 'Service' in principal ? principal.Service : undefined;
    return Array.isArray(services) ? services.includes(servicePrincipal) : services === servicePrincipal;
  });
}
