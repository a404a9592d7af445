/** The roles people take: one for each role somebody of a partner holds, as that partner's file names them. */
import { Stack, type StackProps } from 'aws-cdk-lib';
import { AccountRootPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { PartnerId, Zone } from '../../pipeline/zones.ts';
import { NarrowRole } from '../constructs/narrow-role.ts';
import { STAFF_ROLES, type Partner } from '../declared.ts';
import { personRoleName } from '../names.ts';
import { PERSON_RIGHTS } from '../person-rights.ts';

export interface PeopleStackProps extends StackProps {
  readonly partners: readonly Partner[];
  readonly zoneKeyArns: Readonly<Record<Exclude<Zone, 'landing'>, string>>;
  readonly landingKeyArns: ReadonlyMap<PartnerId, string>;
  readonly signingKeyArns: ReadonlyMap<PartnerId, string>;
}

export class PeopleStack extends Stack {
  constructor(scope: Construct, id: string, props: PeopleStackProps) {
    super(scope, id, props);
    for (const partner of props.partners)
      for (const role of STAFF_ROLES) {
        const holders = partner.staff.filter((person) => person.role === role).map((person) => person.id);
        if (holders.length === 0) continue;
        new NarrowRole(this, personRoleName(partner.short, role), {
          roleName: personRoleName(partner.short, role),
          description: `${role} of ${partner.id}`,
          // The account as principal hands the question "who is this?" to its identity provider, whose own roles
          // must be allowed sts:AssumeRole too. The session must carry the id of a person named in the partner's file.
          assumedBy: new AccountRootPrincipal().withConditions({
            StringEquals: { 'sts:RoleSessionName': holders },
          }),
          statements: PERSON_RIGHTS[role](partner, {
            zone: props.zoneKeyArns,
            landing: keyOf(props.landingKeyArns, partner),
            signing: keyOf(props.signingKeyArns, partner),
          }),
          tags: { partner: partner.id, role },
        });
      }
  }
}

function keyOf(keyArns: ReadonlyMap<PartnerId, string>, partner: Partner): string {
  const keyArn = keyArns.get(partner.id);
  if (keyArn === undefined) throw new Error(`The partner ${partner.id} has no key.`);
  return keyArn;
}
