/** The contract between the stand-in's front door and its services: what a service is given, and what it may ask for. */

/** Who is calling, as the signature proved it. Roles come from the templates; nobody else exists. */
export interface Principal {
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>` */
  readonly arn: string;
  /** `arn:aws:iam::<account>:role/<role>`: what policies name. */
  readonly roleArn: string;
  readonly roleName: string;
  readonly sessionName: string;
  /** `AROA…:<session>` */
  readonly userId: string;
  readonly accessKeyId: string;
}

/** One verified request. The body of an object upload is a stream; everything else is read whole. */
export interface Call {
  readonly service: ServiceName;
  readonly principal: Principal;
  readonly method: string;
  /** Decoded path, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case header names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  readonly presigned: boolean;
  /** Milliseconds since the request was signed: the condition key s3:signatureAge. */
  readonly signatureAgeMs: number;
  readonly sourceIp: string;
  readonly requestId: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
}

export type ServiceName = 's3' | 'kms' | 'athena' | 'states' | 'lambda' | 'scheduler';

/** A service answers calls. Refusals are thrown as ServiceError and spelt in the service's own wire format. */
export interface Service {
  readonly name: ServiceName;
  handle(call: Call): Promise<Reply>;
}

/** An error with AWS's own code and status, e.g. `new ServiceError(403, 'AccessDenied', '…')`. */
export class ServiceError extends Error {
  readonly status: number;
  readonly code: string;
  /** Extra elements of the error document, e.g. HeadersNotSigned. */
  readonly detail: Readonly<Record<string, string>>;
  constructor(status: number, code: string, message: string, detail: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

/** The movable clock: real time plus an offset. Everything that is not a signature's age uses it. */
export interface Clock {
  now(): Date;
  offsetMs(): number;
  /** Moves to a date; time never goes back. Due schedules and lifecycle rules run before this resolves. */
  moveTo(date: Date): Promise<void>;
}

/** Judges one action on one resource, against identity, resource and key policies from the templates. */
export interface Authoriser {
  /** Throws ServiceError 403 AccessDenied(Exception) in AWS's words when the policies do not allow it. */
  require(request: {
    readonly principal: Principal;
    readonly action: string;
    readonly resource: string;
    /** Condition keys beyond the global ones, e.g. `s3:prefix`, `kms:EncryptionContext:aws:s3:arn`. */
    readonly context?: Readonly<Record<string, string | readonly string[]>>;
  }): void;
}

/** One line of the trail: what CloudTrail would write, and no more. */
export interface TrailEvent {
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly userArn: string;
  readonly resources: readonly string[];
  readonly readOnly: boolean;
  readonly errorCode?: string;
  readonly requestId: string;
}
export interface Trail {
  write(event: TrailEvent): void;
  readonly events: readonly TrailEvent[];
}

/** A resource of the synthesised templates, its intrinsics resolved. */
export interface TemplateResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}
export interface Templates {
  readonly account: string;
  readonly region: 'eu-west-2';
  byType(type: string): readonly TemplateResource[];
  /** Stack outputs by their name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Folder of a file asset, by the S3 key the template names. */
  assetFolder(s3Key: string): string;
}

/** Object storage as other services use it: always as somebody, always authorised and decrypted for them. */
export interface ObjectStore {
  get(as: Principal, bucket: string, key: string): Promise<{ body: Uint8Array; etag: string }>;
  put(
    as: Principal,
    bucket: string,
    key: string,
    body: Uint8Array,
    contentType?: string,
  ): Promise<{ etag: string }>;
  list(as: Principal, bucket: string, prefix: string): Promise<readonly { key: string; size: number }[]>;
}

/** What every service is built from. */
export interface StandIn {
  readonly endpoint: string;
  readonly dataDir: string;
  readonly templates: Templates;
  readonly clock: Clock;
  readonly authoriser: Authoriser;
  readonly trail: Trail;
  readonly objects: ObjectStore;
  /** Session credentials of a role of the templates, e.g. for a function's own process. */
  credentialsFor(roleName: string, sessionName: string): Credentials;
  principalFor(roleName: string, sessionName: string): Principal;
  /** Seeded source of ids and key material when the stand-in was started with a seed (tests); else random. */
  randomBytes(purpose: string, length: number): Uint8Array;
  /** Called after each served call: the crash tests kill a worker, or the whole stand-in, here. */
  readonly afterCall?: (event: TrailEvent) => Promise<'go-on' | 'kill-caller'>;
  /** Start a state machine / invoke a function / etc. from another service, as a principal. */
  service(name: ServiceName): Service;
}
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}
