/** What each KMS operation takes and does; anything not listed here is not implemented. */
import { createHmac, createPublicKey, sign, timingSafeEqual, verify } from 'node:crypto';
import { z } from 'zod';
import { seal } from './ciphertext.ts';
import { ENCRYPTION, dataKey, decrypt } from './data-keys.ts';
import { signDigest, verifyDigest } from './ecdsa-digest.ts';
import { signingPair, type Key } from './key-store.ts';
import { findKey, refusal, useKey, type Caller, type Tools, type Use } from './use-key.ts';

/** One operation's answer: the JSON to send, and the key the trail names. */
interface Answer {
  readonly json: Readonly<Record<string, unknown>>;
  readonly key: Key | undefined;
}
export type Operation = (input: unknown, caller: Caller, tools: Tools) => Answer;
/** At most 4,096 bytes are encrypted, signed or MACed directly. */
const MAX_MESSAGE_BYTES = 4096;

const blob = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const message = blob.refine(
  (bytes) => bytes.length >= 1 && bytes.length <= MAX_MESSAGE_BYTES,
  'has 1 to 4,096 bytes',
);
const keyId = z.string().min(1).max(2048);
const context = z.record(z.string(), z.string()).default({});
/** Only the signature algorithm of P-256 exists here. */
const signing = {
  KeyId: keyId,
  Message: message,
  MessageType: z.enum(['RAW', 'DIGEST']).default('RAW'),
  SigningAlgorithm: z.literal('ECDSA_SHA_256'),
};
const mac = { KeyId: keyId, Message: message, MacAlgorithm: z.literal('HMAC_SHA_256') };
const symmetric = z.literal('SYMMETRIC_DEFAULT').default('SYMMETRIC_DEFAULT');

const DataKeyInput = z.strictObject({
  KeyId: keyId,
  EncryptionContext: context,
  KeySpec: z.enum(['AES_256', 'AES_128']).optional(),
  NumberOfBytes: z.int().min(1).max(1024).optional(),
});
const EncryptInput = z.strictObject({
  KeyId: keyId,
  Plaintext: message,
  EncryptionContext: context,
  EncryptionAlgorithm: symmetric,
});
const DecryptInput = z.strictObject({
  CiphertextBlob: blob,
  KeyId: keyId.optional(),
  EncryptionContext: context,
  EncryptionAlgorithm: symmetric,
});
const SignInput = z.strictObject(signing);
const VerifyInput = z.strictObject({ ...signing, Signature: blob });
const MacInput = z.strictObject(mac);
const VerifyMacInput = z.strictObject({ ...mac, Mac: blob });
const KeyInput = z.strictObject({ KeyId: keyId });
const ListAliasesInput = z.strictObject({
  KeyId: keyId.optional(),
  Limit: z.int().min(1).max(1000).default(50),
  Marker: z.string().optional(),
});

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  // The path and the rule, never the value.
  throw refusal(
    'ValidationException',
    `${issue?.path.join('.') ?? 'input'}: ${issue?.message ?? 'is not valid'}`,
  );
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
function answerDataKey(action: string, withPlaintext: boolean): Operation {
  return (input, caller, tools) => {
    const { KeyId, EncryptionContext, KeySpec, NumberOfBytes } = parse(DataKeyInput, input);
    if ((KeySpec === undefined) === (NumberOfBytes === undefined)) {
      throw refusal('ValidationException', 'Please specify either number of bytes or key spec.');
    }
    const bytes = NumberOfBytes ?? (KeySpec === 'AES_128' ? 16 : 32);
    const made = dataKey(tools, caller, { reference: KeyId, context: EncryptionContext, bytes, action });
    const json = { KeyId: made.key.arn, CiphertextBlob: base64(made.ciphertext) };
    return { key: made.key, json: withPlaintext ? { ...json, Plaintext: base64(made.plaintext) } : json };
  };
}

