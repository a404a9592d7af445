/** Asks Trino one statement over its REST protocol and spells the answer as text, cell by cell. */
import { z } from 'zod';

export interface TrinoAnswer {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

const pageSchema = z.object({
  nextUri: z.string().optional(),
  columns: z.array(z.object({ name: z.string(), type: z.string() })).optional(),
  data: z.array(z.array(z.unknown())).optional(),
  error: z.object({ message: z.string(), errorName: z.string() }).optional(),
});

export class TrinoError extends Error {
  readonly errorName: string;
  constructor(errorName: string, message: string) {
    super(message);
    this.errorName = errorName;
  }
}

/** Prepared statements travel in headers, so `parameters` are bound by Trino itself: each is a SQL literal. */
export async function askTrino(
  url: string,
  sql: string,
  parameters: readonly string[] = [],
  attempts = 40,
): Promise<TrinoAnswer> {
  const headers: Record<string, string> = {
    'X-Trino-User': 'deep-check',
    'X-Trino-Catalog': 'hive',
    'X-Trino-Schema': 'tvt_linked',
    'X-Trino-Time-Zone': 'UTC',
    // Without it every timestamp is cut to three digits.
    'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
    ...(parameters.length === 0 ? {} : { 'X-Trino-Prepared-Statement': `report=${encodeURIComponent(sql)}` }),
  };
  const body = parameters.length === 0 ? sql : `execute report using ${parameters.join(', ')}`;
  const rows: (readonly (string | null)[])[] = [];
  let columns: readonly { readonly name: string; readonly type: string }[] = [];
  let response = await fetch(`${url}/v1/statement`, { method: 'POST', body, headers });
  for (;;) {
    const page = pageSchema.parse(await response.json());
    if (page.error?.errorName === 'NO_NODES_AVAILABLE' && attempts > 0) {
      // Up, but the node has not yet announced itself to its own coordinator.
      await new Promise((resolve) => setTimeout(resolve, 500));
      return askTrino(url, sql, parameters, attempts - 1);
    }
    if (page.error !== undefined) throw new TrinoError(page.error.errorName, page.error.message);
    columns = page.columns ?? columns;
    for (const row of page.data ?? []) rows.push(row.map(spelt));
    if (page.nextUri === undefined)
      return { columns: columns.map(({ name }) => name), types: columns.map(({ type }) => type), rows };
    response = await fetch(page.nextUri, { headers });
  }
}

/** Reports hold plain values only; anything nested is spelt as JSON, which DuckDB never answers. */
const spelt = (cell: unknown): string | null =>
  cell === null || cell === undefined ? null : typeof cell === 'string' ? cell : JSON.stringify(cell);
