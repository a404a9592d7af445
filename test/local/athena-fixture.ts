/** A stand-in's neighbours as Athena sees them, faked at their edges, and a real HTTP server so that stock clients can talk to it. */
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DuckDBInstance } from '@duckdb/node-api';

import { createAthena } from '../../local/athena/service.ts';
import {
  ServiceError,
  type Principal,
  type Service,
  type StandIn,
  type TemplateResource,
  type TrailEvent,
} from '../../local/service.ts';
import { linkedSchema } from '../sql/tiny-tables.ts';

const ACCOUNT = '000000000000';
export const LINKED_BUCKET = `tvt-linked-${ACCOUNT}`;
export const RESULTS_BUCKET = `tvt-query-results-${ACCOUNT}`;
const NOW = new Date('2026-11-24T02:00:00Z');

/** `action resource` patterns, with `*` at the end, that a role may not do. */
export type Denials = Readonly<Record<string, readonly string[]>>;

export interface Fixture {
  readonly standIn: StandIn;
  readonly athena: Service;
  readonly objects: Map<string, Uint8Array>;
  readonly reads: string[];
  readonly trail: TrailEvent[];
  readonly dataDir: string;
  /** The same data folder under a new service, as after a restart. */
  restart(): Service;
}

export function principal(roleName: string): Principal {
  return {
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${roleName}/session`,
    roleArn: `arn:aws:iam::${ACCOUNT}:role/${roleName}`,
    roleName,
    sessionName: 'session',
    userId: 'AROA:session',
    accessKeyId: roleName,
  };
}

const glueType: Readonly<Record<string, string>> = { varchar: 'string', integer: 'int' };
const resource = (
  type: string,
  logicalId: string,
  properties: Readonly<Record<string, unknown>>,
): TemplateResource => ({
  stack: 'test',
  logicalId,
  type,
  properties,
});

function templates(): readonly TemplateResource[] {
  const group = (name: string, prefix: string, rest: object = {}): TemplateResource =>
    resource('AWS::Athena::WorkGroup', name, {
      Name: name,
      State: 'ENABLED',
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        ResultConfiguration: { OutputLocation: `s3://${RESULTS_BUCKET}/${prefix}` },
        ...rest,
      },
    });
  return [
    group('tvt-gate', 'gate/'),
    group('tvt-small', 'small/', { BytesScannedCutoffPerQuery: 100 }),
    resource('AWS::Athena::WorkGroup', 'off', {
      Name: 'tvt-off',
      State: 'DISABLED',
      WorkGroupConfiguration: {},
    }),
    resource('AWS::Glue::Database', 'database', { DatabaseInput: { Name: linkedSchema.database } }),
    ...linkedSchema.tables.map((table) =>
      resource('AWS::Glue::Table', table.name, {
        DatabaseName: linkedSchema.database,
        TableInput: {
          Name: table.name,
          Parameters: {
            'projection.enabled': 'true',
            'projection.snapshot.type': 'injected',
            ...(table.kind === 'linked'
              ? {
                  'projection.collection_month.type': 'date',
                  'projection.collection_month.format': 'yyyy-MM',
                  'projection.collection_month.range': 'NOW-75MONTHS,NOW',
                  'projection.collection_month.interval': '1',
                  'projection.collection_month.interval.unit': 'MONTHS',
                }
              : {}),
            'storage.location.template': `s3://${LINKED_BUCKET}/${table.location}`,
          },
          PartitionKeys: table.partitions.map((name) => ({ Name: name, Type: 'string' })),
          StorageDescriptor: {
            Columns: table.columns.map(({ name, type }) => ({ Name: name, Type: glueType[type] ?? type })),
            Location: `s3://${LINKED_BUCKET}/`,
            SerdeInfo: {
              SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
            },
          },
        },
      }),
    ),
  ];
}