const encrypt: Operation = (input, caller, tools) => {
  const { KeyId, Plaintext, EncryptionContext } = parse(EncryptInput, input);
  const key = useKey(tools, caller, {
    action: 'Encrypt',
    usage: 'ENCRYPT_DECRYPT',
    reference: KeyId,
    encryptionContext: EncryptionContext,
    more: ENCRYPTION,
  });
  const CiphertextBlob = base64(seal(key, Plaintext, EncryptionContext));
  return { key, json: { KeyId: key.arn, CiphertextBlob, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };
};

const answerDecrypt: Operation = (input, caller, tools) => {
  const { CiphertextBlob, KeyId, EncryptionContext } = parse(DecryptInput, input);
  const opened = decrypt(tools, caller, {
    ciphertext: CiphertextBlob,
    context: EncryptionContext,
    reference: KeyId,
  });
  return {
    key: opened.key,
    json: {
      KeyId: opened.key.arn,
      Plaintext: base64(opened.plaintext),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    },
  };
};

const macOf = (key: Key, bytes: Uint8Array): Buffer =>
  createHmac('sha256', key.material).update(bytes).digest();
const macUse = (action: string, reference: string): Use => ({
  action,
  usage: 'GENERATE_VERIFY_MAC',
  reference,
  more: { 'kms:MacAlgorithm': 'HMAC_SHA_256' },
});

const generateMac: Operation = (input, caller, tools) => {
  const { KeyId, Message, MacAlgorithm } = parse(MacInput, input);
  const key = useKey(tools, caller, macUse('GenerateMac', KeyId));
  return { key, json: { KeyId: key.arn, MacAlgorithm, Mac: base64(macOf(key, Message)) } };
};

const verifyMac: Operation = (input, caller, tools) => {
  const { KeyId, Message, MacAlgorithm, Mac } = parse(VerifyMacInput, input);
  const key = useKey(tools, caller, macUse('VerifyMac', KeyId));
  const computed = macOf(key, Message);
  if (Mac.length !== computed.length || !timingSafeEqual(Mac, computed))
    throw refusal('KMSInvalidMacException', '');
  return { key, json: { KeyId: key.arn, MacAlgorithm, MacValid: true } };
};

const signUse = (action: string, reference: string, messageType: string): Use => ({
  action,
  usage: 'SIGN_VERIFY',
  reference,
  more: { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': messageType },
});

function checkDigest(messageType: 'RAW' | 'DIGEST', bytes: Uint8Array): void {
  if (messageType === 'DIGEST' && bytes.length !== 32) {
    throw refusal('ValidationException', 'Digest is invalid length for algorithm ECDSA_SHA_256.');
  }
}

const signMessage: Operation = (input, caller, tools) => {
  const { KeyId, Message, MessageType, SigningAlgorithm } = parse(SignInput, input);
  const key = useKey(tools, caller, signUse('Sign', KeyId, MessageType));
  checkDigest(MessageType, Message);
  const { privateKey } = signingPair(key);
  const Signature = base64(
    MessageType === 'RAW' ? sign('sha256', Message, privateKey) : signDigest(key, Message),
  );
  return { key, json: { KeyId: key.arn, Signature, SigningAlgorithm } };
};

const verifyMessage: Operation = (input, caller, tools) => {
  const { KeyId, Message, MessageType, SigningAlgorithm, Signature } = parse(VerifyInput, input);
  const key = useKey(tools, caller, signUse('Verify', KeyId, MessageType));
  checkDigest(MessageType, Message);
  const valid =
    MessageType === 'RAW'
      ? verify('sha256', Message, signingPair(key).publicKey, Signature)
      : verifyDigest(key, Message, Signature);
  if (!valid) throw refusal('KMSInvalidSignatureException', '');
  return { key, json: { KeyId: key.arn, SignatureValid: true, SigningAlgorithm } };
};

const getPublicKey: Operation = (input, caller, tools) => {
  const { KeyId } = parse(KeyInput, input);
  const key = useKey(tools, caller, { action: 'GetPublicKey', reference: KeyId });
  if (key.spec !== 'ECC_NIST_P256') {
    throw refusal('UnsupportedOperationException', `${key.arn} is a symmetric key, which has no public key.`);
  }
  const PublicKey = base64(
    createPublicKey(signingPair(key).privateKey).export({ type: 'spki', format: 'der' }),
  );
  const SigningAlgorithms = ['ECDSA_SHA_256'];
  const specs = {
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    KeyUsage: key.usage,
    SigningAlgorithms,
  };
  return { key, json: { KeyId: key.arn, PublicKey, ...specs } };
};

const describeKey: Operation = (input, caller, tools) => {
  const { KeyId } = parse(KeyInput, input);
  const key = useKey(tools, caller, { action: 'DescribeKey', reference: KeyId });
  const algorithms = {
    SYMMETRIC_DEFAULT: { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] },
    HMAC_256: { MacAlgorithms: ['HMAC_SHA_256'] },
    ECC_NIST_P256: { SigningAlgorithms: ['ECDSA_SHA_256'] },
  }[key.spec];
  const KeyMetadata = {
    AWSAccountId: tools.standIn.templates.account,
    KeyId: key.keyId,
    Arn: key.arn,
    CreationDate: Date.parse(key.createdAt) / 1000,
    Enabled: key.enabled,
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.enabled ? 'Enabled' : 'Disabled',
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    MultiRegion: false,
    ...algorithms,
  };
  return { key, json: { KeyMetadata } };
};

const listAliases: Operation = (input, caller, tools) => {
  const { KeyId, Limit, Marker } = parse(ListAliasesInput, input);
  tools.standIn.authoriser.require({ principal: caller.as, action: 'kms:ListAliases', resource: '*' });
  const only = KeyId === undefined ? undefined : findKey(tools, KeyId);
  const all = tools.store.keys
    .filter((key) => only === undefined || key === only)
    .flatMap((key) => key.aliases.map((alias) => ({ alias, key })))
    .sort((a, b) => (a.alias < b.alias ? -1 : 1))
    .filter(({ alias }) => Marker === undefined || alias > Marker);
  const page = all.slice(0, Limit);
  const Aliases = page.map(({ alias, key }) => ({
    AliasName: alias,
    AliasArn: `${key.arn.slice(0, key.arn.lastIndexOf(':') + 1)}${alias}`,
    TargetKeyId: key.keyId,
    CreationDate: Date.parse(key.createdAt) / 1000,
  }));
  const more = all.length > page.length;
  return { key: only, json: { Aliases, Truncated: more, ...(more && { NextMarker: page.at(-1)?.alias }) } };
};

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  GenerateDataKey: answerDataKey('GenerateDataKey', true),
  GenerateDataKeyWithoutPlaintext: answerDataKey('GenerateDataKeyWithoutPlaintext', false),
  Encrypt: encrypt,
  Decrypt: answerDecrypt,
  GenerateMac: generateMac,
  VerifyMac: verifyMac,
  Sign: signMessage,
  Verify: verifyMessage,
  GetPublicKey: getPublicKey,
  DescribeKey: describeKey,
  ListAliases: listAliases,
};
