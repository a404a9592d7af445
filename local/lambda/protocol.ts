/** What passes between the stand-in and a function's process, and how an invocation may end. */

/** To the process: one event at a time. */
export interface Invocation {
  readonly requestId: string;
  /** JSON text. */
  readonly payload: string;
  /** The movable clock's offset: the process shifts its Date by it, so no product code knows of the clock. */
  readonly clockOffsetMs: number;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
}

/** From the process. */
export type RuntimeMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'failed'; readonly requestId: string; readonly error: FunctionError };

/** What Lambda tells a caller of a failure. The stack stays in the function's log. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
}

export type InvocationOutcome =
  { readonly ok: true; readonly payload: string } | { readonly ok: false; readonly error: FunctionError };

/** Synchronous payloads, request and answer (Lambda quota). */
export const PAYLOAD_LIMIT_BYTES = 6_291_556;
