/** The KMS suite on the stand-in: the same sentences are tried on MiniStack by the deep check. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { KMS_CASES, runKmsCase } from './aws-suite/kms-suite.ts';
import { startFixture, type Started } from './front-door-stand-in.ts';

let standIn: Started;
beforeAll(async () => {
  standIn = await startFixture();
});
afterAll(() => standIn.remove());

describe('KMS', () => {
  test.each(KMS_CASES.map((one) => [one.sentence, one] as const))('%s', (_sentence, one) =>
    runKmsCase(one, {
      endpoint: standIn.endpoint,
      credentials: standIn.standIn.credentialsFor('keeper', 'keeper-one'),
      keys: { data: 'alias/tvt-records', mac: 'alias/tvt-pseudonyms', signing: 'alias/tvt-signing-one' },
    }),
  );
});
