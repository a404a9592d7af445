/** The journal of one execution: its history and what a killed stand-in needs to go on, one JSON line per happening. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { json, type Json } from './json.ts';
import { StateFailure } from './failure.ts';

const record = z.record(z.string(), json);

const Started = z.strictObject({
  kind: z.literal('started'),
  machine: z.string(),
  name: z.string(),
  input: z.string(),
  roleArn: z.string(),
  /** The definition as it was: an execution ends by the definition it began with. */
  definition: z.string(),
  atMs: z.number(),
});
const Event = z.strictObject({
  kind: z.literal('event'),
  id: z.number(),
  previous: z.number(),
  atMs: z.number(),
  type: z.string(),
  details: record.exactOptional(),
  /** Where it happened: '' for the execution itself, else the branch or iteration. */
  frame: z.string(),
  /** Of a state entered: the variables at that moment. */
  variables: record.exactOptional(),
});
const Outcome = z.union([
  z.strictObject({ ok: z.literal(true), output: json }),
  z.strictObject({ ok: z.literal(false), error: z.string(), cause: z.string() }),
]);
const Retried = z.strictObject({
  kind: z.literal('retried'),
  visit: z.number(),
  attempt: z.number(),
  /** Retries used, by retrier. */
  used: z.array(z.number()),
  dueMs: z.number(),
});
const Token = z.strictObject({
  kind: z.literal('token'),
  visit: z.number(),
  attempt: z.number(),
  token: z.string(),
  atMs: z.number(),
  /** issued → submitted (its function has answered) → settled, or given up. */
  stage: z.enum(['issued', 'submitted', 'settled', 'given-up']),
  outcome: Outcome.exactOptional(),
});
const Finished = z.strictObject({ kind: z.literal('finished'), frame: z.string(), output: json });
const Ended = z.strictObject({
  kind: z.literal('ended'),
  status: z.enum(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
  atMs: z.number(),
  output: z.string().exactOptional(),
  error: z.string().exactOptional(),
  cause: z.string().exactOptional(),
});
const Line = z.discriminatedUnion('kind', [Started, Event, Retried, Token, Finished, Ended]);

export type StartedLine = z.infer<typeof Started>;
export type EventLine = z.infer<typeof Event>;
export type RetriedLine = z.infer<typeof Retried>;
export type TokenLine = z.infer<typeof Token>;
export type EndedLine = z.infer<typeof Ended>;
export type TokenOutcome = z.infer<typeof Outcome>;
type JournalLine = z.infer<typeof Line>;

/** Events of one execution (Step Functions quota); the last place is kept for how it ended. */
const EVENT_LIMIT = 25_000;

export interface Journal {
  readonly started: StartedLine;
  readonly events: readonly EventLine[];
  readonly ended: EndedLine | undefined;
  /** The state a frame was last in. */
  lastEntered(frame: string): EventLine | undefined;
  /** What a frame that is finished gave. */
  outputOf(frame: string): Json | undefined;
  retriesOf(visit: number): RetriedLine | undefined;
  tokenOf(visit: number, attempt: number): TokenLine | undefined;
  tokens(): readonly TokenLine[];
  /** Returns the event's id. Fails the execution at the event limit. */
  event(event: Omit<EventLine, 'kind' | 'id'>): number;
  note(line: RetriedLine | TokenLine | z.infer<typeof Finished>): void;
  end(line: Omit<EndedLine, 'kind'>, lastEvent: Omit<EventLine, 'kind' | 'id' | 'previous'>): void;
  /** Nothing is written any more: whatever still runs belongs to a stand-in that is gone. */
  close(): void;
}

export function createJournal(file: string, started: Omit<StartedLine, 'kind'>): Journal {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const line: StartedLine = { kind: 'started', ...started };
  appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600, flag: 'ax' });
  return journalOf(file, line, []);
}

/** Null where the stand-in was killed before the first line was whole: that execution was never confirmed. */
export function openJournal(file: string): Journal | null {
  const lines: JournalLine[] = [];
  const text = readFileSync(file, 'utf8');
  for (const line of text.split('\n').slice(0, -1)) {
    // Half a line can only be the last thing a killed stand-in wrote; the next one began a fresh line after it.
    const parsed = parseLine(line);
    if (parsed !== undefined) lines.push(parsed);
  }
  if (!text.endsWith('\n')) appendFileSync(file, '\n');
  const [first, ...rest] = lines;
  return first?.kind === 'started' ? journalOf(file, first, rest) : null;
}

function parseLine(line: string): JournalLine | undefined {
  try {
    return Line.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function journalOf(file: string, started: StartedLine, lines: readonly JournalLine[]): Journal {
  const events: EventLine[] = [];
  const entered = new Map<string, EventLine>();
  const outputs = new Map<string, Json>();
  const retries = new Map<number, RetriedLine>();
  const tokens = new Map<string, TokenLine>();
  let ended: EndedLine | undefined;
  let closed = false;

  const keep = (line: JournalLine): void => {
    if (line.kind === 'event') events.push(line);
    if (line.kind === 'event' && line.type.endsWith('StateEntered')) entered.set(line.frame, line);
    if (line.kind === 'finished') outputs.set(line.frame, line.output);
    if (line.kind === 'retried') retries.set(line.visit, line);
    if (line.kind === 'token') tokens.set(`${String(line.visit)}.${String(line.attempt)}`, line);
    if (line.kind === 'ended') ended = line;
  };
  lines.forEach(keep);
  const write = (line: JournalLine): void => {
    if (closed || ended !== undefined) return;
    appendFileSync(file, `${JSON.stringify(line)}\n`);
    keep(line);
  };
  const append = (event: Omit<EventLine, 'kind' | 'id'>): number => {
    const id = (events.at(-1)?.id ?? 0) + 1;
    write({ kind: 'event', id, ...event });
    return id;
  };
  return {
    started,
    events,
    get ended() {
      return ended;
    },
    lastEntered: (frame) => entered.get(frame),
    outputOf: (frame) => outputs.get(frame),
    retriesOf: (visit) => retries.get(visit),
    tokenOf: (visit, attempt) => tokens.get(`${String(visit)}.${String(attempt)}`),
    tokens: () => [...tokens.values()],
    event(event) {
      if (events.length >= EVENT_LIMIT - 1) {
        throw new StateFailure(
          'States.Runtime',
          `The execution reached the maximum number of history events (${String(EVENT_LIMIT)}).`,
        );
      }
      return append(event);
    },
    note: write,
    end(line, lastEvent) {
      if (ended !== undefined || closed) return;
      append({ ...lastEvent, previous: events.at(-1)?.id ?? 0 });
      write({ kind: 'ended', ...line });
    },
    close: () => void (closed = true),
  };
}
