/** The functions of the templates: where their code lies, under which role they run, and what they are given. */
import { z } from 'zod';
import { ServiceError, type TemplateResource, type Templates } from '../service.ts';

export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly roleName: string;
  /** Key of the code's asset; resolved when the function first runs, as custom resources' code never does. */
  readonly codeKey: string | undefined;
  readonly handler: string;
  readonly runtime: string;
  readonly architecture: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly reservedConcurrency: number | undefined;
  readonly description: string;
  readonly hasUrl: boolean;
}

/** Defaults are Lambda's own. Fields that change how a function runs and are not listed here are refused. */
const Properties = z.looseObject({
  FunctionName: z.string(),
  Role: z.string(),
  Handler: z.string(),
  Runtime: z.string().default('nodejs24.x'),
  Architectures: z.array(z.string()).default(['x86_64']),
  MemorySize: z.coerce.number().default(128),
  Timeout: z.coerce.number().default(3),
  Description: z.string().default(''),
  ReservedConcurrentExecutions: z.coerce.number().optional(),
  Code: z.looseObject({ S3Key: z.string().optional() }),
  Environment: z
    .strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) })
    .default({ Variables: {} }),
});

/** What only a deployment needs, or changes nothing about one function seen alone. */
const WITHOUT_EFFECT_HERE = new Set([
  'EphemeralStorage',
  'KmsKeyArn',
  'Layers',
  'LoggingConfig',
  'RecursiveLoop',
  'RuntimeManagementConfig',
  'Tags',
  'TracingConfig',
  'VpcConfig',
  'DeadLetterConfig',
]);

const Url = z.looseObject({ TargetFunctionArn: z.string(), AuthType: z.literal('AWS_IAM') });

export interface FunctionRegister {
  readonly all: readonly LambdaFunction[];
  /** By name, ARN or partial ARN, as Lambda's API takes it. Throws 404. */
  find(nameOrArn: string): LambdaFunction;
}

export function functionsOf(templates: Templates): FunctionRegister {
  const withUrl = new Set(
    templates.byType('AWS::Lambda::Url').map((resource) => nameOf(parse(Url, resource).TargetFunctionArn)),
  );
  const all = templates.byType('AWS::Lambda::Function').flatMap((resource) => {
    // A custom resource of the deployment has no name and nobody to call it here.
    if (typeof resource.properties.FunctionName !== 'string') return [];
    return [functionOf(resource, templates, withUrl)];
  });
  const byName = new Map(all.map((one) => [one.name, one]));
  return {
    all,
    find(nameOrArn) {
      const found = byName.get(nameOf(nameOrArn));
      if (found === undefined) {
        throw new ServiceError(404, 'ResourceNotFoundException', `Function not found: ${nameOrArn}`);
      }
      return found;
    },
  };
}

function functionOf(
  resource: TemplateResource,
  templates: Templates,
  withUrl: ReadonlySet<string>,
): LambdaFunction {
  const unknown = Object.keys(resource.properties).filter(
    (field) => !(field in Properties.shape) && !WITHOUT_EFFECT_HERE.has(field),
  );
  if (unknown.length > 0) {
    throw new Error(`Function ${resource.logicalId}: the stand-in does not implement ${unknown.join(', ')}.`);
  }
  const given = parse(Properties, resource);
  if (!given.Runtime.startsWith('nodejs')) {
    throw new Error(`Function ${given.FunctionName}: the stand-in runs Node.js only, not ${given.Runtime}.`);
  }
  return {
    name: given.FunctionName,
    arn: `arn:aws:lambda:${templates.region}:${templates.account}:function:${given.FunctionName}`,
    roleArn: given.Role,
    roleName: given.Role.split('/').at(-1) ?? '',
    codeKey: given.Code.S3Key,
    handler: given.Handler,
    runtime: given.Runtime,
    architecture: given.Architectures[0] ?? 'x86_64',
    memoryMb: given.MemorySize,
    timeoutSeconds: given.Timeout,
    variables: given.Environment.Variables,
    reservedConcurrency: given.ReservedConcurrentExecutions,
    description: given.Description,
    hasUrl: withUrl.has(given.FunctionName),
  };
}

/** `name`, `account:function:name`, or a full ARN; a qualifier other than $LATEST names nothing here. */
function nameOf(nameOrArn: string): string {
  const match = /^(?:(?:arn:aws:lambda:[\w-]+:)?\d{12}:function:)?([\w-]+)(?::\$LATEST)?$/.exec(nameOrArn);
  return match?.[1] ?? nameOrArn;
}

function parse<T>(schema: z.ZodType<T>, { logicalId, properties }: TemplateResource): T {
  const parsed = schema.safeParse(properties);
  if (parsed.success) return parsed.data;
  throw new Error(`Function ${logicalId}: ${z.prettifyError(parsed.error)}`);
}
