/**
 * Deep check: the S3 and KMS suites that drive the stand-in, run on MiniStack, an emulator of other authors. Where it is
 * known to differ the case must still differ; any other failure is ours. Prints PASS, FAIL or NOT RUN; ends with 0, 1 or 3.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Sha256 } from '@aws-crypto/sha256-js';
import { CreateKeyCommand, KMSClient, type KeySpec, type KeyUsageType } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { MINISTACK_KMS } from '../local/aws-suite/kms-differences.ts';
import { KMS_CASES, runKmsCase } from '../local/aws-suite/kms-suite.ts';
import { MINISTACK } from '../local/aws-suite/s3-differences.ts';
import { S3_CASES, runS3Case } from '../local/aws-suite/s3-suite.ts';

/** The version the differences were written down for; it changes almost daily. */
const VERSION = '1.5.33';
const REGION = 'eu-west-2';
const BUCKET = 'tvt-suite';

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

async function main(): Promise<number> {
  const program = install();
  if (program === null)
    return say(3, 'NOT RUN', `ministack ${VERSION} could not be installed with pip (Python 3 is needed)`);
  const folder = mkdtempSync(join(tmpdir(), 'tvt-ministack-'));
  const port = await freePort();
  const child = spawn(program, [], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      AUTH: 'true',
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      // Without this a listener opens on all addresses.
      IOT_MTLS_ENABLED: '0',
      MINISTACK_REGION: REGION,
    },
    stdio: 'ignore',
  });
  try {
    const endpoint = `http://127.0.0.1:${port}`;
    if (!(await isUp(endpoint, child))) return say(3, 'NOT RUN', 'MiniStack did not come up');
    const failures = await runSuites(endpoint);
    const cases = S3_CASES.length + KMS_CASES.length;
    return failures === 0
      ? say(0, 'PASS', `MiniStack ${VERSION}, ${cases} cases, ${known()} of them known to differ`)
      : say(1, 'FAIL', `${failures} of ${cases} cases are not as expected`);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

const known = (): number => Object.keys(MINISTACK).length + Object.keys(MINISTACK_KMS).length;
function say(code: number, verdict: 'PASS' | 'FAIL' | 'NOT RUN', reason: string): number {
  console.log(`ministack: ${verdict} (${reason})`);
  return code;
}

/** In an environment of its own, in the cache of this user; 215 MB once. */
function install(): string | null {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'tvt-deep', `ministack-${VERSION}`);
  const program = join(folder, 'bin', 'ministack');
  if (existsSync(program)) return program;
  const options = { stdio: 'ignore', timeout: 600_000 } as const;
  spawnSync('python3', ['-m', 'venv', folder], options);
  spawnSync(join(folder, 'bin', 'pip'), ['install', '--quiet', `ministack[full]==${VERSION}`], options);
  return existsSync(program) ? program : null;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function isUp(endpoint: string, child: ChildProcess): Promise<boolean> {
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      return true;
    await sleep(200);
  }
  return false;
}

async function runSuites(endpoint: string): Promise<number> {
  const credentials = await createUser(endpoint);
  const target = { endpoint, credentials };
  await createBucket(endpoint, credentials);
  const keys = {
    data: await createKey(target, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'),
    mac: await createKey(target, 'HMAC_256', 'GENERATE_VERIFY_MAC'),
    signing: await createKey(target, 'ECC_NIST_P256', 'SIGN_VERIFY'),
  };
  let failures = 0;
  const judge = async (sentence: string, expected: string | undefined, run: Promise<void>): Promise<void> => {
    const failure = await run.then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
    );
    if ((failure === undefined) === (expected === undefined)) {
      if (expected !== undefined) console.log(`  differs, as known: ${sentence} (${expected})`);
      return;
    }
    failures++;
    console.log(
      `  ${failure === undefined ? 'HOLDS, though listed as different' : 'FAILS'}: ${sentence} (${failure ?? expected ?? ''})`,
    );
  };
  for (const one of S3_CASES)
    await judge(
      one.sentence,
      MINISTACK[one.sentence],
      runS3Case(one, { ...target, bucket: BUCKET, prefix: 'suite/' }),
    );
  for (const one of KMS_CASES)
    await judge(one.sentence, MINISTACK_KMS[one.sentence], runKmsCase(one, { ...target, keys }));
  return failures;
}

/** A user with keys of its own: the root keys would pass with any secret, and prove nothing. */
async function createUser(endpoint: string): Promise<Keys> {
  const root = { accessKeyId: '000000000000', secretAccessKey: 'test' };
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const user = { UserName: 'suite' };
  await iam(endpoint, root, { Action: 'CreateUser', ...user });
  await iam(endpoint, root, {
    Action: 'PutUserPolicy',
    ...user,
    PolicyName: 'all',
    PolicyDocument: JSON.stringify(policy),
  });
  const answer = await iam(endpoint, root, { Action: 'CreateAccessKey', ...user });
  const element = (name: string): string => new RegExp(`<${name}>([^<]+)</${name}>`).exec(answer)?.[1] ?? '';
  return { accessKeyId: element('AccessKeyId'), secretAccessKey: element('SecretAccessKey') };
}

async function iam(
  endpoint: string,
  credentials: Keys,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const { protocol, hostname, port, host } = new URL(endpoint);
  const body = new URLSearchParams({ ...parameters, Version: '2010-05-08' }).toString();
  const signer = new SignatureV4({ service: 'iam', region: 'us-east-1', credentials, sha256: Sha256 });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol,
    hostname,
    port: Number(port),
    path: '/',
    query: {},
    headers: { host, 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  const reply = await fetch(endpoint, { method: 'POST', headers, body });
  if (!reply.ok) throw new Error(`${parameters['Action'] ?? ''} was answered with ${reply.status}`);
  return reply.text();
}

async function createBucket(endpoint: string, credentials: Keys): Promise<void> {
  const s3 = new S3Client({ region: REGION, endpoint, forcePathStyle: true, credentials });
  const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }));
  s3.destroy();
}

async function createKey(
  target: { readonly endpoint: string; readonly credentials: Keys },
  KeySpec: KeySpec,
  KeyUsage: KeyUsageType,
): Promise<string> {
  const kms = new KMSClient({ region: REGION, ...target });
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec, KeyUsage }));
  kms.destroy();
  return KeyMetadata?.KeyId ?? '';
}

process.exitCode = await main();
