/** Runs the stand-in from the command line until it is told to stop: `node local/main.ts --port 4566 --data .tvt`. */
import { parseArgs } from 'node:util';
import { DEFAULT_PORT, startStandIn } from './start.ts';

const USAGE = `Usage: node local/main.ts [--port ${String(DEFAULT_PORT)}] [--data .tvt] [--templates cdk.out] [--seed TEXT] [--until-input-ends]`;

interface Arguments {
  readonly port: number;
  readonly dataDir: string;
  readonly templatesDir: string;
  readonly seed: string | undefined;
  /** Stop when standard input closes: what a parent asks for that must not leave it behind. */
  readonly untilInputEnds: boolean;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: String(DEFAULT_PORT) },
      data: { type: 'string', default: '.tvt' },
      templates: { type: 'string', default: 'cdk.out' },
      seed: { type: 'string' },
      'until-input-ends': { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new TypeError('--port takes a number up to 65535.');
  return {
    port,
    dataDir: values.data,
    templatesDir: values.templates,
    seed: values.seed,
    untilInputEnds: values['until-input-ends'],
  };
}

async function main(): Promise<void> {
  let given: Arguments;
  try {
    given = readArguments();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'Bad arguments.'}\n${USAGE}\n`);
    process.exitCode = 2;
    return;
  }
  const { seed, untilInputEnds, ...options } = given;
  const running = await startStandIn({ ...options, ...(seed !== undefined && { seed }) });
  const stop = (): void => {
    void running.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  if (untilInputEnds) process.stdin.once('close', stop).resume();
  process.stdout.write(`ready ${running.endpoint}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `The stand-in did not start: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
