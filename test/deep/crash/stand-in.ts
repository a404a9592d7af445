/**
 * A stand-in in a process of its own that ends itself as a power cut would, right after chosen calls:
 * `node test/deep/crash/stand-in.ts DATA TEMPLATES SEED BREAKS BASELINE`. Calls are counted from line BASELINE of the
 * trail on, which outlives the process, so that a stand-in started again goes on counting.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { TrailEvent } from '../../../local/service.ts';
import { startStandIn } from '../../../local/start.ts';
import { kindOf } from '../../platform/crash.ts';

const Breaks = z.array(z.looseObject({ kind: z.string(), nth: z.int() }));
const [, , dataDir = '', templatesDir = '', seed = '', breaksText = '[]', baseline = '0'] = process.argv;
const breaks = Breaks.parse(JSON.parse(breaksText));

/** A stand-in killed while it wrote leaves half a line: a call that was not written down was not counted either. */
function readTrail(): readonly TrailEvent[] {
  const lines = readFileSync(join(dataDir, 'trail.jsonl'), 'utf8').split('\n').slice(Number(baseline));
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as TrailEvent];
    } catch {
      return [];
    }
  });
}

const seen = new Map<string, number>();
const count = (event: TrailEvent): { kind: string; nth: number } | null => {
  const kind = kindOf(event);
  if (kind === null) return null;
  const nth = (seen.get(kind) ?? 0) + 1;
  seen.set(kind, nth);
  return { kind, nth };
};
for (const event of readTrail()) count(event);

const running = await startStandIn({
  dataDir,
  templatesDir,
  seed,
  port: 0,
  afterCall: (event) => {
    const call = count(event);
    if (call !== null && breaks.some(({ kind, nth }) => kind === call.kind && nth === call.nth))
      process.kill(process.pid, 'SIGKILL');
    return Promise.resolve('go-on');
  },
});
process.once('SIGTERM', () => void running.close().then(() => process.exit(0)));
process.stdout.write(`ready ${running.endpoint}\n`);
