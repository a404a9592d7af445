/** Small expectations of the S3 suite that need no test framework. */
import { strict as assert } from 'node:assert';
import { S3ServiceException } from '@aws-sdk/client-s3';

/** The call is refused with this status and, where the answer has a body, this code. */
export async function refused(
  call: Promise<unknown>,
  status: number,
  code?: string,
): Promise<S3ServiceException> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    assert.equal(error.$metadata.httpStatusCode, status, `${error.name} with another status`);
    if (code !== undefined) assert.equal(error.name, code);
    return error;
  }
  throw new assert.AssertionError({ message: `Not refused, where ${String(status)} ${code ?? ''} was due.` });
}

export const text = async (body: { transformToString(): Promise<string> } | undefined): Promise<string> =>
  body === undefined ? '' : body.transformToString();
