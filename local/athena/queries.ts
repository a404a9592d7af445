/** The life of a query: accepted, queued, run as its caller, its result written as its caller. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { DuckDBConnection } from '@duckdb/node-api';

import { ServiceError, type Principal, type StandIn } from '../service.ts';
import type { Catalog, WorkGroup } from './catalog.ts';
import { fetchData, readLocation } from './data.ts';
import { openParser, runStatement } from './engine.ts';
import { makePrivate, type Execution, type ExecutionStore } from './executions.ts';
import { BytesCutoff, QueryFailure } from './failure.ts';
import { readReferences } from './references.ts';
import type { RequestOf } from './requests.ts';
import { writeCsv, writeMetadata } from './result-file.ts';
import { bindParameters, invalidRequest, readExecute, singleStatement } from './statement.ts';

/** Queries that run at once; the rest wait as QUEUED. Two engines of 512 MB fit the memory a newcomer's machine has. */
const RUNNING_AT_ONCE = 2;

export class Queries {
  private readonly standIn: StandIn;
  private readonly catalog: Catalog;
  private readonly store: ExecutionStore;
  private readonly workFolder: string;
  private readonly interrupts = new Map<string, () => void>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private parser: Promise<DuckDBConnection> | null = null;

  constructor(standIn: StandIn, catalog: Catalog, store: ExecutionStore, workFolder: string) {
    this.standIn = standIn;
    this.catalog = catalog;
    this.store = store;
    this.workFolder = workFolder;
  }

  /** Refuses at once what Athena refuses at once; the rest is found out when it runs. */
  async start(
    principal: Principal,
    group: WorkGroup,
    request: RequestOf<'StartQueryExecution'>,
  ): Promise<Execution> {
    const earlier = this.repeated(principal, group, request);
    if (earlier !== null) return earlier;
    const execution = await this.accept(principal, group, request);
    // Between the look-up above and here another call with the same token may have been accepted.
    const raced = this.repeated(principal, group, request);
    if (raced !== null) return raced;
    this.store.add(execution);
    void this.runInTurn(execution.id, principal, group);
    return execution;
  }

  stop(execution: Execution): void {
    this.store.move(execution.id, 'CANCELLED', {
      reason: 'Query cancelled by user',
      completedAt: this.standIn.clock.now().toISOString(),
    });
    this.interrupts.get(execution.id)?.();
  }

  private repeated(
    principal: Principal,
    group: WorkGroup,
    request: RequestOf<'StartQueryExecution'>,
  ): Execution | null {
    if (request.ClientRequestToken === undefined) return null;
    const earlier = this.store.byClientToken(group.name, request.ClientRequestToken, principal.roleName);
    if (earlier === undefined) return null;
    const same =
      earlier.query === request.QueryString &&
      earlier.database === (request.QueryExecutionContext?.Database?.toLowerCase() ?? null) &&
      JSON.stringify(earlier.parameters) === JSON.stringify(request.ExecutionParameters ?? []);
    if (!same) throw invalidRequest('Idempotent parameters do not match');
    return earlier;
  }

  private async accept(
    principal: Principal,
    group: WorkGroup,
    request: RequestOf<'StartQueryExecution'>,
  ): Promise<Execution> {
    const {
      QueryString: query,
      QueryExecutionContext: context,
      ExecutionParameters: parameters = [],
    } = request;
    const catalog = context?.Catalog ?? null;
    if (catalog !== null && catalog.toLowerCase() !== 'awsdatacatalog')
      throw invalidRequest(`Catalog ${catalog} was not found`);
    const sql = this.resolve(principal, group, singleStatement(query), parameters);
    this.parser ??= openParser();
    await readReferences(await this.parser, sql);
    const id = uuid(this.standIn.randomBytes('athena-query-execution', 16));
    return {
      id,
      workGroup: group.name,
      query,
      sql,
      isExecute: readExecute(query) !== null,
      parameters,
      database: context?.Database?.toLowerCase() ?? null,
      catalog,
      outputLocation: `${outputPrefix(group, request)}${id}.csv`,
      encryption: group.encryption,
      clientToken: request.ClientRequestToken ?? null,
      roleName: principal.roleName,
      state: 'QUEUED',
      reason: null,
      errorCategory: null,
      submittedAt: this.standIn.clock.now().toISOString(),
      completedAt: null,
      bytesScanned: 0,
      queuedMs: 0,
      engineMs: 0,
      totalMs: 0,
    };
  }

  private resolve(
    principal: Principal,
    group: WorkGroup,
    query: string,
    parameters: readonly string[],
  ): string {
    const execute = readExecute(query);
    if (execute === null) return bindParameters(query, parameters);
    this.standIn.authoriser.require({
      principal,
      action: 'athena:GetPreparedStatement',
      resource: workGroupArn(this.standIn, group.name),
    });
    const prepared = this.store.getPrepared(group.name, execute.name);
    if (prepared === undefined)
      throw invalidRequest(`PreparedStatement ${execute.name} was not found in workGroup ${group.name}`);
    const given = execute.parameters.length > 0 ? execute.parameters : parameters;
    return bindParameters(singleStatement(prepared.query), given);
  }

