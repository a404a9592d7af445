/** KMS of the stand-in, driven by the AWS SDK's own client. */
import { createPublicKey, createHash, verify } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  KMSClient,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kmsOf } from '../../local/kms/service.ts';
import { physicalId } from '../../local/resource-names.ts';
import { startFixture, type Started } from './front-door-stand-in.ts';

let standIn: Started;
beforeAll(async () => {
  standIn = await startFixture();
});
afterAll(async () => {
  await standIn.remove();
});

const clientOf = (role: string, { endpoint, standIn: inside } = standIn): KMSClient =>
  new KMSClient({ region: 'eu-west-2', endpoint, credentials: inside.credentialsFor(role, `${role}-one`) });
const bytes = (text: string): Uint8Array => Buffer.from(text);
const RECORDS = 'alias/tvt-records';
const ZONE = { zone: 'records' };

describe('a data key', () => {
  it('comes back as it was made, under the context it was made in', async () => {
    const keeper = clientOf('keeper');
    const made = await keeper.send(
      new GenerateDataKeyCommand({
        KeyId: RECORDS,
        KeySpec: 'AES_256',
        EncryptionContext: { b: '2', a: '1' },
      }),
    );
    expect(made.Plaintext?.length).toBe(32);

    const opened = await keeper.send(
      new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext: { a: '1', b: '2' } }),
    );

    expect(Buffer.from(opened.Plaintext ?? [])).toEqual(Buffer.from(made.Plaintext ?? []));
    expect(opened.KeyId).toBe(made.KeyId);
  });

  it('can be made without showing its plaintext', async () => {
    const made = await clientOf('keeper').send(
      new GenerateDataKeyWithoutPlaintextCommand({ KeyId: RECORDS, KeySpec: 'AES_256' }),
    );
    expect(made).not.toHaveProperty('Plaintext');
    expect(made.CiphertextBlob?.length).toBeGreaterThan(32);
  });

  it('is made for another service only when the policy asks for that service', async () => {
    const kms = kmsOf(standIn.standIn.service('kms'));
    const as = standIn.standIn.principalFor('narrow', 'narrow-one');
    const request = { as, keyId: RECORDS, encryptionContext: {} };
    await expect(kms.generateDataKey({ ...request, viaService: 's3' })).resolves.toHaveProperty('ciphertext');
    await expect(kms.generateDataKey({ ...request, viaService: 'athena' })).rejects.toMatchObject({
      status: 403,
    });
    await expect(
      clientOf('narrow').send(new GenerateDataKeyCommand({ KeyId: RECORDS, KeySpec: 'AES_256' })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('ciphertext', () => {
  const sealed = async (context: Record<string, string> | undefined): Promise<Uint8Array> => {
    const answer = await clientOf('keeper').send(
      new EncryptCommand({ KeyId: RECORDS, Plaintext: bytes('what was said'), EncryptionContext: context }),
    );
    return answer.CiphertextBlob ?? new Uint8Array();
  };

  it.each([
    ['another context', { zone: 'linked' }],
    ['no context', undefined],
    ['a context with one pair more', { ...ZONE, more: 'x' }],
  ])('does not open in %s', async (_what, context) => {
    const CiphertextBlob = await sealed(ZONE);
    const opening = clientOf('keeper').send(
      new DecryptCommand({ CiphertextBlob, EncryptionContext: context }),
    );
    await expect(opening).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });

  it('does not open with any one byte altered', async () => {
    const ciphertext = await sealed(ZONE);
    const kms = kmsOf(standIn.standIn.service('kms'));
    const as = standIn.standIn.principalFor('keeper', 'keeper-one');
    for (let at = 0; at < ciphertext.length; at += 1) {
      const altered = Uint8Array.from(ciphertext, (byte, index) => (index === at ? byte ^ 1 : byte));
      const opening = kms.decrypt({ as, ciphertext: altered, encryptionContext: ZONE, viaService: 's3' });
      await expect(opening).rejects.toMatchObject({ code: 'InvalidCiphertextException' });
    }
  });

  it('does not open when the caller names another key', async () => {
    const CiphertextBlob = await sealed(undefined);
    const KeyId = 'alias/tvt-pseudonyms';
    const opening = clientOf('barred').send(new DecryptCommand({ CiphertextBlob, KeyId }));
    await expect(opening).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
  });
});

describe('the context in a condition', () => {
  it('opens only the object a role was given', async () => {
    const arn = 'arn:aws:s3:::tvt-records-000000000000';
    const keeper = clientOf('keeper');
    const seal = async (name: string) =>
      keeper.send(
        new EncryptCommand({
          KeyId: RECORDS,
          Plaintext: bytes('x'),
          EncryptionContext: { 'aws:s3:arn': `${arn}/${name}` },
        }),
      );
    const [mine, theirs] = [await seal('mine'), await seal('theirs')];
    const open = async (CiphertextBlob: Uint8Array | undefined, name: string) =>
      clientOf('narrow').send(
        new DecryptCommand({ CiphertextBlob, EncryptionContext: { 'aws:s3:arn': `${arn}/${name}` } }),
      );
    await expect(open(mine.CiphertextBlob, 'mine')).resolves.toHaveProperty('Plaintext');
    await expect(open(theirs.CiphertextBlob, 'theirs')).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  it('is a reason to deny, and the denial does not fail open', async () => {
    const { CiphertextBlob } = await clientOf('keeper').send(
      new EncryptCommand({ KeyId: RECORDS, Plaintext: bytes('x'), EncryptionContext: ZONE }),
    );
    const opening = clientOf('barred').send(new DecryptCommand({ CiphertextBlob, EncryptionContext: ZONE }));
    await expect(opening).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('with an explicit deny in an identity-based policy') as unknown,
    });
  });
});

describe('a key policy', () => {
  it('that leaves out the account shuts out every identity policy', async () => {
    const closed = standIn.standIn.templates
      .byType('AWS::KMS::Key')
      .find(({ logicalId }) => logicalId === 'ClosedKey');
    const KeyId = closed === undefined ? '' : physicalId(closed);
    const encrypt = new EncryptCommand({ KeyId, Plaintext: bytes('x') });
    await expect(clientOf('barred').send(encrypt)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('no resource-based policy allows') as unknown,
    });
    // The role it names needs no identity policy for it.
    await expect(clientOf('keeper').send(encrypt)).resolves.toHaveProperty('CiphertextBlob');
  });

  it('that trusts the account still needs an identity policy', async () => {
    const encrypt = new EncryptCommand({ KeyId: RECORDS, Plaintext: bytes('x') });
    await expect(clientOf('guest').send(encrypt)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('no identity-based policy allows the kms:Encrypt action') as unknown,
    });
  });
});

describe('a signing key', () => {
  it.each(['RAW', 'DIGEST'] as const)(
    'signs (%s) what its public key verifies, and nothing else',
    async (kind) => {
      const keeper = clientOf('keeper');
      const text = bytes('the whole definition');
      const Message = kind === 'RAW' ? text : createHash('sha256').update(text).digest();
      const common = {
        KeyId: 'alias/tvt-signing-one',
        MessageType: kind,
        SigningAlgorithm: 'ECDSA_SHA_256',
      } as const;

      const { Signature = new Uint8Array() } = await keeper.send(new SignCommand({ ...common, Message }));
      const { PublicKey = new Uint8Array() } = await keeper.send(
        new GetPublicKeyCommand({ KeyId: common.KeyId }),
      );

      const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
      expect(verify('sha256', text, publicKey, Signature)).toBe(true);
      expect(verify('sha256', bytes('another definition'), publicKey, Signature)).toBe(false);
      await expect(keeper.send(new VerifyCommand({ ...common, Message, Signature }))).resolves.toMatchObject({
        SignatureValid: true,
      });
      const other = createHash('sha256').update('another').digest();
      await expect(
        keeper.send(new VerifyCommand({ ...common, Message: other, Signature })),
      ).rejects.toMatchObject({
        name: 'KMSInvalidSignatureException',
      });
    },
  );

  it('does not encrypt', async () => {
    const encrypt = new EncryptCommand({ KeyId: 'alias/tvt-signing-one', Plaintext: bytes('x') });
    await expect(clientOf('barred').send(encrypt)).rejects.toMatchObject({
      name: 'InvalidKeyUsageException',
    });
  });
});

describe('a MAC key', () => {
  it('gives one text one MAC and refuses any other', async () => {
    const keeper = clientOf('keeper');
    const common = { KeyId: 'alias/tvt-pseudonyms', MacAlgorithm: 'HMAC_SHA_256' } as const;
    const first = await keeper.send(new GenerateMacCommand({ ...common, Message: bytes('record-ref/v1') }));
    const again = await keeper.send(new GenerateMacCommand({ ...common, Message: bytes('record-ref/v1') }));
    expect(Buffer.from(first.Mac ?? [])).toEqual(Buffer.from(again.Mac ?? []));

    const check = async (text: string) =>
      keeper.send(new VerifyMacCommand({ ...common, Message: bytes(text), Mac: first.Mac }));
    await expect(check('record-ref/v1')).resolves.toMatchObject({ MacValid: true });
    await expect(check('record-ref/v2')).rejects.toMatchObject({ name: 'KMSInvalidMacException' });
  });
});

describe('the keys themselves', () => {
  it('are found by id, ARN and alias, and an unknown one is named', async () => {
    const keeper = clientOf('keeper');
    const { KeyMetadata } = await keeper.send(new DescribeKeyCommand({ KeyId: RECORDS }));
    expect(KeyMetadata).toMatchObject({
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyState: 'Enabled',
      Description: 'records',
    });
    for (const KeyId of [KeyMetadata?.KeyId, KeyMetadata?.Arn]) {
      const found = await keeper.send(new DescribeKeyCommand({ KeyId }));
      expect(found.KeyMetadata?.Arn).toBe(KeyMetadata?.Arn);
    }
    await expect(keeper.send(new DescribeKeyCommand({ KeyId: 'alias/none' }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });

  it('lie wrapped in files of their owner only', () => {
    const folder = join(standIn.dataDir, 'kms');
    expect(statSync(standIn.dataDir).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it('open what they sealed after the stand-in was started again', async () => {
    const first = await startFixture();
    const sealed = await clientOf('keeper', first).send(
      new EncryptCommand({ KeyId: RECORDS, Plaintext: bytes('x') }),
    );
    await first.close();

    const second = await startFixture({ dataDir: first.dataDir });

    const opened = await clientOf('keeper', second).send(
      new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob }),
    );
    expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe('x');
    await second.remove();
  });

  it('are not made by callers: an operation that was not built answers 501', async () => {
    await expect(clientOf('barred').send(new CreateKeyCommand({}))).rejects.toMatchObject({
      name: 'NotImplemented',
      $metadata: { httpStatusCode: 501 },
    });
  });

  it('leave a trail that names the key and never what was sealed', async () => {
    await clientOf('keeper').send(
      new EncryptCommand({ KeyId: RECORDS, Plaintext: bytes('unmistakable'), EncryptionContext: { a: 'b' } }),
    );
    const line =
      readFileSync(join(standIn.dataDir, 'trail.jsonl'), 'utf8').trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(line)).toMatchObject({
      eventSource: 'kms.amazonaws.com',
      eventName: 'Encrypt',
      userArn: 'arn:aws:sts::000000000000:assumed-role/keeper/keeper-one',
      resources: [expect.stringMatching(/^arn:aws:kms:eu-west-2:000000000000:key\//) as unknown],
    });
    expect(line).not.toContain('unmistakable');
    expect(line).not.toContain(bytes('unmistakable').toString());
  });
});
