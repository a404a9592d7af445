/** Names what CloudFormation would create: the physical id (`Ref`) and the attributes (`Fn::GetAtt`) of each type. */
import { createHash } from 'node:crypto';

export interface Naming {
  readonly account: string;
  readonly region: string;
  /** Where the stand-in listens; function URLs begin with it. */
  readonly endpoint: string;
}

export interface NamedResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** A property, its intrinsics resolved. */
  property(name: string): unknown;
}

interface Identity {
  readonly ref: string;
  readonly attributes?: Readonly<Record<string, string>>;
}
type Namer = (resource: NamedResource, naming: Naming) => Identity;

export function referenceOf(resource: NamedResource, naming: Naming): string {
  return identityOf(resource, naming).ref;
}

export function attributeOf(resource: NamedResource, attribute: string, naming: Naming): string {
  const value = identityOf(resource, naming).attributes?.[attribute];
  if (value === undefined) {
    throw new Error(
      `${resource.stack}/${resource.logicalId}: the stand-in knows no attribute ${attribute} of ${resource.type}.`,
    );
  }
  return value;
}

function identityOf(resource: NamedResource, naming: Naming): Identity {
  const namer = NAMERS[resource.type];
  if (namer === undefined) {
    throw new Error(
      `${resource.stack}/${resource.logicalId}: the stand-in cannot name a ${resource.type}, and something refers to it.`,
    );
  }
  return namer(resource, naming);
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const digest = (resource: NamedResource): string =>
  createHash('sha256').update(`${resource.stack}/${resource.logicalId}`).digest('hex');

/** The given name, or one as CloudFormation makes them: stack, logical id and a mark that never changes. */
const nameOf = (resource: NamedResource, property: string): string =>
  text(resource.property(property)) ??
  `${resource.stack}-${resource.logicalId}-${digest(resource).slice(0, 12)}`;

const arn = (naming: Naming, service: string, rest: string): string =>
  `arn:aws:${service}:${naming.region}:${naming.account}:${rest}`;

/** Key ids look like AWS's, and stay the same for a key of the same stack and logical id. */
function keyIdOf(resource: { readonly stack: string; readonly logicalId: string }): string {
  const hex = createHash('sha256').update(`kms/${resource.stack}/${resource.logicalId}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** `AROA…`: the unchanging id of a role, the first half of aws:userid. */
export const roleIdOf = (roleName: string): string =>
  `AROA${createHash('sha256').update(`role/${roleName}`).digest('hex').slice(0, 17).toUpperCase()}`;

const bucket: Namer = (resource) => {
  const name =
    text(resource.property('BucketName')) ?? nameOf(resource, 'BucketName').toLowerCase().slice(-63);
  const domain = `${name}.s3.amazonaws.com`;
  return {
    ref: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: domain,
      RegionalDomainName: `${name}.s3.eu-west-2.amazonaws.com`,
    },
  };
};
const key: Namer = (resource, naming) => {
  const keyId = keyIdOf(resource);
  return { ref: keyId, attributes: { KeyId: keyId, Arn: arn(naming, 'kms', `key/${keyId}`) } };
};
const lambda: Namer = (resource, naming) => {
  const name = nameOf(resource, 'FunctionName');
  return { ref: name, attributes: { Arn: arn(naming, 'lambda', `function:${name}`) } };
};
const functionUrl: Namer = (resource, naming) => {
  const target = text(resource.property('TargetFunctionArn')) ?? '';
  const name = target.split(':').pop() ?? target;
  const functionArn = target.startsWith('arn:') ? target : arn(naming, 'lambda', `function:${target}`);
  return {
    ref: functionArn,
    attributes: { FunctionArn: functionArn, FunctionUrl: `${naming.endpoint}/lambda-url/${name}/` },
  };
};
const layer: Namer = (resource, naming) => {
  const layerVersion = arn(naming, 'lambda', `layer:${nameOf(resource, 'LayerName')}:1`);
  return { ref: layerVersion, attributes: { LayerVersionArn: layerVersion } };
};
const version: Namer = (resource, naming) => {
  const name = (text(resource.property('FunctionName')) ?? '').split(':').pop() ?? '';
  const versionArn = arn(naming, 'lambda', `function:${name}:1`);
  return { ref: versionArn, attributes: { Version: '1', FunctionArn: versionArn } };
};
const role: Namer = (resource, naming) => {
  const name = nameOf(resource, 'RoleName').slice(-64);
  const path = text(resource.property('Path')) ?? '/';
  return {
    ref: name,
    attributes: { Arn: `arn:aws:iam::${naming.account}:role${path}${name}`, RoleId: roleIdOf(name) },
  };
};
const managedPolicy: Namer = (resource, naming) => {
  const path = text(resource.property('Path')) ?? '/';
  const policyArn = `arn:aws:iam::${naming.account}:policy${path}${nameOf(resource, 'ManagedPolicyName')}`;
  return { ref: policyArn, attributes: { PolicyArn: policyArn } };
};
const stateMachine: Namer = (resource, naming) => {
  const name = nameOf(resource, 'StateMachineName');
  const machineArn = arn(naming, 'states', `stateMachine:${name}`);
  return { ref: machineArn, attributes: { Arn: machineArn, Name: name } };
};
const schedule: Namer = (resource, naming) => {
  const name = nameOf(resource, 'Name');
  const group = text(resource.property('GroupName')) ?? 'default';
  return { ref: name, attributes: { Arn: arn(naming, 'scheduler', `schedule/${group}/${name}`) } };
};
const scheduleGroup: Namer = (resource, naming) => {
  const name = nameOf(resource, 'Name');
  return { ref: name, attributes: { Arn: arn(naming, 'scheduler', `schedule-group/${name}`) } };
};
const logGroup: Namer = (resource, naming) => {
  const name = nameOf(resource, 'LogGroupName');
  return { ref: name, attributes: { Arn: arn(naming, 'logs', `log-group:${name}:*`) } };
};
const queue: Namer = (resource, naming) => {
  const name = nameOf(resource, 'QueueName');
  return {
    ref: `https://sqs.${naming.region}.amazonaws.com/${naming.account}/${name}`,
    attributes: { Arn: arn(naming, 'sqs', name), QueueName: name },
  };
};
const topic: Namer = (resource, naming) => {
  const name = nameOf(resource, 'TopicName');
  return {
    ref: arn(naming, 'sns', name),
    attributes: { TopicArn: arn(naming, 'sns', name), TopicName: name },
  };
};
const alarm: Namer = (resource, naming) => {
  const name = nameOf(resource, 'AlarmName');
  return { ref: name, attributes: { Arn: arn(naming, 'cloudwatch', `alarm:${name}`) } };
};

/** Named inside their own `…Input` property. */
const glueNamed =
  (input: string): Namer =>
  (resource) => {
    const given = resource.property(input);
    const name =
      typeof given === 'object' && given !== null && 'Name' in given ? text(given.Name) : undefined;
    return { ref: (name ?? nameOf(resource, 'Name')).toLowerCase() };
  };
/** Types whose `Ref` is a name and which have no attribute anything asks for. */
const named =
  (property: string): Namer =>
  (resource) => ({ ref: nameOf(resource, property) });
const numbered =
  (prefix: string, ...attributes: readonly string[]): Namer =>
  (resource) => {
    const id = `${prefix}-${digest(resource).slice(0, 17)}`;
    return { ref: id, attributes: Object.fromEntries(attributes.map((attribute) => [attribute, id])) };
  };

const NAMERS: Readonly<Record<string, Namer>> = {
  'AWS::S3::Bucket': bucket,
  'AWS::S3::BucketPolicy': (resource) => ({ ref: text(resource.property('Bucket')) ?? '' }),
  'AWS::KMS::Key': key,
  'AWS::KMS::Alias': named('AliasName'),
  'AWS::Lambda::Function': lambda,
  'AWS::Lambda::Url': functionUrl,
  'AWS::Lambda::LayerVersion': layer,
  'AWS::Lambda::Version': version,
  'AWS::Lambda::Permission': (resource) => ({ ref: `${resource.stack}-${resource.logicalId}` }),
  'AWS::Lambda::EventSourceMapping': numbered('esm', 'Id'),
  'AWS::Lambda::EventInvokeConfig': numbered('eic'),
  'AWS::IAM::Role': role,
  'AWS::IAM::Policy': named('PolicyName'),
  'AWS::IAM::RolePolicy': named('PolicyName'),
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::StepFunctions::StateMachine': stateMachine,
  'AWS::Scheduler::Schedule': schedule,
  'AWS::Scheduler::ScheduleGroup': scheduleGroup,
  'AWS::Athena::WorkGroup': named('Name'),
  'AWS::Athena::PreparedStatement': named('StatementName'),
  'AWS::Athena::NamedQuery': numbered('query', 'NamedQueryId'),
  'AWS::Glue::Database': glueNamed('DatabaseInput'),
  'AWS::Glue::Table': glueNamed('TableInput'),
  'AWS::Logs::LogGroup': logGroup,
  'AWS::SQS::Queue': queue,
  'AWS::SNS::Topic': topic,
  'AWS::CloudWatch::Alarm': alarm,
  'AWS::EC2::VPC': numbered('vpc', 'VpcId', 'DefaultSecurityGroup'),
  'AWS::EC2::Subnet': numbered('subnet', 'SubnetId'),
  'AWS::EC2::SecurityGroup': numbered('sg', 'GroupId', 'Id'),
  'AWS::EC2::RouteTable': numbered('rtb', 'RouteTableId'),
  'AWS::EC2::VPCEndpoint': numbered('vpce', 'Id'),
};
