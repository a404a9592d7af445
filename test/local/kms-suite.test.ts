/** The KMS suite on the stand-in; the same cases run against MiniStack in check:deep. */
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
      credentials: standIn.standIn.credentialsFor('keeper', 'suite'),
      keys: { data: 'alias/tvt-records', mac: 'alias/tvt-pseudonyms', signing: 'alias/tvt-signing-one' },
    }),
  );
});
