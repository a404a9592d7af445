/** The zones: a bucket and a key each, and how long each keeps what it holds. */
import { Aws, Stack, type StackProps } from 'aws-cdk-lib';
import { KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { bucketNames, type Zone } from '../../pipeline/zones.ts';
import { AccessLogBucket } from '../constructs/access-log-bucket.ts';
import type { Classification } from '../constructs/classification.ts';
import { LogKey } from '../constructs/log-key.ts';
import { NamedUserKey } from '../constructs/named-user-key.ts';
import type { DaysByPrefix, Retention } from '../constructs/retention.ts';
import { ZoneBucket } from '../constructs/zone-bucket.ts';
import { ZoneKey } from '../constructs/zone-key.ts';
import type { Report } from '../declared.ts';
import { PSEUDONYM_USERS } from '../function-list.ts';
import { PSEUDONYM_ALIAS, functionRoleName, zoneAlias } from '../names.ts';

type OwnZone = Exclude<Zone, 'landing'>;

/** What runs and releases did, kept as long as the records they worked on: six years, leap days counted. */
const SIX_YEARS_DAYS = 2192;
/** Half-made records of a run that failed; a restart within this time takes them up again. */
const STAGING_DAYS = 7;
const ACCESS_LOG_DAYS = 400;

export interface ZonesStackProps extends StackProps {
  readonly reports: readonly Report[];
}

export class ZonesStack extends Stack {
  readonly accessLogs: IBucket;
  readonly keyArns: Readonly<Record<OwnZone, string>>;
  readonly pseudonymKeyArn: string;
  readonly logKeyArn: string;

  constructor(scope: Construct, id: string, props: ZonesStackProps) {
    super(scope, id, props);
    this.accessLogs = new AccessLogBucket(this, 'AccessLogs', {
      bucketName: `tvt-access-logs-${Aws.ACCOUNT_ID}`,
      from: `arn:aws:s3:::tvt-*-${Aws.ACCOUNT_ID}`,
      classification: 'operational',
      retention: { days: ACCESS_LOG_DAYS },
    }).bucket;

    this.keyArns = {
      control: this.zone('control', 'operational', {
        by: 'age',
        days: { 'runs/': SIX_YEARS_DAYS, 'releases/': SIX_YEARS_DAYS },
      }),
      records: this.zone('records', 'identifying', {
        by: 'collection-month',
        days: { 'staging/': STAGING_DAYS },
      }),
      'link-state': this.zone('link-state', 'identifying', { by: 'collection-month' }),
      linked: this.zone('linked', 'pseudonymous', { by: 'collection-month' }),
      'query-results': this.zone('query-results', 'pseudonymous', {
        by: 'age',
        days: { 'gate/': 1, 'analysts/': 1 },
      }),
      reports: this.zone('reports', 'released', { by: 'age', days: reportDays(props.reports) }),
      ledger: this.zone('ledger', 'operational', {
        by: 'nothing',
        optOut: {
          reason: 'The ledger proves what was done; it holds acts and opaque references, nobody’s data.',
        },
      }),
    };

    this.pseudonymKeyArn = new NamedUserKey(this, 'Pseudonyms', {
      alias: PSEUDONYM_ALIAS,
      description: 'Secret behind record references and pseudonyms; it never leaves KMS',
      classification: 'identifying',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      action: 'kms:GenerateMac',
      roleNames: PSEUDONYM_USERS.map(functionRoleName),
    }).keyArn;
    this.logKeyArn = new LogKey(this, 'Logs', { alias: 'tvt-logs' }).keyArn;
  }

  private zone(zone: OwnZone, classification: Classification, retention: Retention): string {
    const { keyArn } = new ZoneKey(this, `${zone}-key`, {
      alias: zoneAlias(zone),
      description: `Zone ${zone}`,
      classification,
    });
    new ZoneBucket(this, zone, {
      bucketName: bucketNames.zone(zone, Aws.ACCOUNT_ID),
      keyArn,
      accessLogs: this.accessLogs,
      classification,
      retention,
    });
    return keyArn;
  }
}

/** Outputs go when their agreement says; those of a recipient or report no longer agreed go with the longest. */
function reportDays(reports: readonly Report[]): DaysByPrefix {
  const longest = Math.max(1, ...reports.map(({ outputRetentionDays }) => outputRetentionDays));
  const shorter = reports.filter(({ outputRetentionDays }) => outputRetentionDays < longest);
  const own = shorter.flatMap(({ id, recipients, outputRetentionDays }) =>
    recipients.flatMap((recipient) =>
      ['packs', 'cells'].map(
        (kind) => [`${kind}/recipient=${recipient}/report=${id}/`, outputRetentionDays] as const,
      ),
    ),
  );
  return { 'packs/': longest, 'cells/': longest, ...Object.fromEntries(own) };
}
