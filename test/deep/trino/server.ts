/** Starts a one-node Trino on loopback over a folder of Parquet, and stops it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import type { Installation } from './install.ts';

export interface TrinoServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** `work` is a fresh folder; `data` is what `local:///` means to Trino. Throws when it does not come up in time. */
export async function startTrino(
  at: Installation,
  work: string,
  data: string,
  timeoutSeconds = 180,
): Promise<TrinoServer> {
  const port = await freePort();
  const etc = writeConfiguration(at, work, data, port);
  const log = openSync(join(work, 'server.log'), 'a');
  const server = spawn(at.java, javaArguments(at, etc, work), { cwd: work, stdio: ['ignore', log, log] });
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilUp(url, server, timeoutSeconds);
  } catch (error) {
    await stop(server);
    throw error;
  }
  return { url, stop: () => stop(server) };
}

function writeConfiguration(at: Installation, work: string, data: string, port: number): string {
  const etc = join(work, 'etc');
  mkdirSync(join(etc, 'catalog'), { recursive: true });
  const write = (file: string, settings: Readonly<Record<string, string | number | boolean>>): void =>
    writeFileSync(
      join(etc, file),
      Object.entries(settings)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
  write('config.properties', {
    coordinator: true,
    'node-scheduler.include-coordinator': true,
    'http-server.http.port': port,
    'discovery.uri': `http://127.0.0.1:${port}`,
    'plugin.dir': at.plugins,
    'catalog.config-dir': join(etc, 'catalog'),
    'query.max-memory': '1GB',
    'query.max-memory-per-node': '1GB',
    'memory.heap-headroom-per-node': '400MB',
  });
  write('log.properties', { 'io.trino': 'WARN', 'io.airlift': 'WARN' });
  write('catalog/hive.properties', {
    'connector.name': 'hive',
    'hive.metastore': 'file',
    'hive.metastore.catalog.dir': 'local:///metastore',
    'hive.metastore.disable-location-checks': true,
    'fs.native-local.enabled': true,
    'local.location': data,
    'hive.partition-projection-enabled': true,
    // Athena answers no rows for a month that has no folder; Trino would fail.
    'hive.ignore-absent-partitions': true,
    'hive.parquet.time-zone': 'UTC',
    'hive.security': 'allow-all',
  });
  return etc;
}

function javaArguments(at: Installation, etc: string, work: string): readonly string[] {
  const modules = spawnSync(at.java, ['--list-modules'], { encoding: 'utf8' }).stdout;
  return [
    '-Xmx2G',
    '-XX:ReservedCodeCacheSize=256M',
    '-XX:TieredStopAtLevel=1',
    '-Djdk.attach.allowAttachSelf=true',
    '--enable-native-access=ALL-UNNAMED',
    ...(modules.includes('jdk.incubator.vector') ? ['--add-modules=jdk.incubator.vector'] : []),
    `-Dconfig=${join(etc, 'config.properties')}`,
    `-Dlog.levels-file=${join(etc, 'log.properties')}`,
    '-Dnode.id=one',
    '-Dnode.environment=deep',
    `-Dnode.data-dir=${join(work, 'var')}`,
    '-Dnode.internal-address=127.0.0.1',
    '-Dnode.bind-ip=127.0.0.1',
    '-cp',
    join(at.serverLibrary, '*'),
    'io.trino.server.TrinoServer',
  ];
}

async function untilUp(url: string, server: ChildProcess, timeoutSeconds: number): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  while (Date.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`Trino ended with code ${server.exitCode}`);
    const info = await fetch(`${url}/v1/info`).then(
      (response) => response.json(),
      () => null,
    );
    if (typeof info === 'object' && info !== null && 'starting' in info && info.starting === false) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`Trino did not come up within ${timeoutSeconds} s`);
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  server.kill('SIGTERM');
  const kill = setTimeout(() => server.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(kill);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
