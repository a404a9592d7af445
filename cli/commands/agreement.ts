/** `tvt agreement`: propose a report, read what it says, sign it with your partner's key, see who has agreed. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { SignCommand } from '@aws-sdk/client-kms';
import { makeEnvelope, makeStatement, type Decision } from '../../pipeline/agreement/statement.ts';
import { ask, connect, type Connection } from '../connection.ts';
import { BadArguments, show, table } from '../output.ts';

const FUNCTION = 'tvt-agreements';

interface Shown {
  readonly report: string;
  readonly digest: string;
  readonly definition: {
    readonly expires: string;
    readonly report: { readonly version: number; readonly title: string };
  };
  readonly register: {
    readonly digest: string;
    readonly version: number;
    readonly partners: readonly { readonly partner: string; readonly keyId: string }[];
  };
  readonly environment: string;
  readonly now: string;
  readonly agreement: AgreementState;
}
interface AgreementState {
  readonly agreed: boolean;
  readonly by?: readonly { readonly partner: string; readonly signer: string; readonly signedAt: string }[];
  readonly reasons?: readonly { readonly sentence: string }[];
}
interface ReportStatus extends AgreementState {
  readonly report: string;
  readonly digest?: string;
  readonly version?: number;
  readonly expires?: string;
}

export const agreementCommand = (): Command => {
  const command = new Command('agreement')
    .description('Propose, read, sign and follow the agreement on a report')
    .addHelpText('after', '\nExample:\n  npx tvt agreement status --as tvp-operator\n');
  command
    .command('register')
    .description('Put the partners of the contracts into force, with their public keys')
    .option('--as <principal>', 'the operator', 'tvp-operator')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npx tvt agreement register --as tvp-operator\n')
    .action(async (options: { as: string; json?: boolean }) => {
      const outcome = await publishRegister(connect(options.as));
      show(
        outcome,
        options.json ?? false,
        ({ version, digest }) => `Register ${version} is in force (${digest.slice(0, 12)}).`,
      );
    });
  command
    .command('propose')
    .description('Put a report’s definition before the partners')
    .argument('<report>')
    .option('--as <principal>', 'the author', 'tvp-author')
    .option('--json', 'one JSON value on standard output')
    .addHelpText(
      'after',
      '\nExample:\n  npx tvt agreement propose serious-violence-by-district --as tvp-author\n',
    )
    .action(async (report: string, options: { as: string; json?: boolean }) => {
      const outcome = await propose(connect(options.as), report);
      show(
        outcome,
        options.json ?? false,
        ({ digest, expires }) =>
          `Proposed as ${digest.slice(0, 12)}, to be agreed again by ${expires.slice(0, 10)}.`,
      );
    });
  command
    .command('show')
    .description('Read exactly what is to be agreed')
    .argument('<report>')
    .option('--as <principal>', 'anybody with a part in it')
    .option('--json', 'one JSON value on standard output')
    .addHelpText(
      'after',
      '\nExample:\n  npx tvt agreement show serious-violence-by-district --as oxon-approver\n',
    )
    .action(async (report: string, options: { as?: string; json?: boolean }) => {
      const shown = await ask<Shown>(connect(options.as), FUNCTION, { action: 'show', report });
      show(shown, options.json ?? false, (value) => JSON.stringify(value.definition, null, 2));
    });
  for (const [name, decision, does] of [
    ['sign', 'agree', 'Agree, with your partner’s key'],
    ['decline', 'decline', 'Decline, with a reason'],
    ['revoke', 'revoke', 'Take an agreement back: the report stops at once'],
  ] as const)
    command
      .command(name)
      .description(does)
      .argument('<report>')
      .option('--as <principal>', 'an approver')
      .option('--reason <text>', 'why, in a sentence about the report, never about a person')
      .option('--json', 'one JSON value on standard output')
      .addHelpText(
        'after',
        `\nExample:\n  npx tvt agreement ${name} serious-violence-by-district --as oxon-approver${decision === 'decline' ? ' --reason "Too fine for small districts"' : ''}\n`,
      )
      .action(async (report: string, options: { as?: string; reason?: string; json?: boolean }) => {
        if (decision === 'decline' && options.reason === undefined)
          throw new BadArguments('Say why: --reason "…".');
        const outcome = await decide(connect(options.as), report, decision, options.reason ?? null);
        show(
          outcome,
          options.json ?? false,
          ({ digest }) => `Handed in: ${decision} on ${digest.slice(0, 12)}.`,
        );
      });
  command
    .command('export')
    .description(
      'Save everything needed to verify an agreement without the platform (docs/verify/verify-agreement.mjs)',
    )
    .argument('<report>')
    .requiredOption('--out <file>', 'where to write the bundle')
    .option('--as <principal>', 'anybody with a part in it')
    .option('--json', 'one JSON value on standard output')
    .addHelpText(
      'after',
      '\nExample:\n  npx tvt agreement export serious-violence-by-district --as oxon-approver --out bundle.json\n  node docs/verify/verify-agreement.mjs bundle.json\n',
    )
    .action(async (report: string, options: { as?: string; out: string; json?: boolean }) => {
      const bundle = await ask<unknown>(connect(options.as), FUNCTION, { action: 'export', report });
      await writeFile(options.out, `${JSON.stringify(bundle, null, 1)}\n`);
      show({ report, file: options.out }, options.json ?? false, ({ file }) => file);
    });
  command
    .command('status')
    .description('See which reports are agreed, and what the others wait for')
    .option('--as <principal>', 'anybody with a part in it', 'tvp-operator')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npx tvt agreement status --as tvp-operator\n')
    .action(async (options: { as: string; json?: boolean }) => {
      const { reports } = await ask<{ reports: readonly ReportStatus[] }>(connect(options.as), FUNCTION, {
        action: 'status',
      });
      show(reports, options.json ?? false, statusInWords);
    });
  return command;
};

const statusInWords = (reports: readonly ReportStatus[]): string =>
  reports.length === 0
    ? 'No report has been proposed yet.'
    : [
        table(
          reports.map(({ report, agreed, digest, expires }) => ({
            report,
            agreed: agreed ? 'yes' : 'no',
            definition: digest?.slice(0, 12) ?? '',
            expires: expires?.slice(0, 10) ?? '',
          })),
        ),
        ...reports.flatMap(({ report, reasons }) =>
          (reasons ?? []).map(({ sentence }) => `${report}: ${sentence}`),
        ),
      ].join('\n');

export const publishRegister = (connection: Connection) =>
  ask<{ readonly digest: string; readonly version: number; readonly changed: boolean }>(
    connection,
    FUNCTION,
    { action: 'publish-register' },
  );

export const propose = (connection: Connection, report: string) =>
  ask<{ readonly digest: string; readonly expires: string }>(connection, FUNCTION, {
    action: 'propose',
    report,
  });

/** Signs a statement on the definition as stored now, with the caller's own credentials at KMS, and hands it in. */
export async function decide(
  connection: Connection,
  report: string,
  decision: Decision,
  reason: string | null,
): Promise<{ readonly digest: string; readonly decision: string }> {
  const shown = await ask<Shown>(connection, FUNCTION, { action: 'show', report });
  const { principal, partner } = connection.principal;
  const keyId = shown.register.partners.find((entry) => entry.partner === partner)?.keyId ?? '';
  const { payload, digestToSign } = makeStatement({
    subject: { report, version: shown.definition.report.version, digest: shown.digest },
    decision,
    reason,
    signer: principal,
    partner,
    register: { digest: shown.register.digest, document: { version: shown.register.version } },
    // The platform's own clock: on this machine it may have been moved.
    signedAt: shown.now,
    expires: shown.definition.expires,
    nonce: randomBytes(16).toString('hex'),
    environment: shown.environment,
  });
  const signed = await connection.kms.send(
    new SignCommand({
      KeyId: keyId,
      Message: Buffer.from(digestToSign, 'hex'),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    }),
  );
  const envelope = makeEnvelope(payload, keyId, signed.Signature ?? new Uint8Array());
  return ask(connection, FUNCTION, {
    action: 'sign',
    report,
    envelope: Buffer.from(envelope).toString('base64'),
  });
}
