/** What each partner has of its own: where its files land, the key they lie under, and the key it signs with. */
import { Aws, Stack, type StackProps } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { RAW_UPLOAD_DAYS, bucketNames, keys, type PartnerId } from '../../pipeline/zones.ts';
import { NamedUserKey } from '../constructs/named-user-key.ts';
import { ZoneBucket } from '../constructs/zone-bucket.ts';
import { ZoneKey } from '../constructs/zone-key.ts';
import type { Partner } from '../declared.ts';
import { landingAlias, personRoleName, signingAlias } from '../names.ts';

/** A receipt holds counts and rules, nobody's data; its partner can look it up for as long as the records it speaks of. */
const RECEIPT_DAYS = 2192;
/** No upload may start later than this after its address was issued; the address itself lives ten minutes. */
const OLDEST_SIGNATURE_MS = 15 * 60_000;

export interface PartnersStackProps extends StackProps {
  readonly partners: readonly Partner[];
  readonly accessLogs: IBucket;
}

export class PartnersStack extends Stack {
  readonly landingKeyArns: ReadonlyMap<PartnerId, string>;
  readonly signingKeyArns: ReadonlyMap<PartnerId, string>;

  constructor(scope: Construct, id: string, props: PartnersStackProps) {
    super(scope, id, props);
    this.landingKeyArns = new Map(
      props.partners.map((partner) => [partner.id, this.landing(partner, props.accessLogs)]),
    );
    this.signingKeyArns = new Map(props.partners.map((partner) => [partner.id, this.signingKey(partner)]));
  }

  private landing(partner: Partner, accessLogs: IBucket): string {
    const { keyArn } = new ZoneKey(this, `${partner.id}-landing-key`, {
      alias: landingAlias(partner.id),
      description: `Landing of ${partner.id}`,
      classification: 'identifying',
    });
    new ZoneBucket(this, `${partner.id}-landing`, {
      bucketName: bucketNames.landing(partner.id, Aws.ACCOUNT_ID),
      keyArn,
      accessLogs,
      classification: 'identifying',
      retention: {
        by: 'age',
        days: { [keys.landing.deliveries]: RAW_UPLOAD_DAYS, [keys.landing.receipts]: RECEIPT_DAYS },
      },
      refuse: (arn) => [refuseOldSignatures(arn)],
    });
    return keyArn;
  }

  private signingKey(partner: Partner): string {
    return new NamedUserKey(this, `${partner.id}-signing`, {
      alias: signingAlias(partner.id),
      description: `Signatures of ${partner.id} under agreements`,
      classification: 'operational',
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      action: 'kms:Sign',
      roleNames: [personRoleName(partner.short, 'approver')],
    }).keyArn;
  }
}

const refuseOldSignatures = (arn: string): PolicyStatement =>
  new PolicyStatement({
    sid: 'RefuseOldSignatures',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ['s3:PutObject'],
    resources: [`${arn}/${keys.landing.deliveries}*`],
    conditions: { NumericGreaterThan: { 's3:signatureAge': String(OLDEST_SIGNATURE_MS) } },
  });
