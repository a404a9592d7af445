/** `tvt`: what a person types. Every command is a client of AWS's own API, or calls a room that needs no platform. */
import { Command, CommanderError } from 'commander';
import { BadArguments, Refused } from './output.ts';

// A reader that has seen enough (`tvt … | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

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
/** In the order the help lists them. Only the command that was typed is loaded: a solver is no part of `whoami`. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  local: async () => (await import('./commands/local.ts')).localCommand(),
  whoami: async () => (await import('./commands/whoami.ts')).whoamiCommand(),
  upload: async () => (await import('./commands/upload.ts')).uploadCommand(),
  receipts: async () => (await import('./commands/receipts.ts')).receiptsCommand(),
  'check-file': async () => (await import('./commands/check-file.ts')).checkFileCommand(),
  template: async () => (await import('./commands/template.ts')).templateCommand(),
  run: async () => (await import('./commands/run.ts')).runCommand(),
  release: async () => (await import('./commands/release.ts')).releaseCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  agreement: async () => (await import('./commands/agreement.ts')).agreementCommand(),
  report: async () => (await import('./commands/report.ts')).reportCommand(),
  query: async () => (await import('./commands/query.ts')).queryCommand(),
  link: async () => (await import('./commands/link.ts')).linkCommand(),
  protect: async () => (await import('./commands/protect.ts')).protectCommand(),
  'synth-data': async () => (await import('./commands/synth-data.ts')).synthDataCommand(),
};
const typed = COMMANDS[process.argv[2] ?? ''];
for (const load of typed === undefined ? Object.values(COMMANDS) : [typed])
  program.addCommand(speakAlike(await load()));

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
