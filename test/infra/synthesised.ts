/** Synthesises the system in this process, functions stubbed, and renders the templates so that a person can read them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { afterAll } from 'vitest';
import { z } from 'zod';
import { LAYER_FOLDER } from '../../infra/constructs/duckdb-layer.ts';
import { ROOMS, readDeclared, type Rooms } from '../../infra/declared.ts';
import { thamesValleyTogether } from '../../infra/system.ts';

const resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
const template = z.looseObject({
  Resources: z.record(z.string(), resource),
  Outputs: z
    .record(
      z.string(),
      z.looseObject({ Value: z.unknown(), Export: z.object({ Name: z.string() }).optional() }),
    )
    .default({}),
});
type Template = z.infer<typeof template>;

export interface Resource {
  readonly stack: string;
  readonly id: string;
  readonly type: string;
  /** Intrinsics rendered: the account is 000000000000, a key is `key:<alias>`. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface Synthesised {
  readonly folder: string;
  readonly stacks: Readonly<Record<string, Template>>;
  readonly resources: readonly Resource[];
  ofType(type: string): readonly Resource[];
}

const STACKS = ['TvtZones', 'TvtPartners', 'TvtCatalogue', 'TvtFunctions', 'TvtWorkflows', 'TvtPeople'];
const cdkJson = z.looseObject({ context: z.record(z.string(), z.unknown()) });

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function synthesise(rooms: Partial<Rooms> = {}): Synthesised {
  const folder = mkdtempSync(join(tmpdir(), 'tvt-synth-'));
  folders.push(folder);
  const { context } = cdkJson.parse(JSON.parse(readFileSync('cdk.json', 'utf8')));
  // The code itself is not looked at here, so it is not copied either.
  const app = new App({ outdir: folder, context: { ...context, 'aws:cdk:disable-asset-staging': true } });
  thamesValleyTogether(app, {
    declared: readDeclared({ ...ROOMS, ...rooms }),
    code: () => Code.fromAsset('test/infra/fixtures/stub-function'),
    layerFolder: LAYER_FOLDER,
  });
  app.synth();
  const stacks = Object.fromEntries(
    STACKS.map((name) => [
      name,
      template.parse(JSON.parse(readFileSync(join(folder, `${name}.template.json`), 'utf8'))),
    ]),
  );
  const resources = readable(stacks);
  return { folder, stacks, resources, ofType: (type) => resources.filter((each) => each.type === type) };
}

let whole: Synthesised | undefined;
/** The system as the project declares it, synthesised once. */
export const synthesised = (): Synthesised => (whole ??= synthesise());

function readable(stacks: Readonly<Record<string, Template>>): Resource[] {
  const exported = new Map(
    Object.entries(stacks).flatMap(([stack, { Outputs }]) =>
      Object.values(Outputs).flatMap(({ Value, Export }) =>
        Export === undefined ? [] : [[Export.Name, { stack, Value }] as const],
      ),
    ),
  );
  const aliases = new Map(
    Object.entries(stacks).flatMap(([stack, { Resources }]) =>
      Object.values(Resources)
        .filter(({ Type }) => Type === 'AWS::KMS::Alias')
        .map(
          ({ Properties }) =>
            [`${stack}/${getAtt(Properties.TargetKeyId)}`, String(Properties.AliasName)] as const,
        ),
    ),
  );
  const render = (stack: string, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((each) => render(stack, each));
    if (typeof value !== 'object' || value === null) return value;
    if ('Ref' in value) return value.Ref === 'AWS::AccountId' ? '000000000000' : `ref:${String(value.Ref)}`;
    if ('Fn::GetAtt' in value) {
      const id = getAtt(value);
      const alias = aliases.get(`${stack}/${id}`);
      if (alias !== undefined) return `key:${alias.replace('alias/', '')}`;
      const role = stacks[stack]?.Resources[id]?.Properties.RoleName;
      return typeof role === 'string' ? `role:${role}` : `att:${id}`;
    }
    if ('Fn::ImportValue' in value) {
      const source = exported.get(String(value['Fn::ImportValue']));
      return source === undefined ? 'import:unknown' : render(source.stack, source.Value);
    }
    if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
      const [separator, parts] = value['Fn::Join'] as [string, unknown[]];
      return parts.map((part) => String(render(stack, part))).join(separator);
    }
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, render(stack, each)]));
  };
  return Object.entries(stacks).flatMap(([stack, { Resources }]) =>
    Object.entries(Resources).map(([id, { Type, Properties }]) => ({
      stack,
      id,
      type: Type,
      properties: render(stack, Properties) as Record<string, unknown>,
    })),
  );
}

function getAtt(value: unknown): string {
  const parts: unknown =
    typeof value === 'object' && value !== null && 'Fn::GetAtt' in value ? value['Fn::GetAtt'] : [];
  return Array.isArray(parts) ? String(parts[0]) : '';
}

const oneOrMore = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === 'string' ? [value] : value));
const statement = z.looseObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).default({}),
});
export type Statement = z.infer<typeof statement>;
const policyDocument = z.looseObject({ Statement: z.array(statement) });

export const statementsOf = (document: unknown): readonly Statement[] =>
  policyDocument.parse(document).Statement;

const rolePolicies = z.array(z.looseObject({ PolicyDocument: policyDocument })).default([]);
/** What a role's own policies say. @throws Error when there is no such role. */
export function roleStatements(system: Synthesised, roleName: string): readonly Statement[] {
  const role = system.ofType('AWS::IAM::Role').find(({ properties }) => properties.RoleName === roleName);
  if (role === undefined) throw new Error(`There is no role ${roleName}.`);
  return rolePolicies
    .parse(role.properties.Policies)
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}
