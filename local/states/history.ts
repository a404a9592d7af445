/** History as GetExecutionHistory gives it: each event with the details under the member AWS names for its type. */
import type { EventLine } from './journal.ts';

/** Event types that share a member, or whose member is not their own name. */
function memberOf(type: string): string {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

const DATA = new Set(['input', 'output', 'parameters']);

export function historyEvent(event: EventLine, includeData: boolean): Readonly<Record<string, unknown>> {
  const details = Object.entries(event.details ?? {}).filter(([field]) => includeData || !DATA.has(field));
  return {
    id: event.id,
    previousEventId: event.previous,
    timestamp: event.atMs / 1000,
    type: event.type,
    ...(event.details === undefined ? {} : { [memberOf(event.type)]: Object.fromEntries(details) }),
  };
}
