#!/usr/bin/env node
// Starts the command line on the pinned Node 24, whichever Node found this file.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('tvt.ts', import.meta.url));
if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(program);
} else {
  const pinned = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(pinned)) {
    console.error('Node 24 is missing: run `npm ci` in the project first.');
    process.exit(2);
  }
  const child = spawn(pinned, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; what ends this process alone is handed on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (status) => process.exit(status ?? 1));
}
