/** Where the platform is and as whom we speak: the stand-in's principals, or whatever AWS credentials the shell holds. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AthenaClient } from '@aws-sdk/client-athena';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient, GetFunctionUrlConfigCommand } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { BadArguments, Refused } from './output.ts';

const REGION = 'eu-west-2';
export const LOCAL_DATA = '.tvt/local';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}
export interface LocalPrincipal extends Keys {
  readonly principal: string;
  readonly partner: string;
  readonly role: string;
}
/** What the stand-in writes, readable by its owner only, when it starts. */
interface LocalPlatform {
  readonly endpoint: string;
  readonly account: string;
  readonly principals: readonly LocalPrincipal[];
}

/** The running stand-in of this folder, or null where there is none. */
export function localPlatform(dataDir = process.env.TVT_DATA ?? LOCAL_DATA): LocalPlatform | null {
  const file = join(dataDir, 'principals.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as LocalPlatform) : null;
}

export interface Connection {
  readonly principal: LocalPrincipal;
  readonly account: string;
  readonly s3: S3Client;
  readonly kms: KMSClient;
  readonly athena: AthenaClient;
  readonly sfn: SFNClient;
  /** Calls a function URL as this principal; answers its status and parsed body. */
  call(functionName: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
}

/**
 * Connects as a principal.
 *
 * @throws BadArguments when no platform runs here or the principal is unknown.
 */
export function connect(as: string | undefined, dataDir?: string): Connection {
  const platform = localPlatform(dataDir);
  if (platform === null)
    throw new BadArguments('No platform is running here. Start one with `npm run local`, in another window.');
  if (as === undefined) throw new BadArguments('Say as whom: `--as PRINCIPAL`. `npx tvt whoami` lists them.');
  const principal = platform.principals.find((candidate) => candidate.principal === as);
  if (principal === undefined)
    throw new BadArguments(`There is no principal "${as}". \`npx tvt whoami\` lists those there are.`);
  const endpoint = process.env.AWS_ENDPOINT_URL ?? platform.endpoint;
  const { accessKeyId, secretAccessKey, sessionToken } = principal;
  const credentials = {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
  const shared = { region: REGION, endpoint, credentials };
  const lambda = new LambdaClient(shared);
  return {
    principal,
    account: platform.account,
    s3: new S3Client({ ...shared, forcePathStyle: true }),
    kms: new KMSClient(shared),
    athena: new AthenaClient(shared),
    sfn: new SFNClient(shared),
    call: (functionName, body) => callFunctionUrl(lambda, credentials, functionName, body),
  };
}

async function callFunctionUrl(
  lambda: LambdaClient,
  credentials: Keys,
  functionName: string,
  body: unknown,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const found = await lambda.send(new GetFunctionUrlConfigCommand({ FunctionName: functionName }));
  const url = new URL(found.FunctionUrl ?? '');
  const payload = JSON.stringify(body);
  const signer = new SignatureV4({ service: 'lambda', region: REGION, credentials, sha256: Sha256 });
  const signed = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path: url.pathname,
    query: {},
    headers: { host: url.host, 'content-type': 'application/json' },
    body: payload,
  });
  const reply = await fetch(url, { method: 'POST', headers: signed.headers, body: payload });
  const text = await reply.text();
  return { status: reply.status, body: text === '' ? null : safeJson(text) };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { error: 'unreadable', message: text.slice(0, 200) };
  }
}

/**
 * The body of a function URL's answer.
 *
 * @throws BadArguments when what was sent cannot be used (400); Refused, with the reason it gave, for any other refusal.
 */
export async function ask<T>(connection: Connection, functionName: string, body: unknown): Promise<T> {
  const reply = await connection.call(functionName, body);
  if (reply.status < 400) return reply.body as T;
  const message =
    typeof reply.body === 'object' && reply.body !== null && 'message' in reply.body
      ? String(reply.body.message)
      : typeof reply.body === 'object' && reply.body !== null && 'Message' in reply.body
        ? String(reply.body.Message)
        : `the platform answered ${reply.status}`;
  throw reply.status === 400 ? new BadArguments(message, reply.body) : new Refused(message, reply.body);
}
