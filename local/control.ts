/**
 * The stand-in's own door, which AWS does not have: reads and moves the clock, and issues credentials to whoever can
 * read the token in the data directory (mode 0600). Paths begin with `/_stand-in/`, which no bucket can.
 *
 *   GET  /_stand-in/clock                            → { now, offsetMs }
 *   POST /_stand-in/clock        { "to": "<ISO>" }   → { now, offsetMs }, once everything due has run
 *   GET  /_stand-in/roles                            → [{ roleName, roleArn, tags }]
 *   GET  /_stand-in/credentials?role=R&session=S     → { accessKeyId, secretAccessKey, sessionToken }
 *
 * Each with `authorization: Bearer <content of <dataDir>/control-token>`.
 */
import { timingSafeEqual } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Keyring } from './credentials.ts';
import type { Role } from './iam-policies.ts';
import type { Clock, Reply } from './service.ts';

export const CONTROL_PREFIX = '/_stand-in/';
export const CONTROL_TOKEN_FILE = 'control-token';

interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string;
  readonly body: Uint8Array;
}
export type Control = (request: ControlRequest) => Promise<Reply>;

const Move = z.strictObject({ to: z.iso.datetime({ offset: true }).or(z.iso.date()) });

export function createControl(options: {
  readonly dataDir: string;
  readonly tokenKey: Uint8Array;
  readonly clock: Clock;
  readonly keyring: Keyring;
  readonly roles: ReadonlyMap<string, Role>;
}): Control {
  const { clock, keyring, roles } = options;
  const token = Buffer.from(options.tokenKey).toString('hex');
  writeFileSync(join(options.dataDir, CONTROL_TOKEN_FILE), token, { mode: 0o600 });
  const expected = Buffer.from(`Bearer ${token}`);

  const time = (): Reply => json(200, { now: clock.now().toISOString(), offsetMs: clock.offsetMs() });
  const move = async (body: Uint8Array): Promise<Reply> => {
    const parsed = Move.safeParse(parseJson(body));
    if (!parsed.success) return json(400, { message: 'Say where to: { "to": "2026-01-31T02:00:00Z" }.' });
    try {
      await clock.moveTo(new Date(parsed.data.to));
    } catch (error) {
      if (error instanceof RangeError) return json(409, { message: error.message });
      throw error;
    }
    return time();
  };
  const credentials = (query: URLSearchParams): Reply => {
    const [role, session] = [query.get('role') ?? '', query.get('session') ?? ''];
    if (!roles.has(role)) return json(404, { message: 'The templates have no such role.' });
    try {
      return json(200, keyring.credentialsFor(role, session));
    } catch (error) {
      return json(400, { message: error instanceof Error ? error.message : 'No such session.' });
    }
  };

  return async ({ method, path, query, authorization, body }) => {
    const given = Buffer.from(authorization);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      return json(403, { message: `This needs the token of ${CONTROL_TOKEN_FILE} in the data directory.` });
    }
    switch (`${method} ${path.slice(CONTROL_PREFIX.length)}`) {
      case 'GET clock':
        return time();
      case 'POST clock':
        return move(body);
      case 'GET roles':
        return json(
          200,
          [...roles.values()].map(({ roleName, roleArn, tags }) => ({ roleName, roleArn, tags })),
        );
      case 'GET credentials':
        return credentials(query);
      default:
        return json(501, { message: 'The stand-in has no such door.' });
    }
  };
}

const json = (status: number, body: unknown): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}
