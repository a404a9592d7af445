/** Spells executions, results, work groups and prepared statements as Athena's API does. */
import type { WorkGroup } from './catalog.ts';
import type { Execution, Prepared } from './executions.ts';
import type { ResultColumn } from './values.ts';

const ENGINE = { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: 'Athena engine version 3' } as const;

/** AWS JSON spells a moment as seconds since 1970. */
const seconds = (iso: string): number => Date.parse(iso) / 1000;

export function describeExecution(execution: Execution): Readonly<Record<string, unknown>> {
  const { completedAt, reason, errorCategory } = execution;
  return {
    QueryExecutionId: execution.id,
    Query: execution.query,
    StatementType: 'DML',
    SubstatementType: execution.isExecute ? 'EXECUTE' : 'SELECT',
    ResultConfiguration: {
      OutputLocation: execution.outputLocation,
      ...(execution.encryption === null ? {} : { EncryptionConfiguration: execution.encryption }),
    },
    QueryExecutionContext: {
      ...(execution.database === null ? {} : { Database: execution.database }),
      ...(execution.catalog === null ? {} : { Catalog: execution.catalog }),
    },
    Status: {
      State: execution.state,
      SubmissionDateTime: seconds(execution.submittedAt),
      ...(completedAt === null ? {} : { CompletionDateTime: seconds(completedAt) }),
      ...(reason === null ? {} : { StateChangeReason: reason }),
      ...(errorCategory === null
        ? {}
        : { AthenaError: { ErrorCategory: errorCategory, Retryable: false, ErrorMessage: reason } }),
    },
    Statistics: {
      DataScannedInBytes: execution.bytesScanned,
      EngineExecutionTimeInMillis: execution.engineMs,
      QueryQueueTimeInMillis: execution.queuedMs,
      TotalExecutionTimeInMillis: execution.totalMs,
    },
    WorkGroup: execution.workGroup,
    EngineVersion: ENGINE,
    ...(execution.parameters.length === 0 ? {} : { ExecutionParameters: execution.parameters }),
  };
}

export function describeResults(
  columns: readonly ResultColumn[],
  rows: readonly (readonly (string | null)[])[],
  next: string | null,
): Readonly<Record<string, unknown>> {
  return {
    UpdateCount: 0,
    ResultSet: {
      Rows: rows.map((row) => ({
        Data: row.map((value) => (value === null ? {} : { VarCharValue: value })),
      })),
      ResultSetMetadata: {
        ColumnInfo: columns.map(({ name, type }) => ({
          CatalogName: 'hive',
          SchemaName: '',
          TableName: '',
          Name: name,
          Label: name,
          Type: type,
          Precision: PRECISION[type] ?? 0,
          Scale: 0,
          Nullable: 'UNKNOWN',
          CaseSensitive: type === 'varchar',
        })),
      },
    },
    ...(next === null ? {} : { NextToken: next }),
  };
}
const PRECISION: Readonly<Record<string, number>> = {
  varchar: 2_147_483_647,
  integer: 10,
  bigint: 19,
  double: 17,
};

export function describeWorkGroup(group: WorkGroup): Readonly<Record<string, unknown>> {
  return {
    Name: group.name,
    State: group.enabled ? 'ENABLED' : 'DISABLED',
    ...(group.description === null ? {} : { Description: group.description }),
    Configuration: {
      EnforceWorkGroupConfiguration: group.enforced,
      PublishCloudWatchMetricsEnabled: false,
      ...(group.bytesCutoff === null ? {} : { BytesScannedCutoffPerQuery: group.bytesCutoff }),
      ResultConfiguration: {
        ...(group.outputLocation === null ? {} : { OutputLocation: group.outputLocation }),
        ...(group.encryption === null ? {} : { EncryptionConfiguration: group.encryption }),
      },
      EngineVersion: ENGINE,
    },
  };
}

export const summariseWorkGroup = (group: WorkGroup): Readonly<Record<string, unknown>> => ({
  Name: group.name,
  State: group.enabled ? 'ENABLED' : 'DISABLED',
  ...(group.description === null ? {} : { Description: group.description }),
  EngineVersion: ENGINE,
});

export const describePrepared = (statement: Prepared): Readonly<Record<string, unknown>> => ({
  StatementName: statement.name,
  WorkGroupName: statement.workGroup,
  QueryStatement: statement.query,
  LastModifiedTime: seconds(statement.modifiedAt),
  ...(statement.description === null ? {} : { Description: statement.description }),
});
