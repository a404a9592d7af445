/** `tvt local`: the whole platform on this machine, for stock tools; and its clock. */
import { existsSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { LOCAL_DATA, localPlatform } from '../connection.ts';
import { BadArguments, progress, Refused, show } from '../output.ts';
import { startPlatform, synthesise } from '../platform.ts';
import { playValley } from '../valley-story.ts';

export const localCommand = (): Command => {
  const command = new Command('local')
    .description('Keep the platform up on http://localhost:4566, the synthetic valley loaded')
    .option('--port <number>', 'another port', '4566')
    .option('--data <dir>', 'where it keeps its state', LOCAL_DATA)
    .option('--empty', 'start without the synthetic valley')
    .option('--json', 'say that it is ready as one JSON value on standard output')
    // Its options stand before the subcommand, so that both may have --json.
    .enablePositionalOptions()
    .addHelpText('after', '\nExample:\n  npx tvt local\n  npx tvt local clock --to 2027-02-01\n')
    .action(keepUp);
  command
    .command('clock')
    .description('Read the platform’s clock, or move it forward')
    .option('--to <date>', 'move to this day or moment; schedules and lifecycle rules due on the way run')
    .option('--json', 'one JSON value on standard output')
    .addHelpText('after', '\nExample:\n  npx tvt local clock --to 2027-02-01\n')
    .action(clock);
  return command;
};

async function keepUp(options: {
  port: string;
  data: string;
  empty?: boolean;
  json?: boolean;
}): Promise<void> {
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new BadArguments(`--port takes a port, not "${options.port}"`);
  progress('Synthesising the app …');
  if (!(await synthesise())) progress('  nothing has changed since the last time');
  const platform = await startPlatform({ port, dataDir: options.data });
  const stop = (): void => {
    void platform.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  stopWithNpm(stop);
  const loaded = join(options.data, 'valley-loaded.json');
  if (options.empty !== true && !existsSync(loaded)) {
    try {
      const told = await playValley({ dataDir: options.data, log: progress });
      writeFileSync(loaded, JSON.stringify({ runId: told.run.runId }));
    } catch (error) {
      await platform.stop();
      throw error;
    }
  }
  progress('Stop it with Ctrl-C. In another window, `npx tvt whoami` lists everybody who may act.');
  show({ ready: platform.endpoint }, options.json ?? false, ({ ready }) => `ready ${ready}`);
  const code = await platform.ended;
  throw new Refused(`The platform ended with code ${code}.`);
}

/** npm starts us through a shell and, when it is told to end, ends that shell alone: its end has to be ours. */
function stopWithNpm(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 500).unref();
}

/** The clock is no AWS service: it is the stand-in's own, moved by whoever can read its token in the data folder. */
async function clock(options: { to?: string; json?: boolean }): Promise<void> {
  const dataDir = process.env.TVT_DATA ?? LOCAL_DATA;
  const platform = localPlatform(dataDir);
  if (platform === null)
    throw new BadArguments('No platform is running here. Start one with `npm run local`.');
  if (options.to !== undefined && options.json !== true)
    progress('Moving the clock; schedules and lifecycle rules due on the way run first …');
  const token = await readFile(join(dataDir, 'control-token'), 'utf8');
  const reply = await fetch(`${platform.endpoint}/_stand-in/clock`, {
    method: options.to === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(options.to === undefined ? {} : { body: JSON.stringify({ to: instant(options.to) }) }),
  });
  const body = (await reply.json()) as { now?: string; message?: string };
  if (!reply.ok) throw new Refused(body.message ?? `the clock answered ${reply.status}`, body);
  show(body, options.json ?? false, ({ now }) => now ?? '');
}

function instant(text: string): string {
  const moment = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (Number.isNaN(moment.getTime())) throw new BadArguments(`--to takes a date, YYYY-MM-DD, not "${text}"`);
  return moment.toISOString();
}
