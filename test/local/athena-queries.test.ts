/** Local Athena through the AWS SDK: what a caller sends, sees and may not do. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  AthenaClient,
  BatchGetQueryExecutionCommand,
  CreateNamedQueryCommand,
  CreatePreparedStatementCommand,
  DeletePreparedStatementCommand,
  GetPreparedStatementCommand,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  GetWorkGroupCommand,
  ListPreparedStatementsCommand,
  ListQueryExecutionsCommand,
  ListWorkGroupsCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
  type QueryExecution,
  type StartQueryExecutionCommandInput,
} from '@aws-sdk/client-athena';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Service } from '../../local/service.ts';
import {
  createFixture,
  listen,
  publish,
  RESULTS_BUCKET,
  type Endpoint,
  type Fixture,
} from './athena-fixture.ts';

/** Where a statement would write if it could. */
const ESCAPED = join(tmpdir(), 'athena-escaped');
let fixture: Fixture;
let athena: Service;
let endpoint: Endpoint;
const clients = new Map<string, AthenaClient>();

beforeAll(async () => {
  fixture = createFixture({
    'no-glue': ['glue:GetTable arn:aws:glue:eu-west-2:000000000000:table/tvt_linked/area'],
    'no-data': ['s3:GetObject arn:aws:s3:::tvt-linked-*'],
    'no-results': ['s3:PutObject arn:aws:s3:::tvt-query-results-*'],
    'no-reading': ['s3:GetObject arn:aws:s3:::tvt-query-results-*'],
    'no-group': ['athena:StartQueryExecution *'],
  });
  athena = fixture.athena;
  endpoint = await listen(() => athena);
  await publish(
    fixture,
    'area',
    'reference/area/snapshot=s1',
    `select * from (values ('E06000038', 'Reading', 160), ('E07000178', 'Oxford "city"', null)) as t (lad24cd, lad24nm, residents)`,
  );
  await publish(
    fixture,
    'area',
    'reference/area/snapshot=s2',
    `select 'E06000038' as lad24cd, 'Reading, later' as lad24nm`,
  );
  for (const month of ['2024-01', '2024-02', '2026-11']) {
    await publish(
      fixture,
      'event_record',
      `collection_month=${month}/event_record/snapshot=s1`,
      `select 'r-${month}' as record_ref, date '${month}-03' as event_date, true as knife`,
    );
  }
});

afterAll(async () => {
  for (const client of clients.values()) client.destroy();
  await endpoint.close();
  rmSync(fixture.dataDir, { recursive: true, force: true });
});

function as(role: string): AthenaClient {
  const client =
    clients.get(role) ??
    new AthenaClient({
      region: 'eu-west-2',
      endpoint: endpoint.url,
      credentials: { accessKeyId: role, secretAccessKey: 'x' },
    });
  clients.set(role, client);
  return client;
}

async function start(
  sql: string,
  rest: Partial<StartQueryExecutionCommandInput> = {},
  role = 'gate',
): Promise<string> {
  const { QueryExecutionId } = await as(role).send(
    new StartQueryExecutionCommand({
      QueryString: sql,
      WorkGroup: 'tvt-gate',
      QueryExecutionContext: { Database: 'tvt_linked' },
      ...rest,
    }),
  );
  return QueryExecutionId ?? '';
}

