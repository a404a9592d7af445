/**
 * Deep check: every kind of page the platform makes, opened in a real browser: report pages, receipts (accepted and
 * quarantined), help pages. axe-core finds nothing at WCAG 2.2 AA, in a wide and a narrow window; nothing is loaded from
 * elsewhere; nothing scrolls sideways at 320 pixels. Prints PASS, FAIL or NOT RUN; ends with 0, 1 or 3.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser } from 'playwright-core';
import { badFile } from '../../cli/synth-data/bad-files.ts';
import { loadContracts } from '../../pipeline/contract/load.ts';
import { templateOf } from '../../pipeline/landing/template.ts';
import { bucketNames, keys } from '../../pipeline/zones.ts';
import { prepareValley } from '../platform/crash.ts';
import { keysUnder, REPORT_A, REPORT_B, startPlatform, textOf, zoneOf } from '../platform/platform.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** WCAG 1.4.10: content is read without scrolling sideways down to 320 CSS pixels. */
const WIDTHS = [1280, 320] as const;
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

interface Page {
  readonly name: string;
  readonly html: string;
}

async function main(): Promise<number> {
  const executablePath = findBrowser();
  if (executablePath === null) return say(3, 'NOT RUN', `none of ${PROGRAMS.join(', ')} is installed`);
  const pages = [...(await platformPages()), ...helpPages()];
  const folder = await mkdtemp(join(tmpdir(), 'tvt-pages-'));
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const version = browser.version();
    let failed = 0;
    for (const page of pages) {
      const findings = await judge(browser, page, folder);
      if (findings.length > 0) failed++;
      for (const finding of findings) console.log(`  ${page.name}: ${finding}`);
    }
    return failed === 0
      ? say(0, 'PASS', `${pages.length} pages, Chromium ${version}`)
      : say(1, 'FAIL', `${failed} of ${pages.length} pages`);
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function say(code: number, verdict: 'PASS' | 'FAIL' | 'NOT RUN', reason: string): number {
  console.log(`pages: ${verdict} (${reason})`);
  return code;
}

function findBrowser(): string | null {
  const named = process.env['CHROMIUM'];
  const candidates = [...(named === undefined ? [] : [named]), ...PROGRAMS];
  return candidates.map(pathOf).find((path) => path !== '') ?? null;
}
const pathOf = (program: string): string => spawnSync('which', [program], { encoding: 'utf8' }).stdout.trim();

/** What a run over a small valley and a file with mistakes leave on the partners' shelves. */
async function platformPages(): Promise<readonly Page[]> {
  const dataDir = await prepareValley();
  const platform = await startPlatform({ dataDir });
  try {
    const today = platform.standIn.clock.now().toISOString().slice(0, 10);
    for (const fault of ['wrong-dates', 'missing-column'] as const) {
      const bad = badFile({ partner: OXON, feed: CHILDREN, fault, seed: 7, until: today });
      await platform.upload(
        'oxon-uploader',
        { feed: CHILDREN, kind: 'full', rows: bad.rows },
        { text: bad.text },
      );
    }
    await platform.run('pages');
    const uploader = platform.as('oxon-uploader').s3;
    const landing = bucketNames.landing(OXON, '000000000000');
    const receipts = (await keysUnder(uploader, landing, keys.landing.receipts)).filter((key) =>
      key.endsWith('.html'),
    );
    const pages: Page[] = [];
    for (const key of receipts)
      pages.push({ name: `receipt ${pages.length + 1}`, html: await textOf(uploader, landing, key) });
    for (const report of [REPORT_A, REPORT_B]) {
      const { releaseId } = await platform.release(report, `pages-${report}`);
      const key = keys.reports.pack(OXON, report, releaseId, 'index.html');
      pages.push({
        name: report,
        html: await textOf(platform.as('oxon-analyst').s3, zoneOf('reports'), key),
      });
    }
    return pages;
  } finally {
    await platform.stop();
  }
}
const OXON = 'oxfordshire-county-council';
const CHILDREN = 'social-care-children';

function helpPages(): readonly Page[] {
  const { partners, feeds } = loadContracts(new URL('../../contracts', import.meta.url).pathname);
  return [...partners.values()].flatMap((partner) =>
    partner.feeds.flatMap((share) => {
      const contract = feeds.get(share.feed);
      return contract === undefined
        ? []
        : [{ name: `help for ${share.feed} of ${partner.id}`, html: templateOf(contract, share).html }];
    }),
  );
}

async function judge(browser: Browser, { name, html }: Page, folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name.replace(/[^a-z0-9]+/gi, '-')}.html`);
  await writeFile(path, html);
  const findings: string[] = [];
  for (const width of WIDTHS) {
    // The page's own policy forbids every script, ours too; what it loads is counted without the bypass.
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      bypassCSP: width === WIDTHS[0],
    });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => {
      if (message.type() === 'error') findings.push(`at ${width}: console: ${message.text()}`);
    });
    await page.goto(pathToFileURL(path).href);
    const elsewhere = asked.slice(1).filter((url) => !url.startsWith('data:'));
    for (const url of elsewhere) findings.push(`loads ${url}`);
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    if (Number(wide) > width) findings.push(`at ${width}: scrolls sideways, to ${String(wide)}`);
    if (width === WIDTHS[0]) findings.push(...(await violations(page)));
    await context.close();
  }
  return findings;
}

async function violations(page: Awaited<ReturnType<Browser['newPage']>>): Promise<readonly string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(axe);
  const run = `axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`;
  const results = await page.evaluate<AxeResults>(run);
  // A page on which axe tried nothing has not passed.
  if (results.passes.length === 0) return ['axe: no rule was tried'];
  return results.violations.map(
    ({ id, help, nodes }) => `axe: ${id}: ${help} (${nodes.length}: ${nodes[0]?.target.join(' ') ?? ''})`,
  );
}

process.exitCode = await main();
