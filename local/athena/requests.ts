/** What each operation accepts: fields outside these are answered with 501, never silently ignored. */
import { z } from 'zod';

const workGroup = z.string().min(1).max(128);
const pageToken = z.string().min(1).max(1024).optional();
const executionId = z.string().min(1).max(128);
const statementName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_@:]{0,255}$/);
const queryString = z.string().min(1).max(262_144);

export const requests = {
  StartQueryExecution: z.strictObject({
    QueryString: queryString,
    ClientRequestToken: z.string().min(32).max(128).optional(),
    QueryExecutionContext: z
      .strictObject({ Database: z.string().optional(), Catalog: z.string().optional() })
      .optional(),
    ResultConfiguration: z
      .strictObject({
        OutputLocation: z.string().optional(),
        EncryptionConfiguration: z.record(z.string(), z.unknown()).optional(),
      })
      .optional(),
    WorkGroup: workGroup.default('primary'),
    ExecutionParameters: z.array(z.string().min(1).max(1024)).optional(),
  }),
  GetQueryExecution: z.strictObject({ QueryExecutionId: executionId }),
  BatchGetQueryExecution: z.strictObject({ QueryExecutionIds: z.array(executionId).min(1).max(50) }),
  StopQueryExecution: z.strictObject({ QueryExecutionId: executionId }),
  ListQueryExecutions: z.strictObject({
    WorkGroup: workGroup.default('primary'),
    MaxResults: z.int().min(0).max(50).default(50),
    NextToken: pageToken,
  }),
  GetQueryResults: z.strictObject({
    QueryExecutionId: executionId,
    MaxResults: z.int().min(1).max(1000).default(1000),
    NextToken: pageToken,
  }),
  GetWorkGroup: z.strictObject({ WorkGroup: workGroup }),
  ListWorkGroups: z.strictObject({ MaxResults: z.int().min(1).max(50).default(50), NextToken: pageToken }),
  CreatePreparedStatement: z.strictObject({
    StatementName: statementName,
    WorkGroup: workGroup,
    QueryStatement: queryString,
    Description: z.string().max(1024).optional(),
  }),
  GetPreparedStatement: z.strictObject({ StatementName: statementName, WorkGroup: workGroup }),
  ListPreparedStatements: z.strictObject({
    WorkGroup: workGroup,
    MaxResults: z.int().min(1).max(50).default(50),
    NextToken: pageToken,
  }),
  DeletePreparedStatement: z.strictObject({ StatementName: statementName, WorkGroup: workGroup }),
} as const;

export type Operation = keyof typeof requests;
export type RequestOf<Name extends Operation> = z.infer<(typeof requests)[Name]>;
export const isOperation = (name: string): name is Operation => Object.hasOwn(requests, name);

/** Operations that change nothing, as CloudTrail marks them. */
export const isReadOnly = (operation: Operation): boolean => /^(?:Get|List|BatchGet)/.test(operation);