  private async runInTurn(id: string, principal: Principal, group: WorkGroup): Promise<void> {
    const queuedAt = performance.now();
    if (this.running >= RUNNING_AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running += 1;
    try {
      const moved = this.store.move(id, 'RUNNING', { queuedMs: Math.round(performance.now() - queuedAt) });
      if (moved !== null) await this.run(moved, principal, group);
    } finally {
      this.running -= 1;
      this.interrupts.delete(id);
      this.waiting.shift()?.();
    }
  }

  private async run(execution: Execution, principal: Principal, group: WorkGroup): Promise<void> {
    const startedAt = performance.now();
    makePrivate(this.workFolder);
    const folder = mkdtempSync(join(this.workFolder, 'query-'));
    let bytesScanned = 0;
    const scanned = (bytes: number): void => void (bytesScanned = bytes);
    const finished = (): Partial<Execution> => ({
      bytesScanned,
      engineMs: Math.round(performance.now() - startedAt),
      totalMs: Math.round(performance.now() - startedAt) + execution.queuedMs,
      completedAt: this.standIn.clock.now().toISOString(),
    });
    try {
      await this.execute(execution, principal, group, folder, scanned);
      // The data is gone before anybody is told that the query is over.
      await rm(folder, { recursive: true, force: true });
      this.store.move(execution.id, 'SUCCEEDED', finished());
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      if (error instanceof BytesCutoff)
        this.store.move(execution.id, 'CANCELLED', { ...finished(), reason: error.message });
      else this.store.move(execution.id, 'FAILED', { ...finished(), ...failureOf(error) });
    }
  }

  private async execute(
    execution: Execution,
    principal: Principal,
    group: WorkGroup,
    folder: string,
    scanned: (bytes: number) => void,
  ): Promise<void> {
    const { standIn, catalog } = this;
    const cancelled = (): boolean => this.store.get(execution.id)?.state === 'CANCELLED';
    this.parser ??= openParser();
    const references = await readReferences(await this.parser, execution.sql);
    const data = await fetchData({
      standIn,
      catalog,
      principal,
      references,
      defaultDatabase: execution.database,
      folder: join(folder, 'data'),
      bytesCutoff: group.bytesCutoff,
      cancelled,
    });
    scanned(data.bytes);
    if (cancelled()) return;
    const result = await runStatement({
      sql: execution.sql,
      catalog,
      tables: data.tables,
      defaultDatabase: execution.database,
      folder,
      onStart: (interrupt) => this.interrupts.set(execution.id, interrupt),
    });
    if (cancelled()) return;
    await this.writeResult(execution, principal, writeCsv(result), writeMetadata(result));
  }

  private async writeResult(
    execution: Execution,
    principal: Principal,
    csv: string,
    metadata: string,
  ): Promise<void> {
    const { bucket, key } = readLocation(execution.outputLocation);
    try {
      await this.standIn.objects.put(
        principal,
        bucket,
        `${key}.metadata`,
        Buffer.from(metadata),
        'application/octet-stream',
      );
      await this.standIn.objects.put(principal, bucket, key, Buffer.from(csv), 'text/csv');
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      throw new QueryFailure(
        `Access denied when writing output to url: ${execution.outputLocation} . Please ensure you are allowed to access the S3 bucket. If you are encrypting query results with KMS key, please ensure you are allowed to access your KMS key`,
      );
    }
  }
}

export const workGroupArn = ({ templates }: StandIn, name: string): string =>
  `arn:aws:athena:${templates.region}:${templates.account}:workgroup/${name}`;

/** The work group's own location where it insists on it, else the caller's. */
function outputPrefix(group: WorkGroup, request: RequestOf<'StartQueryExecution'>): string {
  const asked = request.ResultConfiguration?.OutputLocation;
  const location = group.enforced ? group.outputLocation : (asked ?? group.outputLocation);
  if (location === null) {
    throw invalidRequest(
      'No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.',
    );
  }
  return location.endsWith('/') ? location : `${location}/`;
}

function failureOf(error: unknown): Partial<Execution> {
  if (error instanceof QueryFailure) return { reason: error.message, errorCategory: error.category };
  if (error instanceof ServiceError) return { reason: error.message, errorCategory: 2 };
  // A fault of the stand-in: named by its kind only, since its message might quote data.
  const kind = error instanceof Error ? error.name : 'unknown';
  return { reason: `GENERIC_INTERNAL_ERROR: ${kind}`, errorCategory: 1 };
}

function uuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
