import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { NarrowRole } from '../../infra/constructs/narrow-role.ts';
import { synthesised } from './synthesised.ts';

const system = synthesised();

test.each(Object.keys(system.stacks))('%s is made of these resources', (stack) => {
  const counts: Record<string, number> = {};
  for (const { type } of system.resources.filter((each) => each.stack === stack))
    counts[type] = (counts[type] ?? 0) + 1;

  expect(counts).toMatchSnapshot();
});

test('no stack comes near the 500 resources or the megabyte a template may have', () => {
  for (const [name, template] of Object.entries(system.stacks)) {
    expect(Object.keys(template.Resources).length).toBeLessThan(400);
    expect(readFileSync(join(system.folder, `${name}.template.json`)).length).toBeLessThan(800_000);
  }
});

const report = z.looseObject({
  pluginReports: z.array(
    z.looseObject({
      pluginName: z.string(),
      conclusion: z.string(),
      violations: z.array(z.unknown()),
      suppressedViolations: z.array(z.looseObject({ ruleName: z.string(), reason: z.string() })).default([]),
    }),
  ),
});

test('cdk-nag finds nothing that was not answered, and every answer is a sentence', () => {
  const text = readFileSync(join(system.folder, 'validation-report.json'), 'utf8');
  const nag = report
    .parse(JSON.parse(text))
    .pluginReports.find(({ pluginName }) => pluginName === 'AwsSolutions');

  expect(nag).toMatchObject({ conclusion: 'success', violations: [] });
  expect(nag?.suppressedViolations.length).toBeGreaterThan(0);
  for (const { reason } of nag?.suppressedViolations ?? []) expect(reason).toMatch(/^[A-Z].{20,}\.$/);
  const rules = new Set(nag?.suppressedViolations.map(({ ruleName }) => ruleName.replace(/\[.*/, '')));
  expect([...rules].sort()).toEqual(['AwsSolutions-IAM5', 'AwsSolutions-S1', 'AwsSolutions-SF2']);
});

test('a role cannot be given a wildcard action', () => {
  const build = (): NarrowRole =>
    new NarrowRole(new Stack(new App(), 'S'), 'R', {
      roleName: 'tvt-fn-greedy',
      description: '',
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      statements: [new PolicyStatement({ actions: ['s3:Get*'], resources: ['arn:aws:s3:::b/*'] })],
    });

  expect(build).toThrow('The role tvt-fn-greedy is given s3:Get*; every action must be spelled out.');
});
