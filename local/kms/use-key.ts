/** A key for one use: found by any of its names, and given only where key policy and identity policies allow. */
import { ServiceError, type Principal, type StandIn } from '../service.ts';
import type { EncryptionContext } from './ciphertext.ts';
import type { Key, KeyStore, KeyUsage } from './key-store.ts';

export interface Caller {
  readonly as: Principal;
  /** The service that calls for the principal, e.g. `s3`; undefined when the principal calls itself. */
  readonly viaService: string | undefined;
}
export interface Tools {
  readonly standIn: StandIn;
  readonly store: KeyStore;
}

export const refusal = (code: string, text: string): ServiceError => new ServiceError(400, code, text);

export function findKey(tools: Tools, reference: string): Key {
  const key = tools.store.find(reference);
  if (key !== undefined) return key;
  const { account, region } = tools.standIn.templates;
  const kind = reference.includes('alias/') ? 'Alias' : 'Key';
  const arn = reference.startsWith('arn:')
    ? reference
    : `arn:aws:kms:${region}:${account}:${kind === 'Alias' ? reference : `key/${reference}`}`;
  throw refusal('NotFoundException', `${kind} '${arn}' does not exist`);
}

export interface Use {
  readonly action: string;
  readonly usage?: KeyUsage;
  readonly reference: string;
  readonly more?: Readonly<Record<string, string | readonly string[]>>;
  readonly encryptionContext?: EncryptionContext;
}

/** The key, once its policy and the caller's policies together allow this use of it. */
export function useKey(tools: Tools, caller: Caller, use: Use): Key {
  const key = findKey(tools, use.reference);
  const contextNames = Object.keys(use.encryptionContext ?? {});
  const aliasStart = use.reference.indexOf('alias/');
  tools.standIn.authoriser.require({
    principal: caller.as,
    action: `kms:${use.action}`,
    resource: key.arn,
    context: {
      'kms:KeySpec': key.spec,
      'kms:KeyUsage': key.usage,
      'kms:KeyOrigin': 'AWS_KMS',
      'kms:MultiRegion': 'false',
      ...(key.aliases.length > 0 && { 'kms:ResourceAliases': key.aliases }),
      ...(aliasStart !== -1 && { 'kms:RequestAlias': use.reference.slice(aliasStart) }),
      ...(contextNames.length > 0 && { 'kms:EncryptionContextKeys': contextNames }),
      ...Object.fromEntries(
        Object.entries(use.encryptionContext ?? {}).map(([name, value]) => [
          `kms:EncryptionContext:${name}`,
          value,
        ]),
      ),
      ...(caller.viaService !== undefined && {
        'kms:ViaService': `${caller.viaService}.${tools.standIn.templates.region}.amazonaws.com`,
        'aws:ViaAWSService': 'true',
      }),
      ...use.more,
    },
  });
  if (!key.enabled) throw refusal('DisabledException', `${key.arn} is disabled.`);
  if (use.usage !== undefined && key.usage !== use.usage) {
    throw refusal(
      'InvalidKeyUsageException',
      `${key.arn} key usage is ${key.usage} which is not valid for ${use.action}.`,
    );
  }
  return key;
}
