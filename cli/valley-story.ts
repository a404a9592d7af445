/** The valley's story, played through the platform's front doors: agree, upload, run, release; what came of it is told. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, localPlatform, type Connection } from './connection.ts';
import { decide, propose, publishRegister } from './commands/agreement.ts';
import { receipts, type Receipt } from './commands/receipts.ts';
import { release, type ReleaseOutcome } from './commands/release.ts';
import { fetchReport } from './commands/report.ts';
import { feedOutcomes, reasonOfSkip, runOf, runSummary, type RunSummary } from './commands/run.ts';
import { askForAddress, send } from './commands/upload.ts';
import { finish, stamp, start } from './executions.ts';
import { Refused } from './output.ts';
import { linkQuality, type LinkFigures } from './link-quality.ts';
import { badFile } from './synth-data/bad-files.ts';
import { synthData } from './synth-data/synth-data.ts';
import type { GeneratedValley } from './synth-data/generate.ts';

const REPORTS = ['serious-violence-by-district', 'risk-factors-before-violence'] as const;
/** The same valley on every machine; nothing in the product depends on it. */
const SEED = 20_261_124;

export interface StoryOptions {
  readonly dataDir: string;
  readonly log: (sentence: string) => void;
  readonly months?: number;
  readonly scale?: number;
}
export interface Story {
  readonly valley: GeneratedValley;
  readonly run: RunSummary;
  readonly receipts: readonly (Receipt & { readonly partner: string })[];
  readonly links: LinkFigures;
  readonly refused: ReleaseOutcome;
  readonly released: readonly ReleaseOutcome[];
  readonly pages: readonly { readonly title: string; readonly path: string }[];
}

export async function playValley({ dataDir, log, months = 36, scale = 1 }: StoryOptions): Promise<Story> {
  const as = (principal: string): Connection => connect(principal, dataDir);
  const operator = as('tvp-operator');
  const today = new Date().toISOString().slice(0, 10);

  log('Making a synthetic Thames Valley: invented people, real areas …');
  const valley = synthData({ out: join(dataDir, 'valley'), seed: SEED, months, scale, until: today });
  log(
    `  ${valley.files.reduce((sum, { rows }) => sum + rows, 0).toLocaleString('en-GB')} rows in ${valley.files.length} extracts`,
  );

  log('Partners come into force, and agree on two reports …');
  await publishRegister(operator);
  const approvers = approversOf(dataDir);
  for (const report of REPORTS) {
    await propose(as('tvp-author'), report);
    // Reading keeps the second report waiting, so that the gate has something to refuse.
    for (const approver of approvers)
      if (report !== REPORTS[1] || approver !== 'reading-approver')
        await decide(as(approver), report, 'agree', null);
    log(`  ${report}: ${report === REPORTS[1] ? 'all but one have signed' : 'all have signed'}`);
  }

  log('Every partner uploads its extract through a presigned address …');
  await uploadBadFile(as, dataDir, today);
  for (const file of valley.files) {
    const uploader = as(uploaderOf(dataDir, file.partner));
    const address = await askForAddress(uploader, file.path, {
      feed: file.feed,
      kind: 'full',
      extracted: file.extracted,
      rows: file.rows,
    });
    await send(file.path, address);
    log(`  ${file.partner}: ${file.feed}, ${file.rows.toLocaleString('en-GB')} rows`);
  }

  log('The daily run …');
  const run = await dailyRun(operator, log);
  const links = await linkQuality(as('tvp-matcher'), valley, join(dataDir, 'links'));

  log('The reports that are due …');
  const refused = await release(operator, REPORTS[1]);
  log(
    `  ${REPORTS[1]}: ${refused.outcome}${refused.reasons?.[0] === undefined ? '' : `, because ${refused.reasons[0].sentence}`}`,
  );
  await decide(as('reading-approver'), REPORTS[1], 'agree', null);
  log('  Reading signs; the gate is asked again');
  const released: ReleaseOutcome[] = [];
  for (const report of REPORTS) {
    const outcome = await release(operator, report);
    released.push(outcome);
    log(`  ${report}: ${outcome.outcome}, ${outcome.cells ?? 0} counts, ${outcome.withheld ?? 0} withheld`);
  }
  return {
    valley,
    run,
    receipts: await allReceipts(as, dataDir, run),
    links,
    refused,
    released,
    pages: await fetchPages(as('tvp-analyst'), released, join(dataDir, 'reports')),
  };
}

/** How often a run is asked for while an older one, taken up again after a stop, still holds the lease. */
const ASK_AGAIN_MS = 3_000;
const ASKS = 100;

async function dailyRun(operator: Connection, log: (sentence: string) => void): Promise<RunSummary> {
  for (let ask = 1; ask <= ASKS; ask++) {
    const name = `run-${stamp(new Date())}`;
    const began = Date.now();
    const output = await finish(operator, await start(operator, 'tvt-daily-run', name, {}), (state) => {
      if (ask === 1) log(`  ${state} (${((Date.now() - began) / 1000).toFixed(0)} s)`);
    });
    if (reasonOfSkip(output) === null) return runSummary(operator, runOf(output) ?? name);
    await sleep(ASK_AGAIN_MS);
  }
  throw new Refused('A run that was begun earlier has not ended: `npx tvt status` shows it.');
}

async function uploadBadFile(
  as: (principal: string) => Connection,
  dataDir: string,
  until: string,
): Promise<void> {
  const bad = badFile({
    partner: 'oxfordshire-county-council',
    feed: 'social-care-children',
    fault: 'wrong-dates',
    seed: SEED,
    until,
  });
  const path = join(dataDir, 'valley', 'a-file-with-mistakes.csv');
  await writeFile(path, bad.text);
  await send(
    path,
    await askForAddress(as(uploaderOf(dataDir, bad.partner)), path, {
      feed: bad.feed,
      kind: 'full',
      rows: bad.rows,
    }),
  );
}

async function allReceipts(
  as: (principal: string) => Connection,
  dataDir: string,
  run: RunSummary,
): Promise<Story['receipts']> {
  const partners = [...new Set(feedOutcomes(run).map(({ partner }) => partner))];
  const all = await Promise.all(
    partners.map(async (partner) =>
      (await receipts(as(uploaderOf(dataDir, partner)))).map((receipt) => ({ ...receipt, partner })),
    ),
  );
  return all.flat();
}

async function fetchPages(
  analyst: Connection,
  released: readonly ReleaseOutcome[],
  folder: string,
): Promise<Story['pages']> {
  const pages: { title: string; path: string }[] = [];
  for (const { reportId, outcome } of released) {
    if (outcome !== 'released') continue;
    const into = join(folder, reportId);
    await mkdir(into, { recursive: true });
    await fetchReport(analyst, reportId, into);
    pages.push({ title: reportId, path: join(into, 'index.html') });
  }
  return pages;
}

const withRole = (dataDir: string, role: string) =>
  (localPlatform(dataDir)?.principals ?? []).filter((principal) => principal.role === role);
const approversOf = (dataDir: string): readonly string[] =>
  withRole(dataDir, 'approver').map(({ principal }) => principal);
const uploaderOf = (dataDir: string, partner: string): string =>
  withRole(dataDir, 'uploader').find((principal) => principal.partner === partner)?.principal ?? '';
