/** cfn-lint over the templates: schema of every resource, values of enums, the state machines' language. */
import { spawnSync } from 'node:child_process';
import { z } from 'zod';
import type { Verdict } from '../templates.ts';

const VERSION = '1.51';
/** W3005: CDK states a dependency on a role that the function's own reference already makes; it does no harm. */
const ACCEPTED = ['W3005'];

const findings = z.array(
  z.looseObject({
    Filename: z.string(),
    Message: z.string(),
    Rule: z.looseObject({ Id: z.string() }),
    Location: z.looseObject({ Path: z.array(z.union([z.string(), z.number()])).nullish() }),
  }),
);

export function cfnLint(templates: readonly string[]): Verdict {
  const version = spawnSync('cfn-lint', ['--version'], { encoding: 'utf8' });
  if (version.status !== 0)
    return { verdict: 'NOT RUN', reason: `cfn-lint is not installed (pip install cfn-lint==${VERSION}.*)` };
  const { stdout, stderr } = spawnSync(
    'cfn-lint',
    [
      '--regions',
      'eu-west-2',
      '--format',
      'json',
      '--ignore-checks',
      ...ACCEPTED,
      '--template',
      ...templates,
    ],
    { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 },
  );
  const parsed = findings.safeParse(stdout.trim() === '' ? [] : JSON.parse(stdout));
  if (!parsed.success || stderr.trim() !== '')
    return {
      verdict: 'NOT RUN',
      reason: `cfn-lint answered what is not understood: ${stderr.split('\n')[0] ?? ''}`,
    };
  if (parsed.data.length === 0)
    return { verdict: 'PASS', told: `${version.stdout.trim()}, ${templates.length} templates` };
  return {
    verdict: 'FAIL',
    findings: parsed.data.map(
      ({ Rule, Location, Message }) => `${Rule.Id} at ${(Location.Path ?? []).join('/')}: ${Message}`,
    ),
  };
}
