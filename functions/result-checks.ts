/** Holds a query's result to the promises written beside its SQL, before disclosure control sees it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Definition } from '../pipeline/agreement/definition.ts';
import { openDuck, sqlText } from '../pipeline/parquet.ts';
import type { GateReason } from '../pipeline/report/gate.ts';
import { sqlFolder } from './environment.ts';
import { withScratch } from './objects.ts';

/** Each broken promise as a reason; sentences are the checks' own and hold no figures. */
export function brokenChecks(
  resultCsv: string,
  report: Definition['report'],
): Promise<readonly GateReason[]> {
  return withScratch(async (folder) => {
    const path = join(folder, 'result.csv');
    await writeFile(path, resultCsv, { mode: 0o600 });
    const columns = report.output.map(({ name, type }) => `${sqlText(name)}: ${sqlText(type)}`).join(', ');
    const checks = await readFile(join(sqlFolder(), 'reports', report.id, 'checks.sql'), 'utf8');
    const duck = await openDuck({ memoryMb: 256, threads: 1, tempDir: folder });
    try {
      await duck.run(
        `create table result as select * from read_csv(${sqlText(path)}, header = true, auto_detect = false,
           delim = ',', quote = '"', escape = '"', columns = {${columns}})`,
      );
      const failures = await duck.rows<{ readonly failure: string }>(checks);
      return failures.map(({ failure }) => ({
        code: 'check-failed',
        sentence: `The result is not whole: ${failure}.`,
      }));
    } finally {
      await duck.close();
    }
  });
}