export function createFixture(denials: Denials = {}): Fixture {
  const objects = new Map<string, Uint8Array>();
  const reads: string[] = [];
  const trail: TrailEvent[] = [];
  const dataDir = mkdtempSync(join(tmpdir(), 'athena-test-'));
  let sequence = 0;
  const refuse = (who: Principal, action: string, target: string): void => {
    const denied = (denials[who.roleName] ?? []).some((pattern) =>
      `${action} ${target}`.startsWith(pattern.replace(/\*$/, '')),
    );
    if (denied) {
      throw new ServiceError(
        403,
        'AccessDeniedException',
        `User: ${who.arn} is not authorized to perform: ${action} on resource: ${target}`,
      );
    }
  };
  const unused = (): never => {
    throw new Error('not needed by Athena');
  };
  const standIn: StandIn = {
    endpoint: 'http://127.0.0.1',
    dataDir,
    templates: {
      account: ACCOUNT,
      region: 'eu-west-2',
      byType: (type) => templates().filter((candidate) => candidate.type === type),
      outputs: {},
      assetFolder: unused,
    },
    clock: { now: () => NOW, offsetMs: () => 0, moveTo: async () => undefined },
    authoriser: { require: (request) => refuse(request.principal, request.action, request.resource) },
    trail: { write: (event) => void trail.push(event), events: trail },
    objects: {
      get: async (as, bucket, key) => {
        refuse(as, 's3:GetObject', `arn:aws:s3:::${bucket}/${key}`);
        const body = objects.get(`${bucket}/${key}`);
        if (body === undefined) throw new ServiceError(404, 'NoSuchKey', 'The specified key does not exist.');
        reads.push(key);
        return { body, etag: '"0"' };
      },
      put: async (as, bucket, key, body) => {
        refuse(as, 's3:PutObject', `arn:aws:s3:::${bucket}/${key}`);
        objects.set(`${bucket}/${key}`, body);
        return { etag: '"0"' };
      },
      list: async (as, bucket, prefix) => {
        refuse(as, 's3:ListBucket', `arn:aws:s3:::${bucket}`);
        return [...objects.entries()]
          .filter(([name]) => name.startsWith(`${bucket}/${prefix}`))
          .map(([name, body]) => ({ key: name.slice(bucket.length + 1), size: body.length }));
      },
    },
    credentialsFor: unused,
    principalFor: unused,
    randomBytes: (_purpose, length) => {
      sequence += 1;
      return Uint8Array.from({ length }, (_item, index) => (index < length - 1 ? 0xab : sequence));
    },
    service: unused,
  };
  return {
    standIn,
    athena: createAthena(standIn),
    objects,
    reads,
    trail,
    dataDir,
    restart: () => createAthena(standIn),
  };
}

/** Writes rows of a linked or reference table where the snapshot's layout puts them. */
export async function publish(
  fixture: Fixture,
  table: string,
  location: string,
  select: string,
): Promise<void> {
  const database = await (await DuckDBInstance.create(':memory:')).connect();
  const file = join(fixture.dataDir, 'one.parquet');
  await database.run(`copy (${select}) to '${file}' (format parquet)`);
  const { readFileSync } = await import('node:fs');
  fixture.objects.set(`${LINKED_BUCKET}/${location}/part-0.parquet`, readFileSync(file));
  if (!linkedSchema.tables.some(({ name }) => name === table)) throw new Error(`no table ${table}`);
}

export interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** Speaks AWS JSON for one service; the access key names the role. Signatures are the front door's business. */
export async function listen(athena: () => Service): Promise<Endpoint> {
  const server = createServer((request, response) => {
    const role = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? 'nobody';
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    athena()
      .handle({
        service: 'athena',
        principal: principal(role),
        method: request.method ?? 'POST',
        path: '/',
        query: new URLSearchParams(),
        headers,
        body: request,
        presigned: false,
        signatureAgeMs: 0,
        sourceIp: '127.0.0.1',
        requestId: 'request-1',
      })
      .then(
        (reply) =>
          response
            .writeHead(reply.status, { ...reply.headers })
            .end(typeof reply.body === 'string' ? reply.body : ''),
        (error: unknown) => {
          const known =
            error instanceof ServiceError
              ? error
              : new ServiceError(500, 'InternalServerException', String(error));
          response
            .writeHead(known.status, { 'content-type': 'application/x-amz-json-1.1' })
            .end(JSON.stringify({ __type: known.code, message: known.message }));
        },
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: async () => void server.close() };
}
