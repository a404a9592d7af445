/** Serves one verified call: the service, the trail, and the moment at which a test may kill the caller. */
import { whileServing } from './current-call.ts';
import {
  ServiceError,
  type Call,
  type Reply,
  type Service,
  type StandIn,
  type TrailEvent,
} from './service.ts';
import type { FileTrail } from './trail.ts';

export interface ServeOptions {
  readonly standIn: StandIn;
  readonly trail: FileTrail;
  /** Ends the processes that run under a role. */
  readonly killCaller: (roleName: string) => void;
}

/** Undefined when the caller was killed after its call was served: it gets no answer. */
export async function serveCall(
  options: ServeOptions,
  service: Service,
  call: Call,
): Promise<Reply | undefined> {
  const { standIn, trail } = options;
  let outcome: { readonly reply: Reply } | { readonly error: unknown };
  try {
    outcome = { reply: await whileServing(call, () => service.handle(call)) };
  } catch (error) {
    outcome = { error };
  }
  // Services write their own line, with the resources they touched; a call none spoke of is written down here.
  let event = trail.take(call.requestId);
  if (event === undefined) {
    event = eventOf(standIn, call, 'error' in outcome ? outcome.error : undefined);
    trail.write(event);
    trail.take(call.requestId);
  }
  if ((await standIn.afterCall?.(event)) === 'kill-caller') {
    options.killCaller(call.principal.roleName);
    return undefined;
  }
  if ('error' in outcome) throw outcome.error;
  return outcome.reply;
}

function eventOf(standIn: StandIn, call: Call, error: unknown): TrailEvent {
  const { eventName, resources, readOnly } = describe(call);
  return {
    eventTime: standIn.clock.now().toISOString(),
    eventSource: `${call.service}.amazonaws.com`,
    eventName,
    userArn: call.principal.arn,
    resources,
    readOnly,
    requestId: call.requestId,
    ...(error !== undefined && { errorCode: error instanceof ServiceError ? error.code : 'InternalError' }),
  };
}

function describe(call: Call): Pick<TrailEvent, 'eventName' | 'resources' | 'readOnly'> {
  const target = /\.(\w{1,64})$/.exec(call.headers['x-amz-target'] ?? '')?.[1];
  if (target !== undefined) {
    return { eventName: target, resources: [], readOnly: /^(Get|List|Describe|BatchGet)/.test(target) };
  }
  const readOnly = call.method === 'GET' || call.method === 'HEAD';
  if (call.service !== 's3') return { eventName: call.method, resources: [], readOnly };
  const [bucket = '', ...key] = call.path.slice(1).split('/');
  const name = key.join('/');
  const verb =
    { GET: 'Get', HEAD: 'Head', PUT: 'Put', POST: 'Post', DELETE: 'Delete' }[call.method] ?? call.method;
  return {
    eventName: `${verb}${name === '' ? 'Bucket' : 'Object'}`,
    resources: bucket === '' ? [] : [`arn:aws:s3:::${bucket}${name === '' ? '' : `/${name}`}`],
    readOnly,
  };
}
