/** Executions and prepared statements, kept as files so that a restart knows them; the states a query may pass through. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

export const STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export type State = (typeof STATES)[number];

/** From each state to those that may follow; the last three are final. */
export const NEXT: Readonly<Record<State, readonly State[]>> = {
  QUEUED: ['RUNNING', 'FAILED', 'CANCELLED'],
  RUNNING: ['SUCCEEDED', 'FAILED', 'CANCELLED'],
  SUCCEEDED: [],
  FAILED: [],
  CANCELLED: [],
};
export const isFinal = (state: State): boolean => NEXT[state].length === 0;

const executionSchema = z.strictObject({
  id: z.string(),
  workGroup: z.string(),
  /** As sent. */
  query: z.string(),
  /** Parameters bound and EXECUTE resolved. */
  sql: z.string(),
  isExecute: z.boolean(),
  parameters: z.array(z.string()),
  database: z.string().nullable(),
  catalog: z.string().nullable(),
  outputLocation: z.string(),
  encryption: z.record(z.string(), z.unknown()).nullable(),
  clientToken: z.string().nullable(),
  roleName: z.string(),
  state: z.enum(STATES),
  reason: z.string().nullable(),
  errorCategory: z.union([z.literal(1), z.literal(2)]).nullable(),
  submittedAt: z.string(),
  completedAt: z.string().nullable(),
  bytesScanned: z.number(),
  queuedMs: z.number(),
  engineMs: z.number(),
  totalMs: z.number(),
});
export type Execution = z.infer<typeof executionSchema>;

const preparedSchema = z.strictObject({
  workGroup: z.string(),
  name: z.string(),
  query: z.string(),
  description: z.string().nullable(),
  modifiedAt: z.string(),
});
export type Prepared = z.infer<typeof preparedSchema>;

export class ExecutionStore {
  private readonly folder: string;
  private readonly executions = new Map<string, Execution>();
  private readonly prepared = new Map<string, Prepared>();

  /** `now` closes executions a stopped stand-in left open: nobody is running them any more. */
  constructor(folder: string, now: Date) {
    this.folder = folder;
    for (const kind of ['executions', 'prepared']) makePrivate(join(folder, kind));
    for (const execution of readAll(join(folder, 'executions'), executionSchema))
      this.executions.set(execution.id, execution);
    for (const statement of readAll(join(folder, 'prepared'), preparedSchema))
      this.prepared.set(preparedKey(statement), statement);
    for (const execution of this.executions.values()) {
      if (isFinal(execution.state)) continue;
      const reason = 'INTERNAL_ERROR_QUERY_ENGINE: the stand-in stopped while the query ran';
      this.move(execution.id, 'FAILED', { reason, errorCategory: 1, completedAt: now.toISOString() });
    }
  }

  get(id: string): Execution | undefined {
    return this.executions.get(id);
  }
  /** Newest first. */
  ofWorkGroup(workGroup: string): readonly Execution[] {
    return [...this.executions.values()]
      .filter((execution) => execution.workGroup === workGroup)
      .toSorted(
        (one, other) => other.submittedAt.localeCompare(one.submittedAt) || other.id.localeCompare(one.id),
      );
  }
  byClientToken(workGroup: string, token: string, roleName: string): Execution | undefined {
    return this.ofWorkGroup(workGroup).find(
      (execution) => execution.clientToken === token && execution.roleName === roleName,
    );
  }
  add(execution: Execution): void {
    this.save(execution);
  }
  /** Moves on; a state that may not follow is left as it is, so that a stopped query never succeeds afterwards. */
  move(id: string, state: State, change: Partial<Omit<Execution, 'id' | 'state'>> = {}): Execution | null {
    const execution = this.executions.get(id);
    if (execution === undefined || !NEXT[execution.state].includes(state)) return null;
    const moved = { ...execution, ...change, state };
    this.save(moved);
    return moved;
  }

  preparedOf(workGroup: string): readonly Prepared[] {
    return [...this.prepared.values()]
      .filter((statement) => statement.workGroup === workGroup)
      .toSorted((one, other) => one.name.localeCompare(other.name));
  }
  getPrepared(workGroup: string, name: string): Prepared | undefined {
    return this.prepared.get(preparedKey({ workGroup, name }));
  }
  addPrepared(statement: Prepared): void {
    writeWhole(join(this.folder, 'prepared', `${preparedKey(statement)}.json`), statement);
    this.prepared.set(preparedKey(statement), statement);
  }
  removePrepared(workGroup: string, name: string): boolean {
    rmSync(join(this.folder, 'prepared', `${preparedKey({ workGroup, name })}.json`), { force: true });
    return this.prepared.delete(preparedKey({ workGroup, name }));
  }

  private save(execution: Execution): void {
    writeWhole(join(this.folder, 'executions', `${execution.id}.json`), execution);
    this.executions.set(execution.id, execution);
  }
}

const preparedKey = ({ workGroup, name }: Pick<Prepared, 'workGroup' | 'name'>): string =>
  `${encodeURIComponent(workGroup)}@${encodeURIComponent(name)}`;

export function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
}

function readAll<Schema extends z.ZodType>(folder: string, schema: Schema): readonly z.infer<Schema>[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => schema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))));
}

/** Written beside and renamed, so that a kill leaves the old file or the new one. */
function writeWhole(file: string, value: unknown): void {
  writeFileSync(`${file}.part`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${file}.part`, file);
}
