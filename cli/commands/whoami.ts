/** `tvt whoami`: who may act on the platform of this machine, and their keys for stock tools. */
import { Command } from 'commander';
import { localPlatform } from '../connection.ts';
import { BadArguments, show, table } from '../output.ts';

export const whoamiCommand = (): Command =>
  new Command('whoami')
    .description('List every principal, or print one’s keys as shell exports')
    .option('--as <principal>', 'print this principal’s keys')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  eval "$(npx tvt whoami --as tvp-analyst)" && aws s3 ls\n')
    .action((options: { as?: string; json?: boolean }) => {
      const platform = localPlatform();
      if (platform === null)
        throw new BadArguments(
          'No platform is running here. Start one with `npm run local`, in another window.',
        );
      if (options.as === undefined) {
        const everybody = platform.principals.map(({ principal, partner, role }) => ({
          principal,
          partner,
          role,
        }));
        show(everybody, options.json ?? false, (rows) => table(rows));
        return;
      }
      const found = platform.principals.find(({ principal }) => principal === options.as);
      if (found === undefined)
        throw new BadArguments(
          `There is no principal "${options.as}". \`npx tvt whoami\` lists those there are.`,
        );
      const { accessKeyId, secretAccessKey, sessionToken } = found;
      show({ accessKeyId, secretAccessKey, sessionToken }, options.json ?? false, (keys) =>
        [
          `export AWS_ACCESS_KEY_ID=${keys.accessKeyId}`,
          `export AWS_SECRET_ACCESS_KEY=${keys.secretAccessKey}`,
          ...(keys.sessionToken === undefined ? [] : [`export AWS_SESSION_TOKEN=${keys.sessionToken}`]),
          'export AWS_REGION=eu-west-2 AWS_DEFAULT_REGION=eu-west-2',
          `export AWS_ENDPOINT_URL=${platform.endpoint}`,
        ].join('\n'),
      );
    });
