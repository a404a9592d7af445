/** Bundles every function with esbuild, once, into build/functions/<name>/: its code, and the declared truth it reads. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import type { FunctionPlan } from './function-list.ts';

const BUILD_FOLDER = 'build/functions';
/** Rooms of which a function reads files at run time. */
const DECLARED_ROOMS = ['contracts', 'sql'];
/** Pictures of the synthetic valley's making; no function reads them. */
const NOT_DEPLOYED = new Set(['contracts/reference/crimes-2018-06.csv']);

// The Lambda runtime brings the SDK; DuckDB's native code comes in a layer.
const EXTERNAL = ['@aws-sdk/*', '@smithy/*', '@duckdb/node-bindings', '@duckdb/node-bindings-*'];
// CommonJS packages inside an ES module look for these three.
const BANNER = [
  "import { createRequire as createRequireForBundle } from 'node:module';",
  'const require = createRequireForBundle(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');

/** Files a package looks for beside its own code; the bundle is that code now. */
const COMPANIONS: Readonly<Record<string, string>> = {
  'node_modules/highs/build/highs.mjs': 'node_modules/highs/build/highs.wasm',
};

export interface Bundled {
  /** Folder of the function's asset. */
  readonly folder: string;
}

/** @throws Error when a function has no source file, or uses DuckDB without the layer (or the other way round). */
export function bundleFunctions(plans: readonly FunctionPlan[], root: string): ReadonlyMap<string, Bundled> {
  const source = (name: string): string => `functions/${name}.ts`;
  const missing = plans.filter(({ name }) => !existsSync(join(root, source(name))));
  if (missing.length > 0)
    throw new Error(
      `These functions are listed but not written: ${missing.map(({ name }) => source(name)).join(', ')}.`,
    );

  const build = resolve(root, BUILD_FOLDER);
  rmSync(build, { recursive: true, force: true });
  const { metafile } = buildSync({
    absWorkingDir: resolve(root),
    entryPoints: Object.fromEntries(plans.map(({ name }) => [`${name}/index`, source(name)])),
    outdir: build,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    external: EXTERNAL,
    banner: { js: BANNER },
    // Legible on purpose: a stack trace names a line a person can read, in the cloud and on a laptop alike.
    minify: false,
    sourcemap: false,
    legalComments: 'none',
    logLevel: 'error',
    metafile: true,
  });

  for (const plan of plans) {
    const output = metafile.outputs[`${BUILD_FOLDER}/${plan.name}/index.mjs`];
    const native = output?.imports.some(({ path }) => path.startsWith('@duckdb/node-bindings')) ?? false;
    refuseLayerMismatch(plan, native);
    for (const [code, companion] of Object.entries(COMPANIONS))
      if (Object.keys(output?.inputs ?? {}).some((input) => input.endsWith(code)))
        cpSync(join(root, companion), join(build, plan.name, basename(companion)));
    for (const room of DECLARED_ROOMS)
      cpSync(join(root, room), join(build, plan.name, room), {
        recursive: true,
        filter: (path) => !NOT_DEPLOYED.has(path.slice(root.length).replaceAll('\\', '/').replace(/^\//, '')),
      });
  }
  return new Map(plans.map(({ name }) => [name, { folder: join(build, name) }]));
}

function refuseLayerMismatch(plan: FunctionPlan, usesDuckdb: boolean): void {
  if (usesDuckdb === plan.duckdb) return;
  const fault = usesDuckdb
    ? 'uses DuckDB but is listed without its layer, so it would fail when first called'
    : 'is listed with the DuckDB layer but does not use it';
  throw new Error(`The function ${plan.name} ${fault} (infra/function-list.ts).`);
}
