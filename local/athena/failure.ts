/** Why a query failed, in Athena's words: what GetQueryExecution shows as StateChangeReason. */

/** Athena's error categories: 1 is the system's, 2 the user's. */
export class QueryFailure extends Error {
  readonly category: 1 | 2;
  constructor(message: string, category: 1 | 2 = 2) {
    super(message);
    this.category = category;
  }
}

/** A query stopped because it would read more than its work group allows; Athena calls that cancelled, not failed. */
export class BytesCutoff extends Error {
  constructor() {
    super('Query cancelled! : Bytes scanned limit was exceeded');
  }
}
