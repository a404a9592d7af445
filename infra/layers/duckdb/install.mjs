/** Lays DuckDB's native code for Lambda's arm64 in build/layers/duckdb, whatever machine this runs on; run after npm ci. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
// Lambda unpacks a layer to /opt and looks for packages in /opt/nodejs/node_modules.
const target = resolve(here, '../../../build/layers/duckdb/nodejs');
const lock = 'package-lock.json';
const installedLock = join(target, lock);
const native = join(target, 'node_modules/@duckdb/node-bindings-linux-arm64/duckdb.node');

const upToDate =
  existsSync(native) && readFileSync(installedLock, 'utf8') === readFileSync(join(here, lock), 'utf8');
if (!upToDate) {
  mkdirSync(target, { recursive: true });
  for (const file of ['package.json', lock]) cpSync(join(here, file), join(target, file));
  execFileSync(
    'npm',
    [
      'ci',
      '--os=linux',
      '--cpu=arm64',
      '--libc=glibc',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ],
    // npm hands its own settings down (npm_config_omit and the like); this install is a separate one.
    {
      cwd: target,
      stdio: 'inherit',
      shell: process.platform === 'win32',
      env: withoutNpmSettings(process.env),
    },
  );
}

function withoutNpmSettings(environment) {
  const handedDown =
    /^npm_(?:config_(?:omit|include|local_prefix|prefix|global)|package_|lifecycle_|command)/i;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !handedDown.test(name)));
}
