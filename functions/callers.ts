/** Which partner and role a caller has: the role IAM proved, and a member of staff the partner's file names. */
import { loadContracts } from '../pipeline/contract/load.ts';
import type { Contracts, PartnerFile } from '../pipeline/contract/model.ts';
import { contractsFolder } from './environment.ts';
import type { Caller } from './handler.ts';

let loaded: Contracts | undefined;
/** The contracts this function was deployed with, read once per container. */
export const contracts = (): Contracts => (loaded ??= loadContracts(contractsFolder()));

/** The caller's partner when the caller holds one of these roles there and the partner is active; else null. */
export function callerPartner(caller: Caller, ...roles: readonly string[]): PartnerFile | null {
  for (const partner of contracts().partners.values()) {
    if (partner.status !== 'active') continue;
    const role = roles.find((candidate) => caller.roleName === `tvt-person-${partner.short}-${candidate}`);
    if (role === undefined) continue;
    const named = partner.staff.some((person) => person.id === caller.sessionName && person.role === role);
    return named ? partner : null;
  }
  return null;
}
