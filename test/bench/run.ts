/** Runs the seeded benchmarks one after another; a name runs one of them. `npm run bench -- [name]` */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const only = process.argv[2];
const benches = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .filter((file) => only === undefined || file === `${only}.ts`);
if (benches.length === 0) {
  console.error(`There is no benchmark "${only ?? ''}".`);
  process.exit(2);
}
for (const bench of benches) {
  console.log(`\n== ${bench.slice(0, -'.ts'.length)}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, bench)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
