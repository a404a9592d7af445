/** Local Athena: AWS's wire protocol over DuckDB, every call and every byte judged by the caller's own rights. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import {
  ServiceError,
  type Call,
  type Principal,
  type Reply,
  type Service,
  type StandIn,
} from '../service.ts';
import {
  describeExecution,
  describePrepared,
  describeResults,
  describeWorkGroup,
  summariseWorkGroup,
} from './answers.ts';
import { readCatalog, type Catalog, type WorkGroup } from './catalog.ts';
import { readLocation } from './data.ts';
import { ExecutionStore, isFinal, makePrivate, type Execution, type Prepared } from './executions.ts';
import { pageOf } from './pages.ts';
import { Queries, workGroupArn } from './queries.ts';
import { isOperation, isReadOnly, requests, type Operation, type RequestOf } from './requests.ts';
import { readCsv, readMetadata } from './result-file.ts';
import { invalidRequest } from './statement.ts';

type Answer = Readonly<Record<string, unknown>>;
interface Context {
  readonly standIn: StandIn;
  readonly catalog: Catalog;
  readonly store: ExecutionStore;
  readonly queries: Queries;
}
interface Served {
  readonly answer: Answer;
  /** ARNs for the trail. */
  readonly resources: readonly string[];
}

/** Larger than any request Athena takes: a query string of 262,144 bytes and its parameters. */
const MAXIMUM_BODY = 1_048_576;

export function createAthena(standIn: StandIn): Service {
  const folder = join(standIn.dataDir, 'athena');
  makePrivate(folder);
  const workFolder = join(folder, 'work');
  // What a killed stand-in left of a query's data.
  rmSync(workFolder, { recursive: true, force: true });
  const catalog = readCatalog(standIn.templates);
  const store = new ExecutionStore(folder, standIn.clock.now());
  const context: Context = {
    standIn,
    catalog,
    store,
    queries: new Queries(standIn, catalog, store, workFolder),
  };
  return { name: 'athena', handle: (call) => handle(context, call) };
}

async function handle(context: Context, call: Call): Promise<Reply> {
  const operation = (call.headers['x-amz-target'] ?? '').replace(/^AmazonAthena\./, '');
  if (!isOperation(operation))
    throw new ServiceError(501, 'NotImplemented', `The stand-in does not do athena:${operation}.`);
  try {
    const body: unknown = await readBody(call.body);
    const { answer, resources } = await serve(context, operation, call.principal, body);
    writeTrail(context, call, operation, resources);
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(answer),
    };
  } catch (error) {
    writeTrail(
      context,
      call,
      operation,
      [],
      error instanceof ServiceError ? error.code : 'InternalServerException',
    );
    throw error;
  }
}

function writeTrail(
  context: Context,
  call: Call,
  operation: Operation,
  resources: readonly string[],
  errorCode?: string,
): void {
  context.standIn.trail.write({
    eventTime: context.standIn.clock.now().toISOString(),
    eventSource: 'athena.amazonaws.com',
    eventName: operation,
    userArn: call.principal.arn,
    resources,
    readOnly: isReadOnly(operation),
    ...(errorCode === undefined ? {} : { errorCode }),
    requestId: call.requestId,
  });
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAXIMUM_BODY) throw invalidRequest('The request is too large.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
  } catch {
    throw new ServiceError(400, 'SerializationException', 'The body is not JSON.');
  }
}

/** Unknown fields are not ignored: the stand-in says that it does not do them. */
function parse<Name extends Operation>(operation: Name, body: unknown): RequestOf<Name> {
  const parsed = requests[operation].safeParse(body);
  // The map from operation to schema is one to one; TypeScript does not follow it through the index.
  if (parsed.success) return parsed.data as RequestOf<Name>;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    throw new ServiceError(
      501,
      'NotImplemented',
      `The stand-in does not do ${operation} with ${issue.keys.join(', ')}.`,
    );
  }
  throw invalidRequest(`1 validation error detected: ${where}: ${issue?.message ?? 'not valid'}`);
}

