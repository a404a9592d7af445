/** Writes down who may act and with which keys, for the command line on this machine: readable by its owner only. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { StandIn } from './service.ts';

const PRINCIPALS_FILE = 'principals.json';

/** The parts of a person's role that say who holds it: tags, and the session names its trust policy allows. */
const personRole = z.object({
  RoleName: z.string(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })),
  AssumeRolePolicyDocument: z.object({
    Statement: z.array(
      z.object({
        Condition: z.object({
          StringEquals: z.object({ 'sts:RoleSessionName': z.union([z.string(), z.array(z.string())]) }),
        }),
      }),
    ),
  }),
});

export function writePrincipals(standIn: StandIn): void {
  const { templates, endpoint, dataDir } = standIn;
  const principals = templates.byType('AWS::IAM::Role').flatMap(({ properties }) => {
    const role = personRole.safeParse(properties);
    if (!role.success) return [];
    const { RoleName, Tags, AssumeRolePolicyDocument } = role.data;
    const tag = (name: string): string => Tags.find(({ Key }) => Key === name)?.Value ?? '';
    const holders = AssumeRolePolicyDocument.Statement.flatMap(
      ({ Condition }) => Condition.StringEquals['sts:RoleSessionName'],
    );
    return holders.map((principal) => ({
      principal,
      partner: tag('partner'),
      role: tag('role'),
      ...standIn.credentialsFor(RoleName, principal),
    }));
  });
  const platform = { endpoint, account: templates.account, principals };
  writeFileSync(join(dataDir, PRINCIPALS_FILE), JSON.stringify(platform), { mode: 0o600 });
}