async function finished(id: string): Promise<QueryExecution> {
  for (let attempt = 0; attempt < 2000; attempt += 1) {
    const { QueryExecution: execution } = await as('gate').send(
      new GetQueryExecutionCommand({ QueryExecutionId: id }),
    );
    const state = execution?.Status?.State;
    if (execution !== undefined && state !== 'QUEUED' && state !== 'RUNNING') return execution;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('the query did not finish');
}

async function rows(id: string): Promise<readonly (readonly (string | undefined)[])[]> {
  const execution = await finished(id);
  expect(execution.Status?.StateChangeReason).toBeUndefined();
  const { ResultSet } = await as('gate').send(new GetQueryResultsCommand({ QueryExecutionId: id }));
  return (ResultSet?.Rows ?? []).map((row) => (row.Data ?? []).map((datum) => datum.VarCharValue));
}

const run = async (
  ...args: Parameters<typeof start>
): Promise<readonly (readonly (string | undefined)[])[]> => rows(await start(...args));

async function reason(...args: Parameters<typeof start>): Promise<string> {
  const execution = await finished(await start(...args));
  expect(execution.Status?.State).toBe('FAILED');
  return execution.Status?.StateChangeReason ?? '';
}

describe('a query', () => {
  it('answers text for every value, the header first, and nothing for null', async () => {
    expect(
      await run(`select lad24cd, lad24nm, residents from area where snapshot = 's1' order by lad24cd`),
    ).toEqual([
      ['lad24cd', 'lad24nm', 'residents'],
      ['E06000038', 'Reading', '160'],
      ['E07000178', 'Oxford "city"', undefined],
    ]);
  });

  it('leaves the result where the work group insists, whatever the caller asks', async () => {
    const id = await start(`select lad24nm as name, residents from area where snapshot = 's1' order by 1`, {
      ResultConfiguration: { OutputLocation: 's3://elsewhere/mine/' },
    });
    const execution = await finished(id);

    expect(execution.ResultConfiguration?.OutputLocation).toBe(`s3://${RESULTS_BUCKET}/gate/${id}.csv`);
    expect(Buffer.from(fixture.objects.get(`${RESULTS_BUCKET}/gate/${id}.csv`) ?? []).toString()).toBe(
      '"name","residents"\n"Oxford ""city""",\n"Reading","160"\n',
    );
    expect(fixture.objects.has(`${RESULTS_BUCKET}/gate/${id}.csv.metadata`)).toBe(true);
  });

  it('says what it scanned and when', async () => {
    const execution = await finished(await start(`select count(*) as n from area where snapshot = 's1'`));

    expect(execution).toMatchObject({
      StatementType: 'DML',
      WorkGroup: 'tvt-gate',
      Status: { State: 'SUCCEEDED' },
    });
    expect(execution.Statistics?.DataScannedInBytes).toBeGreaterThan(100);
    expect(execution.Status?.SubmissionDateTime?.toISOString()).toBe('2026-11-24T02:00:00.000Z');
  });

  it('takes execution parameters as literals, in the order of the question marks', async () => {
    const answer = await run(
      `select lad24nm, '?' as mark from area where snapshot = ? and residents > ? -- what?`,
      {
        ExecutionParameters: ["'s1'", '100'],
      },
    );

    expect(answer.slice(1)).toEqual([['Reading', '?']]);
  });

  it.each([
    ['too few', ["'s1'"]],
    ['too many', ["'s1'", '1', '2']],
    ['no literal', ["'s1'", '(select 1)']],
    ['a literal and more', ["'s1' or 1 = 1", '1']],
    ['a comment', ["'s1' --", '1']],
  ])('refuses execution parameters that are %s', async (_name, ExecutionParameters) => {
    await expect(
      start('select lad24nm from area where snapshot = ? and residents > ?', { ExecutionParameters }),
    ).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  it('is the same query when its token is sent again, and refused when the token comes with another statement', async () => {
    const ClientRequestToken = 'token-token-token-token-token-token';
    const sql = `select 1 as one`;
    const [first, second] = [
      await start(sql, { ClientRequestToken }),
      await start(sql, { ClientRequestToken }),
    ];

    expect(second).toBe(first);
    await expect(start('select 2 as two', { ClientRequestToken })).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
  });

  it('takes names with database and catalogue, in any case', async () => {
    const answer = await run(
      `SELECT a.LAD24CD FROM "AwsDataCatalog"."tvt_linked"."area" a WHERE a.snapshot = 's2'`,
      {
        QueryExecutionContext: {},
      },
    );

    expect(answer.slice(1)).toEqual([['E06000038']]);
  });

  it('pages its results, the header on the first page only', async () => {
    const id = await start(`select n from (values (1), (2), (3)) as t (n) order by n`);
    await finished(id);
    const first = await as('gate').send(new GetQueryResultsCommand({ QueryExecutionId: id, MaxResults: 2 }));
    const second = await as('gate').send(
      new GetQueryResultsCommand({ QueryExecutionId: id, MaxResults: 2, NextToken: first.NextToken }),
    );

    expect(first.ResultSet?.Rows?.map((row) => row.Data?.[0]?.VarCharValue)).toEqual(['n', '1']);
    expect(second.ResultSet?.Rows?.map((row) => row.Data?.[0]?.VarCharValue)).toEqual(['2', '3']);
    expect(second.NextToken).toBeUndefined();
    expect(first.ResultSet?.ResultSetMetadata?.ColumnInfo?.[0]).toMatchObject({ Name: 'n', Type: 'integer' });
  });

  it.each([
    [`select date_diff('year', date '2000-11-24', date '2026-11-23') as age`, '25'],
    [`select 7 / 2 as half`, '3'],
    [`select greatest(1, null, 3) as most`, undefined],
    [`select concat('a', null, 'b') as joined`, undefined],
    [`select substr('abc', 0) as cut`, ''],
    [`select split_part('a-b', '-', 3) as part`, undefined],
    [`select cast(1 as double) as one`, '1.0'],
    [`select 1e10 as big`, '1.0E10'],
    [`select date '2026-01-31' + interval '1' month > date '2026-02-27' as later`, 'true'],
  ])('answers as Athena does: %s', async (sql, expected) => {
    expect((await run(sql))[1]).toEqual([expected]);
  });
});

describe('partitions', () => {
  it('reads the snapshot the statement names and no other object', async () => {
    fixture.reads.length = 0;
    expect((await run(`select lad24nm from area where snapshot = 's2'`)).slice(1)).toEqual([
      ['Reading, later'],
    ]);

    expect(fixture.reads.filter((key) => key.startsWith('reference/'))).toEqual([
      'reference/area/snapshot=s2/part-0.parquet',
    ]);
  });

  it('reads only the months a statement asks for', async () => {
    fixture.reads.length = 0;
    const answer = await run(
      `select record_ref, collection_month from event_record where snapshot = 's1' and collection_month between '2024-02' and '2024-12'`,
    );

    expect(answer.slice(1)).toEqual([['r-2024-02', '2024-02']]);
    expect(fixture.reads.filter((key) => key.startsWith('collection_month'))).toHaveLength(1);
  });

  it('reads every month of its range otherwise, and gives null for a column a file lacks', async () => {
    const answer = await run(
      `select record_ref, firearm from event_record where snapshot = 's1' order by record_ref`,
    );

    expect(answer.slice(1)).toEqual([
      ['r-2024-01', undefined],
      ['r-2024-02', undefined],
      ['r-2026-11', undefined],
    ]);
  });

  it('answers no rows for a snapshot that does not exist', async () => {
    expect(await run(`select lad24nm from area where snapshot = 'nobody'`)).toEqual([['lad24nm']]);
  });

  it.each([
    ['none', 'select lad24nm from area'],
    ['a range', `select lad24nm from area where snapshot >= 's1'`],
    ['a list', `select lad24nm from area where snapshot in ('s1', 's2')`],
    ['an alternative', `select lad24nm from area where snapshot = 's1' or snapshot = 's2'`],
    [
      'only the other side of a left join',
      `select area.lad24nm from area left join risk_factor on area.snapshot = 's1' and risk_factor.snapshot = 's1'`,
    ],
  ])('refuses an injected partition with %s instead of one equality', async (_name, sql) => {
    expect(await reason(sql)).toContain('injected projected partition column snapshot');
  });
});

describe('rights', () => {
  it('refuses a work group the caller may not start queries in', async () => {
    await expect(start('select 1 as one', {}, 'no-group')).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('fails a query whose table, data or result the caller may not touch, in Athena’s words', async () => {
    const sql = `select lad24nm from area where snapshot = 's1'`;

    expect(await reason(sql, {}, 'no-glue')).toMatch(
      /^Insufficient permissions to execute the query\. .*glue:GetTable/,
    );
    expect(await reason(sql, {}, 'no-data')).toBe(
      'PERMISSION_DENIED: Permission denied on S3 path: s3://tvt-linked-000000000000/reference/area/snapshot=s1/',
    );
    expect(await reason(sql, {}, 'no-results')).toMatch(/^Access denied when writing output to url: s3:/);
  });

  it('shows a result only to who may read the object behind it', async () => {
    const id = await start('select 1 as one');
    await finished(id);

    await expect(
      as('no-reading').send(new GetQueryResultsCommand({ QueryExecutionId: id })),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('stops at the work group’s limit of bytes', async () => {
    const execution = await finished(
      await start(`select lad24nm from area where snapshot = 's1'`, { WorkGroup: 'tvt-small' }),
    );

    expect(execution.Status).toMatchObject({
      State: 'CANCELLED',
      StateChangeReason: expect.stringContaining('Bytes scanned limit'),
    });
  });

  it('refuses a work group that is disabled or not in the templates', async () => {
    await expect(start('select 1 as one', { WorkGroup: 'tvt-off' })).rejects.toThrow(/is disabled/);
    await expect(start('select 1 as one', { WorkGroup: 'primary' })).rejects.toThrow(/is not found/);
  });
});

describe('the engine', () => {
  it.each([
    `select * from read_csv('/etc/passwd')`,
    `select * from read_text('/etc/passwd')`,
    `select * from read_blob('/proc/self/environ')`,
    `select * from read_parquet('/var/x.parquet')`,
    `select * from glob('/etc/*')`,
    `select * from '/etc/passwd'`,
    `select * from "/etc/passwd"`,
    `select * from duckdb_settings()`,
    `select * from information_schema.tables`,
    `select * from sqlite_master`,
    `select * from query('select 1')`,
    `select getenv('HOME') as home`,
    `select current_setting('temp_directory') as folder`,
    `select getvariable('x') as x`,
    `select (select max(content) from read_text('/etc/passwd')) as x`,
    `select 1 as x from (values (1)) as t (n) where exists (select 1 from read_text('/etc/passwd'))`,
    `with x as (select * from read_text('/etc/passwd')) select * from x`,
    `select 1 as x order by (select count(*) from read_text('/etc/passwd'))`,
    `copy (select 1) to '${ESCAPED}.csv'`,
    `attach '${ESCAPED}.db'`,
    `install httpfs`,
    `load httpfs`,
    `pragma database_list`,
    `set memory_limit = '10GB'`,
    `create table x as select 1 as y`,
    `drop view area`,
    `describe area`,
    `export database '${ESCAPED}'`,
    `call pragma_version()`,
    `select 1 as one; select 2 as two`,
    `select 1 as one; copy (select 1) to '${ESCAPED}.csv'`,
    `execute nothing`,
    `prepare p from select 1`,
  ])('refuses %s', async (sql) => {
    const outcome = await start(sql).then(
      async (id) => finished(id).then((execution) => execution.Status?.State),
      (error: unknown) => (error instanceof Error ? error.name : ''),
    );

    expect(['FAILED', 'InvalidRequestException']).toContain(outcome);
    expect(['csv', 'db'].some((kind) => existsSync(`${ESCAPED}.${kind}`))).toBe(false);
  });

  it('leaves nothing of a query’s data behind, and its folder is its owner’s alone', async () => {
    await run(`select lad24nm from area where snapshot = 's1'`);

    const work = join(fixture.dataDir, 'athena', 'work');
    expect(statSync(work).mode & 0o777).toBe(0o700);
    expect(readdirSync(work)).toEqual([]);
  });

  it('quotes no value in the reason of a failure', async () => {
    expect(
      await reason(`select cast(lad24nm as integer) as n from area where snapshot = 's1'`),
    ).not.toContain('Reading');
  });
});

describe('prepared statements', () => {
  const WorkGroup = 'tvt-gate';

  it('are kept by work group, run with execute, and deleted', async () => {
    const client = as('gate');
    await client.send(
      new CreatePreparedStatementCommand({
        WorkGroup,
        StatementName: 'named_area',
        QueryStatement: 'select lad24nm from area where snapshot = ? and residents > ?',
      }),
    );
    expect(
      (await client.send(new ListPreparedStatementsCommand({ WorkGroup }))).PreparedStatements,
    ).toHaveLength(1);
    expect(
      (await client.send(new GetPreparedStatementCommand({ WorkGroup, StatementName: 'named_area' })))
        .PreparedStatement?.QueryStatement,
    ).toContain('residents > ?');

    expect((await run(`EXECUTE named_area USING 's1', 10`)).slice(1)).toEqual([['Reading']]);
    expect((await run('execute named_area', { ExecutionParameters: ["'s1'", '10'] })).slice(1)).toEqual([
      ['Reading'],
    ]);

    await client.send(new DeletePreparedStatementCommand({ WorkGroup, StatementName: 'named_area' }));
    await expect(start(`execute named_area using 's1', 10`)).rejects.toThrow(/was not found/);
    await expect(
      client.send(new GetPreparedStatementCommand({ WorkGroup, StatementName: 'named_area' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('the service', () => {
  it('lists and describes work groups and executions', async () => {
    const id = await start('select 1 as one');
    await finished(id);

    expect(
      (await as('gate').send(new ListWorkGroupsCommand({}))).WorkGroups?.map(({ Name }) => Name),
    ).toEqual(['tvt-gate', 'tvt-off', 'tvt-small']);
    expect(
      (await as('gate').send(new GetWorkGroupCommand({ WorkGroup: 'tvt-small' }))).WorkGroup?.Configuration,
    ).toMatchObject({
      EnforceWorkGroupConfiguration: true,
      BytesScannedCutoffPerQuery: 100,
    });
    expect(
      (await as('gate').send(new ListQueryExecutionsCommand({ WorkGroup: 'tvt-gate' }))).QueryExecutionIds,
    ).toContain(id);
    const batch = await as('gate').send(
      new BatchGetQueryExecutionCommand({ QueryExecutionIds: [id, 'nothing'] }),
    );
    expect(batch.QueryExecutions).toHaveLength(1);
    expect(batch.UnprocessedQueryExecutionIds).toHaveLength(1);
  });

  it('stops a running query, which then never succeeds', async () => {
    const id = await start(
      `select count(*) as n from (select n.a from (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) as n (a)) as a
       cross join (select 1 as b from unnest(sequence(1, 100000))) as b cross join (select 1 as c from unnest(sequence(1, 100000))) as c`,
    );
    await as('gate').send(new StopQueryExecutionCommand({ QueryExecutionId: id }));

    expect((await finished(id)).Status).toMatchObject({ State: 'CANCELLED' });
    await expect(as('gate').send(new GetQueryResultsCommand({ QueryExecutionId: id }))).rejects.toThrow(
      /CANCELLED/,
    );
  });

  it('knows its executions after a restart, and closes those nobody runs any more', async () => {
    const id = await start('select 1 as one');
    await finished(id);
    athena = fixture.restart();

    expect((await finished(id)).Status?.State).toBe('SUCCEEDED');
    expect(await rows(id)).toEqual([['one'], ['1']]);
  });

  it('answers 501 for what it does not do', async () => {
    const request = as('gate').send(
      new CreateNamedQueryCommand({ Name: 'x', Database: 'tvt_linked', QueryString: 'select 1' }),
    );

    await expect(request).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
  });

  it('writes every call in the trail, refused ones with their error', async () => {
    fixture.trail.length = 0;
    await start('select 1 as one');
    await start('select 1 as one', {}, 'no-group').catch(() => undefined);

    expect(fixture.trail.filter(({ eventName }) => eventName === 'StartQueryExecution')).toMatchObject([
      {
        eventSource: 'athena.amazonaws.com',
        readOnly: false,
        resources: ['arn:aws:athena:eu-west-2:000000000000:workgroup/tvt-gate'],
      },
      { errorCode: 'AccessDeniedException' },
    ]);
  });
});