async function serve(
  context: Context,
  operation: Operation,
  principal: Principal,
  body: unknown,
): Promise<Served> {
  switch (operation) {
    case 'StartQueryExecution':
      return startQuery(context, principal, parse(operation, body));
    case 'GetQueryExecution': {
      const execution = findExecution(context, principal, operation, parse(operation, body).QueryExecutionId);
      return served(context, execution.workGroup, { QueryExecution: describeExecution(execution) });
    }
    case 'BatchGetQueryExecution':
      return batchGet(context, principal, parse(operation, body));
    case 'StopQueryExecution': {
      const execution = findExecution(context, principal, operation, parse(operation, body).QueryExecutionId);
      if (!isFinal(execution.state)) context.queries.stop(execution);
      return served(context, execution.workGroup, {});
    }
    case 'ListQueryExecutions':
      return listExecutions(context, principal, parse(operation, body));
    case 'GetQueryResults':
      return getResults(context, principal, parse(operation, body));
    case 'GetWorkGroup': {
      const group = findWorkGroup(context, principal, operation, parse(operation, body).WorkGroup);
      return served(context, group.name, { WorkGroup: describeWorkGroup(group) });
    }
    case 'ListWorkGroups':
      return listWorkGroups(context, principal, parse(operation, body));
    case 'CreatePreparedStatement':
      return createPrepared(context, principal, parse(operation, body));
    case 'GetPreparedStatement': {
      const request = parse(operation, body);
      const group = findWorkGroup(context, principal, operation, request.WorkGroup);
      return served(context, group.name, {
        PreparedStatement: describePrepared(findPrepared(context, group, request.StatementName)),
      });
    }
    case 'ListPreparedStatements':
      return listPrepared(context, principal, parse(operation, body));
    case 'DeletePreparedStatement': {
      const request = parse(operation, body);
      const group = findWorkGroup(context, principal, operation, request.WorkGroup);
      findPrepared(context, group, request.StatementName);
      context.store.removePrepared(group.name, request.StatementName);
      return served(context, group.name, {});
    }
  }
}

const served = ({ standIn }: Context, group: string, answer: Answer): Served => ({
  answer,
  resources: [workGroupArn(standIn, group)],
});

/** The right comes before the fact: who may not ask is not told whether the work group exists. */
function findWorkGroup(
  { standIn, catalog }: Context,
  principal: Principal,
  operation: Operation,
  name: string,
): WorkGroup {
  standIn.authoriser.require({
    principal,
    action: `athena:${operation}`,
    resource: workGroupArn(standIn, name),
  });
  const group = catalog.workGroups.get(name);
  if (group === undefined) throw invalidRequest(`WorkGroup ${name} is not found.`);
  return group;
}

function findExecution(context: Context, principal: Principal, operation: Operation, id: string): Execution {
  const execution = context.store.get(id);
  if (execution === undefined) throw invalidRequest(`QueryExecution ${id} was not found`);
  findWorkGroup(context, principal, operation, execution.workGroup);
  return execution;
}

function findPrepared({ store }: Context, group: WorkGroup, name: string): Prepared {
  const statement = store.getPrepared(group.name, name);
  if (statement !== undefined) return statement;
  throw new ServiceError(
    400,
    'ResourceNotFoundException',
    `PreparedStatement ${name} was not found in workGroup ${group.name}`,
  );
}

async function startQuery(
  context: Context,
  principal: Principal,
  request: RequestOf<'StartQueryExecution'>,
): Promise<Served> {
  const group = findWorkGroup(context, principal, 'StartQueryExecution', request.WorkGroup);
  if (!group.enabled) throw invalidRequest(`WorkGroup ${group.name} is disabled.`);
  const execution = await context.queries.start(principal, group, request);
  return served(context, group.name, { QueryExecutionId: execution.id });
}

function batchGet(
  context: Context,
  principal: Principal,
  request: RequestOf<'BatchGetQueryExecution'>,
): Served {
  const found = request.QueryExecutionIds.flatMap((id) => context.store.get(id) ?? []);
  for (const { workGroup } of found) findWorkGroup(context, principal, 'BatchGetQueryExecution', workGroup);
  const missing = request.QueryExecutionIds.filter((id) => context.store.get(id) === undefined);
  return {
    answer: {
      QueryExecutions: found.map(describeExecution),
      UnprocessedQueryExecutionIds: missing.map((id) => ({
        QueryExecutionId: id,
        ErrorCode: 'InvalidRequestException',
        ErrorMessage: `QueryExecution ${id} was not found`,
      })),
    },
    resources: [...new Set(found.map(({ workGroup }) => workGroupArn(context.standIn, workGroup)))],
  };
}

