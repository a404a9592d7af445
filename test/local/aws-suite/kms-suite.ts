/**
 * What KMS does, as sentences that can be tried on the stand-in, on MiniStack and on AWS alike: each case gets a client
 * and one key of each kind the platform uses, and throws when the sentence is not true there.
 */
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  KMSClient,
  KMSServiceException,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';

export interface KmsTarget {
  /** Undefined for AWS itself. */
  readonly endpoint: string | undefined;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Ids, ARNs or aliases of keys that exist and the caller may use. */
  readonly keys: { readonly data: string; readonly mac: string; readonly signing: string };
}
interface KmsTrial {
  readonly kms: KMSClient;
  readonly keys: KmsTarget['keys'];
}
export interface KmsCase {
  readonly sentence: string;
  readonly run: (trial: KmsTrial) => Promise<void>;
}

/** The call is refused with this status and code. */
async function refused(call: Promise<unknown>, status: number, code: string): Promise<void> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof KMSServiceException))
    throw new assert.AssertionError({ message: `Not refused with ${code}.` });
  assert.equal(error.name, code);
  assert.equal(error.$metadata.httpStatusCode, status);
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const same = (left: Uint8Array | undefined, right: Uint8Array | undefined): void => {
  assert.ok(left !== undefined && right !== undefined && Buffer.from(left).equals(right));
};
const ZONE = { 'aws:s3:arn': 'arn:aws:s3:::a-zone/a-key' };
const MAC = 'HMAC_SHA_256' as const;
const ECDSA = 'ECDSA_SHA_256' as const;

export const KMS_CASES: readonly KmsCase[] = [
  {
    sentence: 'gives a data key of 32 bytes that comes back under its context',
    run: async ({ kms, keys }) => {
      const made = await kms.send(
        new GenerateDataKeyCommand({ KeyId: keys.data, KeySpec: 'AES_256', EncryptionContext: ZONE }),
      );
      assert.equal(made.Plaintext?.length, 32);
      const opened = await kms.send(
        new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext: ZONE }),
      );
      same(opened.Plaintext, made.Plaintext);
      assert.equal(opened.KeyId, made.KeyId);
    },
  },
  {
    sentence: 'opens nothing under another context, or none',
    run: async ({ kms, keys }) => {
      const { CiphertextBlob } = await kms.send(
        new EncryptCommand({ KeyId: keys.data, Plaintext: bytes('x'), EncryptionContext: ZONE }),
      );
      const open = (EncryptionContext?: Record<string, string>) =>
        kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
      await refused(
        open({ 'aws:s3:arn': 'arn:aws:s3:::a-zone/another-key' }),
        400,
        'InvalidCiphertextException',
      );
      await refused(open(), 400, 'InvalidCiphertextException');
    },
  },
  {
    sentence: 'opens nothing that was altered',
    run: async ({ kms, keys }) => {
      const { CiphertextBlob } = await kms.send(
        new EncryptCommand({ KeyId: keys.data, Plaintext: bytes('x') }),
      );
      const altered = Uint8Array.from(CiphertextBlob ?? []);
      const last = altered.length - 1;
      altered[last] = (altered[last] ?? 0) ^ 1;
      await refused(
        kms.send(new DecryptCommand({ CiphertextBlob: altered, KeyId: keys.data })),
        400,
        'InvalidCiphertextException',
      );
    },
  },
  {
    sentence: 'gives a MAC of 32 bytes, the same for one message, that it verifies',
    run: async ({ kms, keys }) => {
      const mac = (message: string) =>
        kms.send(new GenerateMacCommand({ KeyId: keys.mac, MacAlgorithm: MAC, Message: bytes(message) }));
      const [one, again, other] = [
        await mac('record-ref/v1'),
        await mac('record-ref/v1'),
        await mac('person-id/v1'),
      ];
      assert.equal(one.Mac?.length, 32);
      same(one.Mac, again.Mac);
      assert.ok(!Buffer.from(one.Mac ?? []).equals(other.Mac ?? new Uint8Array()));
      const check = await kms.send(
        new VerifyMacCommand({
          KeyId: keys.mac,
          MacAlgorithm: MAC,
          Message: bytes('record-ref/v1'),
          Mac: one.Mac,
        }),
      );
      assert.equal(check.MacValid, true);
    },
  },
  {
    sentence: 'refuses a MAC of another message',
    run: async ({ kms, keys }) => {
      const { Mac } = await kms.send(
        new GenerateMacCommand({ KeyId: keys.mac, MacAlgorithm: MAC, Message: bytes('a') }),
      );
      await refused(
        kms.send(new VerifyMacCommand({ KeyId: keys.mac, MacAlgorithm: MAC, Message: bytes('b'), Mac })),
        400,
        'KMSInvalidMacException',
      );
    },
  },
  {
    sentence: 'signs what anybody can verify with the public key alone',
    run: async ({ kms, keys }) => {
      const message = bytes('DSSEv1 28 application/vnd.in-toto+json 2 {}');
      const signed = await kms.send(
        new SignCommand({ KeyId: keys.signing, Message: message, SigningAlgorithm: ECDSA }),
      );
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: keys.signing }));
      const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' });
      assert.equal(verify('sha256', message, key, signed.Signature ?? new Uint8Array()), true);
      assert.equal(verify('sha256', bytes('another'), key, signed.Signature ?? new Uint8Array()), false);
    },
  },
  {
    sentence: 'signs a digest as it signs the message',
    run: async ({ kms, keys }) => {
      const message = bytes('the definition of a report');
      const digest = createHash('sha256').update(message).digest();
      const { Signature } = await kms.send(
        new SignCommand({
          KeyId: keys.signing,
          Message: digest,
          MessageType: 'DIGEST',
          SigningAlgorithm: ECDSA,
        }),
      );
      const check = await kms.send(
        new VerifyCommand({ KeyId: keys.signing, Message: message, Signature, SigningAlgorithm: ECDSA }),
      );
      assert.equal(check.SignatureValid, true);
    },
  },
  {
    sentence: 'refuses a signature on another message',
    run: async ({ kms, keys }) => {
      const { Signature } = await kms.send(
        new SignCommand({ KeyId: keys.signing, Message: bytes('a'), SigningAlgorithm: ECDSA }),
      );
      await refused(
        kms.send(
          new VerifyCommand({ KeyId: keys.signing, Message: bytes('b'), Signature, SigningAlgorithm: ECDSA }),
        ),
        400,
        'KMSInvalidSignatureException',
      );
    },
  },
  {
    sentence: 'uses each key only for what it was made for',
    run: async ({ kms, keys }) => {
      await refused(
        kms.send(new EncryptCommand({ KeyId: keys.mac, Plaintext: bytes('x') })),
        400,
        'InvalidKeyUsageException',
      );
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: keys.signing }));
      assert.equal(KeyMetadata?.KeyUsage, 'SIGN_VERIFY');
      assert.equal(KeyMetadata.KeySpec, 'ECC_NIST_P256');
    },
  },
  {
    sentence: 'knows no key that is not there',
    run: ({ kms }) =>
      refused(
        kms.send(new DescribeKeyCommand({ KeyId: '00000000-0000-0000-0000-00000000dead' })),
        400,
        'NotFoundException',
      ),
  },
];

/** Runs one case on a target. */
export async function runKmsCase(one: KmsCase, { endpoint, credentials, keys }: KmsTarget): Promise<void> {
  const kms = new KMSClient({
    region: 'eu-west-2',
    credentials,
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  try {
    await one.run({ kms, keys });
  } finally {
    kms.destroy();
  }
}
