/** Where MiniStack is known to answer otherwise than AWS on KMS, with the reason; the suite expects those cases to fail there. */
export const MINISTACK_KMS: Readonly<Record<string, string>> = {
  'opens nothing that was altered': 'opens it, where AWS answers InvalidCiphertextException',
};
