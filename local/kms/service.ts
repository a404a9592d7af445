/** KMS: the keys of the templates, served over AWS JSON 1.1 and to the other services of the stand-in. */
import type { Principal, Service } from '../service.ts';

/** KMS as other services use it: always as somebody, judged by key policy and identity policy together. */
export interface Kms extends Service {
  /** `keyId`: id, ARN, alias or alias ARN. `viaService` fills kms:ViaService, e.g. `s3`. Throws ServiceError. */
  generateDataKey(request: {
    readonly as: Principal;
    readonly keyId: string;
    readonly encryptionContext: Readonly<Record<string, string>>;
    readonly viaService: string;
  }): Promise<{ readonly keyArn: string; readonly plaintext: Uint8Array; readonly ciphertext: Uint8Array }>;
  decrypt(request: {
    readonly as: Principal;
    readonly ciphertext: Uint8Array;
    readonly encryptionContext: Readonly<Record<string, string>>;
    readonly viaService: string;
  }): Promise<{ readonly keyArn: string; readonly plaintext: Uint8Array }>;
}
/** The KMS part of a stand-in: `kmsOf(standIn.service('kms'))`. */
export function kmsOf(service: Service): Kms {
  if (!isKms(service)) throw new Error(`The service ${service.name} holds no keys.`);
  return service;
}
const isKms = (service: Service): service is Kms => service.name === 'kms' && 'generateDataKey' in service;
