/** `tvt`: what a person types. Every command is a client of AWS's own API, or calls a room that needs no platform. */
import { Command, CommanderError } from 'commander';
import { agreementCommand } from './commands/agreement.ts';
import { checkFileCommand } from './commands/check-file.ts';
import { demoCommand } from './commands/demo.ts';
import { linkCommand } from './commands/link.ts';
import { localCommand } from './commands/local.ts';
import { protectCommand } from './commands/protect.ts';
import { queryCommand } from './commands/query.ts';
import { receiptsCommand } from './commands/receipts.ts';
import { releaseCommand } from './commands/release.ts';
import { reportCommand } from './commands/report.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';
import { synthDataCommand } from './commands/synth-data.ts';
import { templateCommand } from './commands/template.ts';
import { uploadCommand } from './commands/upload.ts';
import { whoamiCommand } from './commands/whoami.ts';
import { BadArguments, Refused } from './output.ts';

const program = new Command('tvt')
  .description('Thames Valley Together: upload, run, release, and see who may do what.')
  .enablePositionalOptions()
  .showHelpAfterError('(`tvt COMMAND --help` shows an example)')
  .exitOverride()
  .addHelpText(
    'after',
    '\nExample:\n  npm run local                                  starts the platform on this machine\n' +
      '  npx tvt whoami                                 lists everybody who may act on it\n',
  );
for (const command of [
  demoCommand,
  localCommand,
  whoamiCommand,
  uploadCommand,
  receiptsCommand,
  checkFileCommand,
  templateCommand,
  runCommand,
  releaseCommand,
  statusCommand,
  agreementCommand,
  reportCommand,
  queryCommand,
  linkCommand,
  protectCommand,
  synthDataCommand,
])
  program.addCommand(speakAlike(command()));

/** `--json` promises one JSON value on standard output whatever happens, errors included. */
const json = process.argv.includes('--json');
const say = (value: unknown, message: string): void => {
  if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
  else process.stderr.write(`${message}\n`);
};

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    // Commander has said it already to whoever reads; to a program it is said here.
    if (json && error.exitCode !== 0)
      say({ error: 'BadArguments', message: error.message.replace(/^error: /, '') }, '');
  } else if (error instanceof Refused) {
    say(error.value, error.message);
    process.exitCode = 1;
  } else if (error instanceof BadArguments) {
    say(error.value, error.message);
    process.exitCode = 2;
  } else {
    const { code, message } = describe(error);
    say({ error: code, message }, `${code}: ${message}`);
    process.exitCode = 1;
  }
}

/** Every command, and every command within it, throws instead of exiting, so that the exit codes are ours. */
function speakAlike(command: Command): Command {
  command.commands.forEach(speakAlike);
  return command.exitOverride().showHelpAfterError();
}

/** AWS's own refusals read well enough by name and message; a stack trace helps nobody who types. */
function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: 'Failed', message: 'Something went wrong.' };
  if ('code' in error && error.code === 'ECONNREFUSED')
    return { code: 'NotRunning', message: 'Nothing answers there. Start the platform with `npm run local`.' };
  if (/^AccessDenied/.test(error.name))
    return { code: error.name, message: `This principal may not do that. ${error.message}` };
  return { code: error.name, message: error.message };
}
