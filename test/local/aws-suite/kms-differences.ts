/** Where a target's KMS is known to answer otherwise than AWS, with the reason. */
import type { Differences } from './s3-differences.ts';

/** MiniStack 1.5.33, tried in November 2026. In each of these AWS documents what the case says. */
export const MINISTACK_KMS: Differences = {
  'ciphertext with one byte altered does not open':
    'opens what was tampered with, where AWS answers InvalidCiphertextException',
  'a signing key does not encrypt':
    'names the refusal UnsupportedOperationException, where AWS says InvalidKeyUsageException',
};
