/** What KMS does, as sentences that can be tried on the stand-in, on MiniStack and on AWS alike, with three keys of any of them. */
import { strict as assert } from 'node:assert';
import { createHash, createPublicKey, verify } from 'node:crypto';
import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  KMSClient,
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
  /** Ids or aliases of a symmetric key, an HMAC_256 key and an ECC_NIST_P256 signing key. */
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

const bytes = (text: string): Uint8Array => Buffer.from(text);
const same = (left: Uint8Array | undefined, right: Uint8Array | undefined): void =>
  assert.deepEqual(Buffer.from(left ?? []), Buffer.from(right ?? []));
async function refused(call: Promise<unknown>, name: string): Promise<void> {
  await assert.rejects(call, { name });
}
const CONTEXT = { zone: 'records' };

export const KMS_CASES: readonly KmsCase[] = [
  {
    sentence: 'a data key comes back as it was made, its context in any order',
    run: async ({ kms, keys }) => {
      const made = await kms.send(
        new GenerateDataKeyCommand({
          KeyId: keys.data,
          KeySpec: 'AES_256',
          EncryptionContext: { b: '2', a: '1' },
        }),
      );
      const { CiphertextBlob } = made;
      const opened = await kms.send(
        new DecryptCommand({ CiphertextBlob, EncryptionContext: { a: '1', b: '2' } }),
      );
      assert.equal(made.Plaintext?.length, 32);
      same(opened.Plaintext, made.Plaintext);
    },
  },
  ...[undefined, { zone: 'linked' }, { ...CONTEXT, more: 'x' }].map((context) => ({
    sentence: `ciphertext does not open under ${context === undefined ? 'no context' : JSON.stringify(context)}`,
    run: async ({ kms, keys }: KmsTrial) => {
      const { CiphertextBlob } = await kms.send(
        new EncryptCommand({ KeyId: keys.data, Plaintext: bytes('text'), EncryptionContext: CONTEXT }),
      );
      await refused(
        kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context })),
        'InvalidCiphertextException',
      );
    },
  })),
  {
    sentence: 'ciphertext with one byte altered does not open',
    run: async ({ kms, keys }) => {
      const { CiphertextBlob = new Uint8Array() } = await kms.send(
        new EncryptCommand({ KeyId: keys.data, Plaintext: bytes('text') }),
      );
      const last = CiphertextBlob.length - 1;
      const altered = Uint8Array.from(CiphertextBlob, (byte, at) => (at === last ? byte ^ 1 : byte));
      await refused(kms.send(new DecryptCommand({ CiphertextBlob: altered })), 'InvalidCiphertextException');
    },
  },
  {
    sentence: 'a MAC is the same for the same text, and refused for another',
    run: async ({ kms, keys }) => {
      const common = { KeyId: keys.mac, MacAlgorithm: 'HMAC_SHA_256' } as const;
      const first = await kms.send(new GenerateMacCommand({ ...common, Message: bytes('one') }));
      const again = await kms.send(new GenerateMacCommand({ ...common, Message: bytes('one') }));
      same(first.Mac, again.Mac);
      const check = (text: string) =>
        kms.send(new VerifyMacCommand({ ...common, Message: bytes(text), Mac: first.Mac }));
      assert.equal((await check('one')).MacValid, true);
      await refused(check('two'), 'KMSInvalidMacException');
    },
  },
  ...(['RAW', 'DIGEST'] as const).map((MessageType) => ({
    sentence: `a signature (${MessageType}) is what the public key verifies, and of nothing else`,
    run: async ({ kms, keys }: KmsTrial) => {
      const of = (text: string): Uint8Array =>
        MessageType === 'RAW' ? bytes(text) : createHash('sha256').update(text).digest();
      const common = { KeyId: keys.signing, MessageType, SigningAlgorithm: 'ECDSA_SHA_256' } as const;
      const { Signature = new Uint8Array() } = await kms.send(
        new SignCommand({ ...common, Message: of('one') }),
      );
      const { PublicKey = new Uint8Array() } = await kms.send(
        new GetPublicKeyCommand({ KeyId: keys.signing }),
      );
      const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
      assert.equal(verify('sha256', bytes('one'), key, Signature), true);
      assert.equal(verify('sha256', bytes('two'), key, Signature), false);
      await refused(
        kms.send(new VerifyCommand({ ...common, Message: of('two'), Signature })),
        'KMSInvalidSignatureException',
      );
    },
  })),
  {
    sentence: 'a signing key does not encrypt',
    run: ({ kms, keys }) =>
      refused(
        kms.send(new EncryptCommand({ KeyId: keys.signing, Plaintext: bytes('x') })),
        'InvalidKeyUsageException',
      ),
  },
  {
    sentence: 'an unknown key is not found',
    run: ({ kms }) => refused(kms.send(new DescribeKeyCommand({ KeyId: 'alias/none' })), 'NotFoundException'),
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
