/**
 * How long it takes to protect and to audit a hierarchical table, and how that grows: small areas in districts beside five
 * ages, a quarter of all cells unsafe. Each size runs in its own process, for its own memory. `node test/bench/protect.ts`
 */
import { spawnSync } from 'node:child_process';
import { audit, isProtected } from '../../pipeline/release/suppression/audit.ts';
import { suppress } from '../../pipeline/release/suppression/suppress.ts';
import {
  readTableDocument,
  type SuppressionTable,
} from '../../pipeline/release/suppression/table-document.ts';
import { seeded } from '../property/mutations.ts';

/** Areas, districts, partners. */
const SIZES = [
  [300, 18, 0],
  [1400, 16, 0],
  [1400, 16, 3],
  [4000, 40, 0],
  [8300, 60, 0],
] as const;
const AGES = ['0-9', '10-17', '18-24', '25-64', '65+'];
/** As `tvt protect` sets them. */
const SMALL_MEMORY = ['--liftoff-only', '--semi-space-growth-factor=1'];

const [areas, districts, partners] = process.argv.slice(2).map(Number);
if (areas === undefined || districts === undefined || partners === undefined) {
  console.log('   cells  partners  unsafe  withheld  protect s  audit s  memory MB');
  for (const size of SIZES) {
    const given = [...SMALL_MEMORY, import.meta.filename, ...size.map(String)];
    const { status } = spawnSync(process.execPath, given, { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
} else await measure(areas, districts, partners);

async function measure(areas: number, districts: number, partners: number): Promise<void> {
  const table = seededTable(areas, districts, partners);
  const begun = performance.now();
  const suppressed = await suppress(table, { optimum: false, secondsLeft: () => Infinity });
  if (!suppressed.ok) throw new Error('there is always a safe table');
  const between = performance.now();
  const judged = await audit(table, suppressed.withheld);
  const ended = performance.now();
  if (!judged.ok || judged.intervals.some((one) => table.primary.has(one.cell) && !isProtected(table, one)))
    throw new Error('the table is not protected');
  const figures = [
    [table.cells.length, 8],
    [partners, 10],
    [table.primary.size, 8],
    [suppressed.withheld.size, 10],
    [((between - begun) / 1000).toFixed(1), 11],
    [((ended - between) / 1000).toFixed(1), 9],
    [(process.resourceUsage().maxRSS / 1024).toFixed(0), 11],
  ] as const;
  console.log(figures.map(([figure, width]) => String(figure).padStart(width)).join(''));
}

function seededTable(areas: number, districts: number, partners: number): SuppressionTable {
  const random = seeded(6);
  const children: Record<string, string[]> = {
    all: Array.from({ length: districts }, (_, at) => `district ${at}`),
  };
  const cells = Array.from({ length: areas }, (_, area) => {
    (children[`district ${area % districts}`] ??= []).push(`area ${area}`);
    return AGES.map((age) => {
      const value = random() < 0.1 ? 0 : Math.floor(-Math.log(1 - random()) * 22 * (0.3 + random()));
      const by: Record<string, number> = {};
      for (let partner = 0, left = value; partner < partners; partner += 1) {
        const own = partner === partners - 1 ? left : Math.floor(random() * (left + 1));
        by[`partner ${partner}`] = own;
        left -= own;
      }
      return { cell: [`area ${area}`, age], value, ...(partners > 0 ? { by } : {}) };
    });
  }).flat();
  const read = readTableDocument({
    dims: [
      { root: 'all', children },
      { root: 'any', children: { any: AGES } },
    ],
    cells,
  });
  if (!read.ok) throw new Error(read.sentence);
  return read.table;
}
