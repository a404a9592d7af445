/**
 * Deep check: what AWS's own checkers say of the synthesised templates. Prints PASS, FAIL or NOT RUN for each, with the
 * reason; ends with 0 when all passed, 1 when one failed, 3 when one could not be run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cfnLint } from './templates/cfn-lint.ts';
import { controlTowerRules, ncscRules } from './templates/cfn-guard.ts';

export type Verdict =
  | { readonly verdict: 'PASS'; readonly told: string }
  | { readonly verdict: 'FAIL'; readonly findings: readonly string[] }
  | { readonly verdict: 'NOT RUN'; readonly reason: string };

const CHECKS: readonly (readonly [string, (templates: readonly string[]) => Verdict])[] = [
  ['cfn-lint', cfnLint],
  ['AWS Control Tower rules (cfn-guard)', controlTowerRules],
  ['NCSC Cloud Security Principles (cfn-guard)', ncscRules],
];

function main(): number {
  const folder = mkdtempSync(join(tmpdir(), 'tvt-templates-'));
  try {
    const templates = synthesise(folder);
    if (templates === null)
      return say('templates', { verdict: 'FAIL', findings: ['cdk synth did not succeed'] });
    const codes = CHECKS.map(([name, check]) => say(name, check(templates)));
    return codes.includes(1) ? 1 : Math.max(...codes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function synthesise(folder: string): string[] | null {
  const { status } = spawnSync('node_modules/.bin/cdk', ['synth', '--quiet', '--output', folder], {
    stdio: 'inherit',
  });
  if (status !== 0) return null;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => join(folder, name));
}

function say(name: string, outcome: Verdict): number {
  switch (outcome.verdict) {
    case 'PASS':
      console.log(`PASS ${name}: ${outcome.told}`);
      return 0;
    case 'FAIL':
      for (const finding of outcome.findings) console.log(`  ${finding}`);
      console.log(`FAIL ${name}: ${outcome.findings.length} findings`);
      return 1;
    case 'NOT RUN':
      console.log(`NOT RUN ${name}: ${outcome.reason}`);
      return 3;
  }
}

process.exitCode = main();
