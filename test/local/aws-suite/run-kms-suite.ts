/**
 * Runs the KMS suite against any endpoint, or AWS without one, on keys it makes there, and prints a line for each case:
 * `node test/local/aws-suite/run-kms-suite.ts [--endpoint URL] [--differences ministack]`, with keys in AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Exits with 1 when a case is not as expected.
 */
import { parseArgs } from 'node:util';
import { CreateKeyCommand, KMSClient, type CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { MINISTACK_KMS } from './kms-differences.ts';
import { KMS_CASES, runKmsCase, type KmsTarget } from './kms-suite.ts';

const { values } = parseArgs({ options: { endpoint: { type: 'string' }, differences: { type: 'string' } } });
const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN } = process.env;
const credentials = {
  accessKeyId: AWS_ACCESS_KEY_ID,
  secretAccessKey: AWS_SECRET_ACCESS_KEY,
  ...(AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN }),
};
const kms = new KMSClient({
  region: 'eu-west-2',
  credentials,
  ...(values.endpoint === undefined ? {} : { endpoint: values.endpoint }),
});
const make = async (input: CreateKeyCommandInput): Promise<string> =>
  (await kms.send(new CreateKeyCommand(input))).KeyMetadata?.KeyId ?? '';
const target: KmsTarget = {
  endpoint: values.endpoint,
  credentials,
  keys: {
    data: await make({}),
    mac: await make({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
    signing: await make({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
  },
};
for (const one of KMS_CASES) {
  const expected = values.differences === 'ministack' ? MINISTACK_KMS[one.sentence] : undefined;
  const failure = await runKmsCase(one, target).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
  );
  const asExpected = (failure === undefined) === (expected === undefined);
  if (!asExpected) process.exitCode = 1;
  const word = failure === undefined ? 'holds' : expected === undefined ? 'FAILS' : 'differs';
  console.log(
    `${asExpected ? ' ' : '!'} ${word}  ${one.sentence}${failure === undefined ? '' : ` (${expected ?? failure})`}`,
  );
}
