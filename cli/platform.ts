/** The stand-in as a process of its own: synthesise if need be, start, wait until it is ready, stop. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Refused } from './output.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What the templates and the functions' bundles are made from. */
const SOURCES = ['infra', 'functions', 'pipeline', 'linkage', 'contracts', 'sql', 'workflows'];

/** Synthesises the app when anything it is made from is newer than the last synthesis; tells whether it did. */
export async function synthesise(): Promise<boolean> {
  const manifest = join(ROOT, 'cdk.out', 'manifest.json');
  if (existsSync(manifest)) {
    const made = statSync(manifest).mtimeMs;
    if (SOURCES.every((folder) => newest(join(ROOT, folder)) < made)) return false;
  }
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/aws-cdk/bin/cdk'), 'synth', '--quiet'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH ?? ''}` },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const code = await ended(child);
  if (code !== 0) throw new Refused(`The app could not be synthesised:\n${said.trim()}`);
  return true;
}

function newest(path: string): number {
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((latest, name) => Math.max(latest, newest(join(path, name))), found.mtimeMs);
}

export interface RunningPlatform {
  readonly endpoint: string;
  readonly dataDir: string;
  /** Resolves with the exit code when the process ends by itself. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** Starts the stand-in and resolves when it says it is ready. @throws Refused with what it said when it does not. */
export async function startPlatform(options: {
  readonly port: number;
  readonly dataDir: string;
}): Promise<RunningPlatform> {
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'local/main.ts'),
      '--port',
      String(options.port),
      '--data',
      options.dataDir,
      '--templates',
      join(ROOT, 'cdk.out'),
      // Its standard input closes when this process ends, however it ends: no stand-in is left behind on the port.
      '--until-input-ends',
    ],
    { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, TZ: 'UTC' } },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const done = ended(child);
  const endpoint = await Promise.race([
    new Promise<string>((resolve) => {
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString('utf8');
        const ready = /^ready (\S+)$/m.exec(out);
        if (ready?.[1] !== undefined) resolve(ready[1]);
      });
    }),
    done.then((code) => {
      throw new Refused(`The platform ended with code ${code} before it was ready:\n${said.trim()}`);
    }),
  ]);
  return {
    endpoint,
    dataDir: options.dataDir,
    ended: done,
    stop: async () => {
      child.kill('SIGTERM');
      await done;
    },
  };
}

const ended = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });

/** The wanted port if nobody listens there, else one that is free. */
export async function freePort(wanted: number): Promise<number> {
  const tryPort = (port: number): Promise<number | null> =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => {
        resolve(null);
      });
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => {
          resolve(typeof address === 'object' && address !== null ? address.port : null);
        });
      });
    });
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
}
