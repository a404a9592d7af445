/** A whole platform for one test file: the stand-in on a port of its own, driven through its front doors like any other. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { decide, propose, publishRegister } from '../../cli/commands/agreement.ts';
import type { ReleaseOutcome } from '../../cli/commands/release.ts';
import { runSummary, type RunSummary } from '../../cli/commands/run.ts';
import { askForAddress, send, type UploadOptions } from '../../cli/commands/upload.ts';
import { connect, localPlatform, type Connection } from '../../cli/connection.ts';
import { finish, start } from '../../cli/executions.ts';
import type { Credentials, StandIn } from '../../local/service.ts';
import { startStandIn, type StandInOptions } from '../../local/start.ts';
import { openDuck } from '../../pipeline/parquet.ts';
import { keys, type FeedState, type SnapshotManifest } from '../../pipeline/zones.ts';

export const REPORT_A = 'serious-violence-by-district';
export const REPORT_B = 'risk-factors-before-violence';
const ACCOUNT = '000000000000';
export const zoneOf = (zone: string): string => `tvt-${zone}-${ACCOUNT}`;

export interface Platform {
  readonly endpoint: string;
  readonly dataDir: string;
  as(principal: string): Connection;
  /** Object storage as a role of the platform itself, to look where no person may. */
  asFunction(name: string): S3Client;
  /** For a stock client of any service, as any role there is. */
  credentialsOf(role: string, session: string): Credentials;
  /** Clock, trail and templates of the running stand-in. */
  readonly standIn: StandIn;
  upload(
    principal: string,
    options: UploadOptions,
    file: string | { readonly text: string },
  ): Promise<string>;
  run(name: string): Promise<RunSummary>;
  release(report: string, name: string): Promise<ReleaseOutcome>;
  agreeOnAll(): Promise<void>;
  /** Stops it; started again on the same folder it goes on where it was. */
  restart(options?: Partial<StandInOptions>): Promise<void>;
  /** Stops it and leaves its folder. */
  rest(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPlatform(options: Partial<StandInOptions> = {}): Promise<Platform> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'tvt-platform-')));
  const common = { dataDir, templatesDir: process.env.TVT_TEMPLATES ?? 'cdk.out', port: 0, seed: 'test' };
  let running = await startStandIn({ ...common, ...options });
  let uploads = 0;
  const as = (principal: string): Connection => connect(principal, dataDir);
  return {
    get endpoint() {
      return running.endpoint;
    },
    dataDir,
    as,
    asFunction: (name) =>
      new S3Client({
        region: 'eu-west-2',
        endpoint: running.endpoint,
        forcePathStyle: true,
        credentials: running.standIn.credentialsFor(`tvt-fn-${name}`, `tvt-${name}`),
      }),
    credentialsOf: (role, session) => running.standIn.credentialsFor(role, session),
    get standIn() {
      return running.standIn;
    },
    upload: async (principal, upload, file) => {
      const path = typeof file === 'string' ? file : join(dataDir, `upload-${++uploads}.csv`);
      if (typeof file !== 'string') await writeFile(path, file.text);
      const address = await askForAddress(as(principal), path, upload);
      await send(path, address);
      return address.deliveryId;
    },
    run: async (name) => {
      const operator = as('tvp-operator');
      await finish(operator, await start(operator, 'tvt-daily-run', name, {}));
      return runSummary(operator, name);
    },
    release: async (report, name) => {
      const operator = as('tvp-operator');
      const execution = await start(operator, 'tvt-release', name, { reportId: report });
      return (await finish(operator, execution)) as ReleaseOutcome;
    },
    agreeOnAll: async () => {
      await publishRegister(as('tvp-operator'));
      for (const report of [REPORT_A, REPORT_B]) {
        await propose(as('tvp-author'), report);
        for (const approver of approversOf(dataDir)) await decide(as(approver), report, 'agree', null);
      }
    },
    restart: async (again = {}) => {
      await running.close();
      running = await startStandIn({ ...common, ...again });
    },
    rest: () => running.close(),
    stop: async () => {
      await running.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const approversOf = (dataDir: string): readonly string[] =>
  (localPlatform(dataDir)?.principals ?? [])
    .filter(({ role }) => role === 'approver')
    .map(({ principal }) => principal);

export async function textOf(s3: S3Client, bucket: string, key: string): Promise<string> {
  const reply = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await reply.Body?.transformToString('utf8')) ?? '';
}
export async function jsonOf<T>(s3: S3Client, bucket: string, key: string): Promise<T> {
  return JSON.parse(await textOf(s3, bucket, key)) as T;
}
export async function keysUnder(s3: S3Client, bucket: string, prefix: string): Promise<readonly string[]> {
  const reply = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  return (reply.Contents ?? []).map(({ Key }) => Key ?? '').sort();
}
/** Every version and delete marker under a prefix, as `key versionId`. */
export async function versionsUnder(
  s3: S3Client,
  bucket: string,
  prefix: string,
): Promise<readonly string[]> {
  const reply = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix }));
  return [...(reply.Versions ?? []), ...(reply.DeleteMarkers ?? [])]
    .map(({ Key, VersionId }) => `${Key ?? ''} ${VersionId ?? ''}`)
    .sort();
}

/** Rows of some Parquet objects, read by a role that may, in the order of `orderBy`. */
export async function rowsOf<Row>(
  s3: S3Client,
  bucket: string,
  objectKeys: readonly string[],
  orderBy: string,
): Promise<readonly Row[]> {
  if (objectKeys.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'tvt-rows-'));
  const duck = await openDuck({ memoryMb: 256, threads: 1, tempDir: folder });
  try {
    const paths: string[] = [];
    for (const [index, key] of objectKeys.entries()) {
      const reply = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const path = join(folder, `${index}.parquet`);
      await writeFile(path, (await reply.Body?.transformToByteArray()) ?? new Uint8Array());
      paths.push(path);
    }
    return await duck.rows<Row>(
      `select * from read_parquet([${paths.map((path) => `'${path}'`).join(', ')}], union_by_name = true) order by ${orderBy}`,
    );
  } finally {
    await duck.close();
    await rm(folder, { recursive: true, force: true });
  }
}

export const feedStateOf = (platform: Platform, partner: string, feed: string): Promise<FeedState> =>
  jsonOf(platform.asFunction('match-people'), zoneOf('records'), keys.records.feedState(partner, feed));

export async function snapshotInForce(platform: Platform): Promise<SnapshotManifest> {
  const gate = platform.asFunction('start-report');
  const { snapshot } = await jsonOf<{ snapshot: string }>(gate, zoneOf('linked'), keys.linked.current);
  return jsonOf(gate, zoneOf('linked'), keys.linked.manifest(snapshot));
}

/** All rows of a linked table in the snapshot in force. */
export async function linkedRows<Row>(
  platform: Platform,
  table: keyof SnapshotManifest['tables'],
  orderBy: string,
): Promise<readonly Row[]> {
  const manifest = await snapshotInForce(platform);
  const objectKeys = Object.values(manifest.tables[table]).map(({ key }) => key);
  return rowsOf(platform.asFunction('start-report'), zoneOf('linked'), objectKeys, orderBy);
}
