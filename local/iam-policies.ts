/** Gathers the policies of the templates: what each role may do, and what each bucket, key and function allows. */
import { z } from 'zod';
import type { TemplateResource, Templates } from './service.ts';

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: readonly PolicyStatement[];
}
export type PolicyStatement = Readonly<Record<string, unknown>>;
export interface NamedPolicy {
  readonly name: string;
  readonly policy: PolicyDocument;
}
export interface Role {
  readonly roleName: string;
  readonly roleArn: string;
  readonly trust: PolicyDocument;
  readonly identityPolicies: readonly NamedPolicy[];
  readonly boundary: NamedPolicy | undefined;
  readonly tags: Readonly<Record<string, string>>;
}
export interface Policies {
  readonly roles: ReadonlyMap<string, Role>;
  /** By the ARN of the bucket, key or function. */
  readonly resourcePolicies: ReadonlyMap<string, NamedPolicy>;
}

const texts = z.union([z.string(), z.array(z.string())]);
const principals = z.union([z.literal('*'), z.record(z.string(), texts)]);
/** An element or an operator the evaluator does not know would be passed over, and a Deny with it. */
const statement = z.strictObject({
  Sid: z.string().exactOptional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: principals.exactOptional(),
  NotPrincipal: principals.exactOptional(),
  Action: texts.exactOptional(),
  NotAction: texts.exactOptional(),
  Resource: texts.exactOptional(),
  NotResource: texts.exactOptional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).exactOptional(),
});
const document = z.object({
  Version: z.string().exactOptional(),
  Statement: z.union([z.array(statement), statement.transform((only) => [only])]),
});
const RoleProperties = z.object({
  RoleName: z.string().optional(),
  Path: z.string().default('/'),
  AssumeRolePolicyDocument: document,
  Policies: z.array(z.object({ PolicyName: z.string(), PolicyDocument: document })).default([]),
  ManagedPolicyArns: z.array(z.string()).default([]),
  PermissionsBoundary: z.string().optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
});
const InlinePolicy = z.object({
  PolicyName: z.string(),
  PolicyDocument: document,
  Roles: z.array(z.string()).default([]),
  RoleName: z.string().optional(),
});
const ManagedPolicy = z.object({ PolicyDocument: document, Roles: z.array(z.string()).default([]) });
const BucketPolicy = z.object({ Bucket: z.string(), PolicyDocument: document });
const KeyPolicy = z.object({ KeyPolicy: document });
const Permission = z.object({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
  FunctionUrlAuthType: z.string().optional(),
  InvokedViaFunctionUrl: z.boolean().optional(),
});

/** AWS's own managed policies which templates commonly name; the stand-in must know what each allows. */
const AWS_MANAGED: Readonly<Record<string, PolicyDocument>> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: '*',
      },
    ],
  },
};

/** `arnOf` answers the ARN of a resource of the templates; it is what `Fn::GetAtt … Arn` gives. */
export function collectPolicies(
  templates: Templates,
  arnOf: (resource: TemplateResource) => string,
): Policies {
  const managed = collectManaged(templates, arnOf);
  const attached = collectAttached(templates, arnOf);
  const roles = new Map<string, Role>();
  for (const resource of templates.byType('AWS::IAM::Role')) {
    const place = `${resource.stack}/${resource.logicalId}`;
    const properties = parse(RoleProperties, resource);
    const roleArn = arnOf(resource);
    const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
    if (roles.has(roleName)) throw new Error(`${place}: there are two roles named ${roleName}.`);
    const named = (policyArn: string): NamedPolicy => {
      const policy = managed.get(policyArn)?.policy ?? AWS_MANAGED[policyArn];
      if (policy === undefined)
        throw new Error(`${place}: the stand-in does not know the policy ${policyArn}.`);
      return { name: policyArn, policy };
    };
    const inline = properties.Policies.map(({ PolicyName, PolicyDocument }) => ({
      name: PolicyName,
      policy: PolicyDocument,
    }));
    roles.set(roleName, {
      roleName,
      roleArn,
      trust: properties.AssumeRolePolicyDocument,
      identityPolicies: [
        ...inline,
        ...properties.ManagedPolicyArns.map(named),
        ...(attached.get(roleName) ?? []),
      ],
      boundary:
        properties.PermissionsBoundary === undefined ? undefined : named(properties.PermissionsBoundary),
      tags: Object.fromEntries(properties.Tags.map(({ Key, Value }) => [Key, Value])),
    });
  }
  return { roles, resourcePolicies: collectResourcePolicies(templates, arnOf) };
}