function listExecutions(
  context: Context,
  principal: Principal,
  request: RequestOf<'ListQueryExecutions'>,
): Served {
  const group = findWorkGroup(context, principal, 'ListQueryExecutions', request.WorkGroup);
  const ids = context.store.ofWorkGroup(group.name).map(({ id }) => id);
  const page = pageOf(`executions:${group.name}`, ids, request.MaxResults || 50, request.NextToken);
  return served(context, group.name, { QueryExecutionIds: page.items, ...nextToken(page.next) });
}

/** Results are read from S3 with the caller's own rights, as in AWS. */
async function getResults(
  context: Context,
  principal: Principal,
  request: RequestOf<'GetQueryResults'>,
): Promise<Served> {
  const execution = findExecution(context, principal, 'GetQueryResults', request.QueryExecutionId);
  if (!isFinal(execution.state))
    throw invalidRequest(`Query has not yet finished. Current state: ${execution.state}`);
  if (execution.state !== 'SUCCEEDED')
    throw invalidRequest(`Query did not finish successfully. Final query state: ${execution.state}`);
  const { bucket, key } = readLocation(execution.outputLocation);
  const read = async (name: string): Promise<string> => {
    try {
      return Buffer.from((await context.standIn.objects.get(principal, bucket, name)).body).toString('utf8');
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.status === 403)
        throw new ServiceError(
          403,
          'AccessDeniedException',
          `You do not have access to ${execution.outputLocation}`,
        );
      throw invalidRequest(`Could not find results at ${execution.outputLocation}`);
    }
  };
  const columns = readMetadata(await read(`${key}.metadata`));
  const page = pageOf(
    `results:${execution.id}`,
    readCsv(await read(key)),
    request.MaxResults,
    request.NextToken,
  );
  return served(context, execution.workGroup, describeResults(columns, page.items, page.next));
}

function listWorkGroups(
  context: Context,
  principal: Principal,
  request: RequestOf<'ListWorkGroups'>,
): Served {
  context.standIn.authoriser.require({ principal, action: 'athena:ListWorkGroups', resource: '*' });
  const groups = [...context.catalog.workGroups.values()].toSorted((one, other) =>
    one.name.localeCompare(other.name),
  );
  const page = pageOf('work-groups', groups, request.MaxResults, request.NextToken);
  return {
    answer: { WorkGroups: page.items.map(summariseWorkGroup), ...nextToken(page.next) },
    resources: [],
  };
}

function createPrepared(
  context: Context,
  principal: Principal,
  request: RequestOf<'CreatePreparedStatement'>,
): Served {
  const group = findWorkGroup(context, principal, 'CreatePreparedStatement', request.WorkGroup);
  if (context.store.getPrepared(group.name, request.StatementName) !== undefined) {
    throw invalidRequest(
      `PreparedStatement ${request.StatementName} already exists in WorkGroup ${group.name}`,
    );
  }
  context.store.addPrepared({
    workGroup: group.name,
    name: request.StatementName,
    query: request.QueryStatement,
    description: request.Description ?? null,
    modifiedAt: context.standIn.clock.now().toISOString(),
  });
  return served(context, group.name, {});
}

function listPrepared(
  context: Context,
  principal: Principal,
  request: RequestOf<'ListPreparedStatements'>,
): Served {
  const group = findWorkGroup(context, principal, 'ListPreparedStatements', request.WorkGroup);
  const statements = context.store.preparedOf(group.name).map(({ name, modifiedAt }) => ({
    StatementName: name,
    LastModifiedTime: Date.parse(modifiedAt) / 1000,
  }));
  const page = pageOf(`prepared:${group.name}`, statements, request.MaxResults, request.NextToken);
  return served(context, group.name, { PreparedStatements: page.items, ...nextToken(page.next) });
}

const nextToken = (next: string | null): Answer => (next === null ? {} : { NextToken: next });
