/** The secrets behind opaque references: derived by KMS each time, stored nowhere. */
import { GenerateMacCommand } from '@aws-sdk/client-kms';
import { kms } from './clients.ts';
import { setting } from './environment.ts';

export type SecretPurpose = 'record-ref/v1' | 'person-id/v1' | 'linked-ref/v1';

/** 32 bytes, the same for ever for one purpose and one key: HMAC-SHA-256 of the purpose under the pseudonym key. */
export async function pseudonymSecret(purpose: SecretPurpose): Promise<Uint8Array> {
  const reply = await kms.send(
    new GenerateMacCommand({
      KeyId: setting('TVT_PSEUDONYM_KEY'),
      MacAlgorithm: 'HMAC_SHA_256',
      Message: new TextEncoder().encode(purpose),
    }),
  );
  if (reply.Mac === undefined) throw new Error('KMS answered without a MAC');
  return reply.Mac;
}