function parse<T>(schema: z.ZodType<T>, resource: TemplateResource): T {
  const parsed = schema.safeParse(resource.properties);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(
    `${resource.stack}/${resource.logicalId}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not understood'}.`,
  );
}

function collectManaged(
  templates: Templates,
  arnOf: (resource: TemplateResource) => string,
): ReadonlyMap<string, NamedPolicy> {
  return new Map(
    templates
      .byType('AWS::IAM::ManagedPolicy')
      .map((resource) => [
        arnOf(resource),
        { name: arnOf(resource), policy: parse(ManagedPolicy, resource).PolicyDocument },
      ]),
  );
}

/** Policies that name their roles, rather than the other way about. */
function collectAttached(
  templates: Templates,
  arnOf: (resource: TemplateResource) => string,
): ReadonlyMap<string, readonly NamedPolicy[]> {
  const attached = new Map<string, NamedPolicy[]>();
  const attach = (roles: readonly string[], policy: NamedPolicy): void => {
    for (const role of roles) attached.set(role, [...(attached.get(role) ?? []), policy]);
  };
  for (const resource of [
    ...templates.byType('AWS::IAM::Policy'),
    ...templates.byType('AWS::IAM::RolePolicy'),
  ]) {
    const { PolicyName, PolicyDocument, Roles, RoleName } = parse(InlinePolicy, resource);
    attach(RoleName === undefined ? Roles : [RoleName], { name: PolicyName, policy: PolicyDocument });
  }
  for (const resource of templates.byType('AWS::IAM::ManagedPolicy')) {
    const { Roles, PolicyDocument } = parse(ManagedPolicy, resource);
    attach(Roles, { name: arnOf(resource), policy: PolicyDocument });
  }
  return attached;
}

function collectResourcePolicies(
  templates: Templates,
  arnOf: (resource: TemplateResource) => string,
): ReadonlyMap<string, NamedPolicy> {
  const policies = new Map<string, NamedPolicy>();
  const add = (arn: string, policy: PolicyDocument): void => {
    const statements = [...(policies.get(arn)?.policy.Statement ?? []), ...policy.Statement];
    policies.set(arn, { name: `policy of ${arn}`, policy: { Version: '2012-10-17', Statement: statements } });
  };
  for (const resource of templates.byType('AWS::S3::BucketPolicy')) {
    const { Bucket, PolicyDocument } = parse(BucketPolicy, resource);
    add(`arn:aws:s3:::${Bucket}`, PolicyDocument);
  }
  for (const resource of templates.byType('AWS::KMS::Key'))
    add(arnOf(resource), parse(KeyPolicy, resource).KeyPolicy);
  for (const resource of templates.byType('AWS::Lambda::Permission')) {
    const permission = parse(Permission, resource);
    const name = permission.FunctionName;
    const functionArn = name.startsWith('arn:')
      ? name
      : `arn:aws:lambda:${templates.region}:${templates.account}:function:${name}`;
    add(functionArn, { Version: '2012-10-17', Statement: [permissionStatement(permission, functionArn)] });
  }
  return policies;
}

/** The statement Lambda writes into a function's policy for an AWS::Lambda::Permission. */
function permissionStatement(permission: z.infer<typeof Permission>, functionArn: string): PolicyStatement {
  const { Principal, SourceArn, SourceAccount, FunctionUrlAuthType, InvokedViaFunctionUrl } = permission;
  const equals: Record<string, string> = {};
  if (FunctionUrlAuthType !== undefined) equals['lambda:FunctionUrlAuthType'] = FunctionUrlAuthType;
  if (SourceAccount !== undefined) equals['aws:SourceAccount'] = SourceAccount;
  const condition = {
    ...(Object.keys(equals).length > 0 && { StringEquals: equals }),
    ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn } }),
    ...(InvokedViaFunctionUrl !== undefined && {
      Bool: { 'lambda:InvokedViaFunctionUrl': String(InvokedViaFunctionUrl) },
    }),
  };
  return {
    Effect: 'Allow',
    Principal:
      Principal === '*'
        ? '*'
        : Principal.endsWith('.amazonaws.com')
          ? { Service: Principal }
          : { AWS: Principal },
    Action: permission.Action,
    Resource: functionArn,
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  };
}
