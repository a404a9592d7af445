/** Data keys made and ciphertext opened: what callers ask of KMS, and S3 for them. */
import { randomBytes } from 'node:crypto';
import { keyIdIn, open, seal, type EncryptionContext } from './ciphertext.ts';
import type { Key } from './key-store.ts';
import { refusal, useKey, type Caller, type Tools } from './use-key.ts';

export const ENCRYPTION = { 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' };

export function dataKey(
  tools: Tools,
  caller: Caller,
  input: {
    readonly reference: string;
    readonly context: EncryptionContext;
    readonly bytes: number;
    readonly action: string;
  },
): { readonly key: Key; readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array } {
  const key = useKey(tools, caller, {
    action: input.action,
    usage: 'ENCRYPT_DECRYPT',
    reference: input.reference,
    encryptionContext: input.context,
  });
  const plaintext = new Uint8Array(randomBytes(input.bytes));
  return { key, plaintext, ciphertext: seal(key, plaintext, input.context) };
}

export function decrypt(
  tools: Tools,
  caller: Caller,
  input: {
    readonly ciphertext: Uint8Array;
    readonly context: EncryptionContext;
    readonly reference?: string | undefined;
  },
): { readonly key: Key; readonly plaintext: Uint8Array } {
  const named = keyIdIn(input.ciphertext);
  if (named === undefined || tools.store.find(named) === undefined)
    throw refusal('InvalidCiphertextException', '');
  const key = useKey(tools, caller, {
    action: 'Decrypt',
    usage: 'ENCRYPT_DECRYPT',
    reference: input.reference ?? named,
    encryptionContext: input.context,
    more: ENCRYPTION,
  });
  if (key.keyId !== named) {
    throw refusal(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    );
  }
  const plaintext = open(key, input.ciphertext, input.context);
  if (plaintext === undefined) throw refusal('InvalidCiphertextException', '');
  return { key, plaintext };
}
