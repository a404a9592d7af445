/** How each service spells a refusal: S3 in XML, the JSON services with `__type`, the REST services by a header. */
import { ServiceError, type Reply, type ServiceName } from './service.ts';
import type { RefusalReason, Refused } from './sigv4.ts';

/** The services, and STS, of which only GetCallerIdentity exists. */
export type WireService = ServiceName | 'sts';

interface Spelling {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your key and signing method.';

/** S3's words for each reason a signature is refused (S3 API reference, error responses). */
const S3_REFUSALS: Readonly<Record<RefusalReason, Spelling>> = {
  unsigned: { status: 403, code: 'AccessDenied', message: 'Access Denied' },
  'unsupported-mechanism': {
    status: 400,
    code: 'InvalidRequest',
    message: 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  },
  malformed: {
    status: 400,
    code: 'AuthorizationHeaderMalformed',
    message: 'The authorization header that you provided is not valid.',
  },
  'malformed-query': {
    status: 400,
    code: 'AuthorizationQueryParametersError',
    message: 'The X-Amz- query parameters of the signature are missing, repeated or not well-formed.',
  },
  'wrong-region': {
    status: 400,
    code: 'AuthorizationHeaderMalformed',
    message: "The authorization header is malformed; the region is wrong; expecting 'eu-west-2'",
  },
  'unknown-key': {
    status: 403,
    code: 'InvalidAccessKeyId',
    message: 'The AWS Access Key Id you provided does not exist in our records.',
  },
  'bad-token': {
    status: 400,
    code: 'InvalidToken',
    message: 'The provided token is malformed or otherwise invalid.',
  },
  skewed: {
    status: 403,
    code: 'RequestTimeTooSkewed',
    message: 'The difference between the request time and the current time is too large.',
  },
  'not-yet-valid': { status: 403, code: 'AccessDenied', message: 'Request is not valid yet' },
  expired: { status: 403, code: 'AccessDenied', message: 'Request has expired' },
  'headers-not-signed': {
    status: 403,
    code: 'AccessDenied',
    message: 'There were headers present in the request which were not signed',
  },
  'no-content-hash': {
    status: 400,
    code: 'InvalidRequest',
    message: 'Missing required header for this request: x-amz-content-sha256',
  },
  'bad-signature': { status: 403, code: 'SignatureDoesNotMatch', message: MISMATCH },
};

const invalidSignature = (message: string): Spelling => ({
  status: 403,
  code: 'InvalidSignatureException',
  message,
});
const incomplete = (message: string): Spelling => ({
  status: 403,
  code: 'IncompleteSignatureException',
  message,
});

/** The other services' words (IAM user guide, common errors). */
const OTHER_REFUSALS: Readonly<Record<RefusalReason, Spelling>> = {
  unsigned: {
    status: 403,
    code: 'MissingAuthenticationTokenException',
    message: 'Missing Authentication Token',
  },
  'unsupported-mechanism': incomplete('Only AWS4-HMAC-SHA256 is supported.'),
  malformed: incomplete('The Authorization header is incomplete or not well-formed.'),
  'malformed-query': incomplete('The X-Amz- query parameters are incomplete or not well-formed.'),
  'wrong-region': invalidSignature('Credential should be scoped to a valid region.'),
  'unknown-key': {
    status: 403,
    code: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  },
  'bad-token': {
    status: 403,
    code: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  },
  skewed: invalidSignature(
    'Signature expired or not yet current: the request time is too far from the current time.',
  ),
  'not-yet-valid': invalidSignature('Signature not yet current.'),
  expired: invalidSignature('Signature expired.'),
  'headers-not-signed': invalidSignature('There were headers present in the request which were not signed.'),
  'no-content-hash': invalidSignature('The digest of the body is missing.'),
  'bad-signature': invalidSignature(MISMATCH),
};

export function refusalError(service: WireService, { reason, detail }: Refused): ServiceError {
  const { status, code, message } = (service === 's3' ? S3_REFUSALS : OTHER_REFUSALS)[reason];
  return new ServiceError(status, code, message, service === 's3' ? detail : {});
}

/** Refusals of the policies are AccessDenied to S3 and AccessDeniedException elsewhere, where JSON has them as 400. */
export function errorReply(
  service: WireService,
  error: ServiceError,
  resource: string,
  requestId: string,
): Reply {
  switch (service) {
    case 's3':
      return s3Error(error, resource, requestId);
    case 'sts':
      return stsError(error, requestId);
    case 'lambda':
    case 'scheduler':
      return restError(error, requestId);
    default:
      return jsonError(service, error, requestId);
  }
}

const escapeXml = (text: string): string =>
  text.replace(
    /[&<>"']/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' })[char] ?? char,
  );

function s3Error(error: ServiceError, resource: string, requestId: string): Reply {
  const code = error.code === 'AccessDeniedException' ? 'AccessDenied' : error.code;
  const elements = {
    Code: code,
    Message: error.message,
    ...error.detail,
    Resource: resource,
    RequestId: requestId,
  };
  const body = Object.entries(elements).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${body.join('')}</Error>`,
  };
}

function stsError(error: ServiceError, requestId: string): Reply {
  // The query protocol leaves the word Exception out of these codes.
  const code = error.code.replace(/^(MissingAuthenticationToken|IncompleteSignature)Exception$/, '$1');
  const type = error.status >= 500 ? 'Receiver' : 'Sender';
  return {
    status: error.status,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>${type}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}

const exceptionCode = (error: ServiceError): string =>
  error.code === 'AccessDenied' ? 'AccessDeniedException' : error.code;

function jsonError(service: WireService, error: ServiceError, requestId: string): Reply {
  const code = exceptionCode(error);
  const version = service === 'states' ? '1.0' : '1.1';
  return {
    status: code === 'AccessDeniedException' ? 400 : error.status,
    headers: {
      'content-type': `application/x-amz-json-${version}`,
      'x-amzn-errortype': code,
      'x-amzn-requestid': requestId,
    },
    body: JSON.stringify({ __type: code, message: error.message, ...error.detail }),
  };
}

function restError(error: ServiceError, requestId: string): Reply {
  const code = exceptionCode(error);
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code, 'x-amzn-requestid': requestId },
    body: JSON.stringify({
      Type: error.status >= 500 ? 'Service' : 'User',
      Message: error.message,
      ...error.detail,
    }),
  };
}
