/** The trail: one line per call as CloudTrail would write it, in memory and in a file that survives the stand-in. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Trail, TrailEvent } from './service.ts';

/** Kept in memory; the file keeps everything. */
const EVENTS_IN_MEMORY = 200_000;
/** Requests whose event the front door has not asked for: calls one service made to another. */
const OPEN_REQUESTS = 10_000;

const Event = z.object({
  eventTime: z.string(),
  eventSource: z.string(),
  eventName: z.string(),
  userArn: z.string(),
  resources: z.array(z.string()),
  readOnly: z.boolean(),
  errorCode: z.string().exactOptional(),
  requestId: z.string(),
});

export interface FileTrail extends Trail {
  /** The event a service wrote for this request, once: the front door writes one itself where there is none. */
  take(requestId: string): TrailEvent | undefined;
  close(): void;
}

export function createTrail(dataDir: string): FileTrail {
  const file = join(dataDir, 'trail.jsonl');
  const events: TrailEvent[] = readEvents(file);
  const open = new Map<string, TrailEvent>();
  const descriptor = openSync(file, 'a', 0o600);
  return {
    events,
    write(event) {
      // Only the named fields, so that nothing a caller added by mistake reaches the file.
      const line = Event.parse(event);
      events.push(line);
      if (events.length > EVENTS_IN_MEMORY) events.splice(0, EVENTS_IN_MEMORY / 10);
      const [oldest] = open.keys();
      if (open.size >= OPEN_REQUESTS && oldest !== undefined) open.delete(oldest);
      open.set(line.requestId, line);
      writeSync(descriptor, `${JSON.stringify(line)}\n`);
    },
    take(requestId) {
      const event = open.get(requestId);
      open.delete(requestId);
      return event;
    },
    close: () => closeSync(descriptor),
  };
}

function readEvents(file: string): TrailEvent[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  // A stand-in killed while it wrote leaves half a line at the end: that call's answer never left either.
  return text
    .split('\n')
    .slice(-EVENTS_IN_MEMORY)
    .flatMap((line) => {
      try {
        return [Event.parse(JSON.parse(line))];
      } catch {
        return [];
      }
    });
}
