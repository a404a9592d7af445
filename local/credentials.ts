/**
 * Session credentials of the roles of the templates. Nothing is stored: the access key, its secret and the session
 * token are derived from the root secret, so a key that was not issued here cannot pass, whatever its secret.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Credentials, Principal } from './service.ts';
import { roleIdOf } from './template-attributes.ts';

export interface Keyring {
  readonly credentialsFor: (roleName: string, sessionName: string) => Credentials;
  readonly principalFor: (roleName: string, sessionName: string) => Principal;
  /** Whose key this is. The token names role and session, and proves that this keyring issued it for that key. */
  readonly lookUp: (accessKeyId: string, sessionToken: string | undefined) => KeyLookup;
}
export type KeyLookup =
  | { readonly outcome: 'known'; readonly principal: Principal; readonly secretAccessKey: string }
  /** No such access key, or a session's key without its token. */
  | { readonly outcome: 'unknown-key' }
  /** The token is forged, or belongs to another access key. */
  | { readonly outcome: 'bad-token' };

const Session = z.strictObject({ role: z.string(), session: z.string() });
/** What STS accepts as a session name. */
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const ACCESS_KEY = /^ASIA[A-Z2-7]{16}$/;

export function createKeyring(options: {
  readonly rootKey: Uint8Array;
  readonly account: string;
  readonly roles: ReadonlyMap<string, { readonly roleArn: string }>;
}): Keyring {
  const { rootKey, account, roles } = options;
  const mac = (...parts: readonly string[]): Buffer =>
    createHmac('sha256', rootKey).update(JSON.stringify(parts)).digest();
  const accessKeyIdOf = (role: string, session: string): string =>
    `ASIA${base32(mac('access-key', role, session)).slice(0, 16)}`;
  const secretOf = (role: string, session: string): string =>
    mac('secret', role, session).toString('base64').slice(0, 40);

  const principalFor = (roleName: string, sessionName: string): Principal => {
    const role = roles.get(roleName);
    if (role === undefined) throw new Error(`The templates have no role ${roleName}.`);
    if (!SESSION_NAME.test(sessionName))
      throw new Error('A session name has 2 to 64 letters, digits or +=,.@-_');
    return {
      arn: `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`,
      roleArn: role.roleArn,
      roleName,
      sessionName,
      userId: `${roleIdOf(roleName)}:${sessionName}`,
      accessKeyId: accessKeyIdOf(roleName, sessionName),
    };
  };

  const credentialsFor = (roleName: string, sessionName: string): Credentials => {
    const { accessKeyId } = principalFor(roleName, sessionName);
    const session = Buffer.from(JSON.stringify({ role: roleName, session: sessionName }));
    const proof = mac('token', roleName, sessionName);
    return {
      accessKeyId,
      secretAccessKey: secretOf(roleName, sessionName),
      sessionToken: Buffer.concat([proof, session]).toString('base64'),
    };
  };

  return {
    credentialsFor,
    principalFor,
    lookUp(accessKeyId, sessionToken) {
      if (!ACCESS_KEY.test(accessKeyId)) return { outcome: 'unknown-key' };
      // AWS knows a session's key only together with its token.
      if (sessionToken === undefined) return { outcome: 'unknown-key' };
      const session = readToken(sessionToken, (role, name) => mac('token', role, name));
      if (session === undefined || !roles.has(session.role)) return { outcome: 'bad-token' };
      if (accessKeyIdOf(session.role, session.session) !== accessKeyId) return { outcome: 'bad-token' };
      return {
        outcome: 'known',
        principal: principalFor(session.role, session.session),
        secretAccessKey: secretOf(session.role, session.session),
      };
    },
  };
}

function readToken(
  token: string,
  proofOf: (role: string, session: string) => Uint8Array,
): z.infer<typeof Session> | undefined {
  const bytes = Buffer.from(token, 'base64');
  // Base64 has spellings that decode alike; only the one that was issued is a token.
  if (bytes.length <= 32 || bytes.toString('base64') !== token) return undefined;
  let session: z.infer<typeof Session>;
  try {
    session = Session.parse(JSON.parse(bytes.subarray(32).toString('utf8')));
  } catch {
    return undefined;
  }
  return timingSafeEqual(bytes.subarray(0, 32), proofOf(session.role, session.session)) ? session : undefined;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes: Uint8Array): string {
  let [text, buffer, bits] = ['', 0, 0];
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(buffer >> (bits - 5)) & 31] ?? '';
  }
  return text;
}
