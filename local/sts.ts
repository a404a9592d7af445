/** STS, of which one operation exists: who am I, the first thing anyone types. */
import { ServiceError, type Principal, type Reply } from './service.ts';

export function answerSts(principal: Principal, account: string, body: Uint8Array, requestId: string): Reply {
  const action = new URLSearchParams(Buffer.from(body).toString('utf8')).get('Action');
  if (action !== 'GetCallerIdentity') {
    throw new ServiceError(501, 'NotImplemented', `The stand-in does not implement sts:${action ?? ''}.`);
  }
  // Needs no permission, on AWS either; names of roles and sessions need no escaping in XML.
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${principal.arn}</Arn><UserId>${principal.userId}</UserId><Account>${account}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
  };
}
