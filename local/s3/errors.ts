/** S3's own refusals: code, status and words, and the XML document they travel in. */
import { ServiceError } from '../service.ts';
import type { Reply } from '../service.ts';
import { element, xmlDocument } from './xml.ts';

const REFUSALS = {
  AccessControlListNotSupported: [400, 'The bucket does not allow ACLs'],
  AccessDenied: [403, 'Access Denied'],
  BadDigest: [
    400,
    'The Content-MD5 or checksum value that you specified did not match what the server received.',
  ],
  BucketAlreadyOwnedByYou: [409, 'The bucket that you tried to create already exists, and you own it.'],
  ConditionalRequestConflict: [
    409,
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
  ],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed object size.'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size'],
  IncompleteBody: [
    400,
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  ],
  InvalidArgument: [400, 'Invalid Argument'],
  InvalidDigest: [400, 'The Content-MD5 or checksum value that you specified is not valid.'],
  InvalidPart: [
    400,
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  ],
  InvalidPartOrder: [
    400,
    'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
  ],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  InvalidRequest: [400, 'Invalid Request'],
  InvalidTag: [400, 'The tag provided was not a valid tag.'],
  KeyTooLongError: [400, 'Your key is too long'],
  MalformedXML: [
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
  ],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchLifecycleConfiguration: [404, 'The lifecycle configuration does not exist'],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ],
  NoSuchVersion: [404, 'The specified version does not exist.'],
  NotImplemented: [501, 'A header or operation you provided implies functionality that is not implemented'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;
export type S3Code = keyof typeof REFUSALS;

export function refusal(
  code: S3Code,
  message?: string,
  detail: Readonly<Record<string, string>> = {},
): ServiceError {
  const [status, usual] = REFUSALS[code];
  return new ServiceError(status, code, message ?? usual, detail);
}

/** A refusal that also carries response headers, such as the delete marker a reader met. */
export class HeadedRefusal extends ServiceError {
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    code: S3Code,
    headers: Readonly<Record<string, string>>,
    detail: Readonly<Record<string, string>>,
  ) {
    const [status, usual] = REFUSALS[code];
    super(status, code, usual, detail);
    this.headers = headers;
  }
}

/** The error as S3 writes it; a HEAD answers with the status alone. */
export function errorReply(error: ServiceError, method: string, path: string, requestId: string): Reply {
  const headers = {
    'x-amz-request-id': requestId,
    ...(error instanceof HeadedRefusal ? error.headers : {}),
  };
  if (method === 'HEAD' || error.status === 304) return { status: error.status, headers };
  const children = [
    element('Code', error.code),
    element('Message', error.message),
    ...Object.entries(error.detail).map(([name, text]) => element(name, text)),
    element('Resource', path),
    element('RequestId', requestId),
    element('HostId', Buffer.from(requestId).toString('base64')),
  ];
  return {
    status: error.status,
    headers: { ...headers, 'content-type': 'application/xml' },
    body: xmlDocument(`<Error>${children.join('')}</Error>`),
  };
}
