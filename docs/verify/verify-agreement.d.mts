/** Types of the standalone verifier, for our own tests; the verifier itself is plain JavaScript that anybody can run. */
export interface Bundle {
  readonly definition: string;
  readonly register: string;
  readonly envelopes: readonly string[];
}
export interface Verdict {
  readonly agreed: boolean;
  readonly definition: string;
  readonly register: string;
  readonly reasons: readonly string[];
  readonly ignored: readonly string[];
}
export function verifyBundle(bundle: Bundle, on: Date, knownRegister?: string): Verdict;
