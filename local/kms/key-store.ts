/** The keys of the templates and their material, kept under the data directory wrapped by a root key. */
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { arnOf, physicalId } from '../resource-names.ts';
import type { TemplateResource, Templates } from '../service.ts';

type KeySpec = 'SYMMETRIC_DEFAULT' | 'HMAC_256' | 'ECC_NIST_P256';
export type KeyUsage = 'ENCRYPT_DECRYPT' | 'GENERATE_VERIFY_MAC' | 'SIGN_VERIFY';

export interface Key {
  readonly keyId: string;
  readonly arn: string;
  readonly spec: KeySpec;
  readonly usage: KeyUsage;
  readonly enabled: boolean;
  readonly description: string;
  /** Alias names, `alias/…`. */
  readonly aliases: readonly string[];
  readonly createdAt: string;
  /** 32 bytes: the secret of a symmetric or HMAC key, the private scalar of a signing key. */
  readonly material: Uint8Array;
}
export interface KeyStore {
  /** By key id, key ARN, alias or alias ARN. */
  find(reference: string): Key | undefined;
  readonly keys: readonly Key[];
}

const KeyProperties = z.object({
  KeySpec: z.enum(['SYMMETRIC_DEFAULT', 'HMAC_256', 'ECC_NIST_P256']).default('SYMMETRIC_DEFAULT'),
  KeyUsage: z.enum(['ENCRYPT_DECRYPT', 'GENERATE_VERIFY_MAC', 'SIGN_VERIFY']).default('ENCRYPT_DECRYPT'),
  Enabled: z.boolean().default(true),
  Description: z.string().default(''),
});
const AliasProperties = z.object({ AliasName: z.string().startsWith('alias/'), TargetKeyId: z.string() });
const Stored = z.strictObject({ spec: z.string(), createdAt: z.string(), wrapped: z.base64() });

const USAGE_OF: Readonly<Record<KeySpec, KeyUsage>> = {
  SYMMETRIC_DEFAULT: 'ENCRYPT_DECRYPT',
  HMAC_256: 'GENERATE_VERIFY_MAC',
  ECC_NIST_P256: 'SIGN_VERIFY',
};

export interface KeyStoreOptions {
  readonly dataDir: string;
  readonly templates: Templates;
  readonly drawBytes: (purpose: string, length: number) => Uint8Array;
  readonly now: () => Date;
}

export function openKeyStore(options: KeyStoreOptions): KeyStore {
  const folder = join(options.dataDir, 'kms');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const rootKey = openRootKey(join(folder, 'root.key'));
  const aliases = aliasesByKey(options.templates);
  const keys = options.templates
    .byType('AWS::KMS::Key')
    .map((resource) => openKey(resource, aliases.get(physicalId(resource)) ?? [], folder, rootKey, options));
  const byReference = new Map<string, Key>();
  for (const key of keys) {
    byReference.set(key.keyId, key).set(key.arn, key);
    const prefix = key.arn.slice(0, key.arn.lastIndexOf(':') + 1);
    for (const alias of key.aliases) byReference.set(alias, key).set(`${prefix}${alias}`, key);
  }
  return { keys, find: (reference) => byReference.get(reference) };
}

function openRootKey(file: string): Uint8Array {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' });
  const key = readFileSync(file);
  if (key.length !== 32) throw new Error(`${file} is damaged: it must hold 32 bytes.`);
  return key;
}

function aliasesByKey(templates: Templates): ReadonlyMap<string, readonly string[]> {
  const aliases = new Map<string, string[]>();
  for (const resource of templates.byType('AWS::KMS::Alias')) {
    const { AliasName, TargetKeyId } = AliasProperties.parse(resource.properties);
    const keyId = TargetKeyId.slice(TargetKeyId.lastIndexOf('/') + 1);
    aliases.set(keyId, [...(aliases.get(keyId) ?? []), AliasName]);
  }
  return aliases;
}

function openKey(
  resource: TemplateResource,
  aliases: readonly string[],
  folder: string,
  rootKey: Uint8Array,
  options: KeyStoreOptions,
): Key {
  const parsed = KeyProperties.safeParse(resource.properties);
  if (!parsed.success || USAGE_OF[parsed.data.KeySpec] !== parsed.data.KeyUsage) {
    throw new Error(
      `${resource.stack}/${resource.logicalId}: the stand-in has no key of this spec and usage.`,
    );
  }
  const { KeySpec: spec, KeyUsage: usage, Enabled: enabled, Description: description } = parsed.data;
  const [keyId, arn] = [physicalId(resource), arnOf(resource)];
  const file = join(folder, `${keyId}.json`);
  if (!existsSync(file)) makeMaterial(file, arn, spec, rootKey, options);
  const stored = Stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  if (stored.spec !== spec) {
    throw new Error(
      `${resource.stack}/${resource.logicalId}: a key cannot change from ${stored.spec} to ${spec}.`,
    );
  }
  const material = unwrap(Buffer.from(stored.wrapped, 'base64'), arn, rootKey);
  return { keyId, arn, spec, usage, enabled, description, aliases, createdAt: stored.createdAt, material };
}

function makeMaterial(
  file: string,
  arn: string,
  spec: KeySpec,
  rootKey: Uint8Array,
  options: KeyStoreOptions,
): void {
  let material = options.drawBytes(`kms ${arn}`, 32);
  // One draw in four thousand million is no scalar of the curve.
  while (spec === 'ECC_NIST_P256' && !isScalar(material)) material = options.drawBytes(`kms ${arn}`, 32);
  const wrapped = wrap(material, arn, rootKey).toString('base64');
  const stored = { spec, createdAt: options.now().toISOString(), wrapped };
  writeFileSync(`${file}.new`, JSON.stringify(stored), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function wrap(material: Uint8Array, arn: string, rootKey: Uint8Array): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', rootKey, nonce).setAAD(Buffer.from(arn));
  const sealed = Buffer.concat([cipher.update(material), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
}

/** Bound to the key's ARN, so that two files cannot be exchanged. */
function unwrap(wrapped: Buffer, arn: string, rootKey: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', rootKey, wrapped.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(arn)).setAuthTag(wrapped.subarray(-16));
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]);
  } catch {
    throw new Error(`The material of ${arn} does not open: it was altered, or the root key is another one.`);
  }
}

function isScalar(material: Uint8Array): boolean {
  try {
    createECDH('prime256v1').setPrivateKey(material);
    return true;
  } catch {
    return false;
  }
}

export function signingPair(key: Key): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(key.material);
  const point = curve.getPublicKey();
  const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const privateKey = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: base64url(key.material),
      x: base64url(point.subarray(1, 33)),
      y: base64url(point.subarray(33, 65)),
    },
  });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
