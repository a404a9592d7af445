/** The buckets of the templates: what is not declared there does not exist. */
import { z } from 'zod';
import { physicalId } from '../resource-names.ts';
import type { Templates } from '../service.ts';
import { lifecycleRules, lifecycleSchema } from './lifecycle-rules.ts';
import type { LifecycleRule } from './lifecycle-rules.ts';

export interface Bucket {
  readonly name: string;
  readonly arn: string;
  readonly account: string;
  readonly versioning: 'Enabled' | 'Suspended' | 'Off';
  /** Default encryption: a KMS key, or S3's own where the template names none. */
  readonly encryption:
    | { readonly algorithm: 'aws:kms'; readonly keyId: string; readonly bucketKey: boolean }
    | { readonly algorithm: 'AES256' };
  readonly lifecycle: readonly LifecycleRule[];
  /** True where the owner owns every object, so that ACLs are refused (the default of AWS since April 2023). */
  readonly ownerEnforced: boolean;
}

const flag = z.stringbool().or(z.boolean());
const encryptionSchema = z.strictObject({
  ServerSideEncryptionConfiguration: z
    .array(
      z.strictObject({
        BucketKeyEnabled: flag.default(false),
        ServerSideEncryptionByDefault: z.discriminatedUnion('SSEAlgorithm', [
          // Without a key AWS takes its own key aws/s3, which no template declares and no policy governs.
          z.strictObject({ SSEAlgorithm: z.literal('aws:kms'), KMSMasterKeyID: z.string() }),
          z.strictObject({ SSEAlgorithm: z.literal('AES256') }),
        ]),
      }),
    )
    .length(1),
});
/**
 * Properties that change what S3 answers are parsed; those that only harden or describe the deployed bucket are
 * listed and let through; any other property is refused, because it would be silently without effect.
 */
const bucketSchema = z.strictObject({
  BucketName: z.string().optional(),
  BucketEncryption: encryptionSchema.optional(),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  LifecycleConfiguration: lifecycleSchema.optional(),
  OwnershipControls: z
    .strictObject({ Rules: z.array(z.strictObject({ ObjectOwnership: z.string() })).length(1) })
    .optional(),
  PublicAccessBlockConfiguration: z.unknown().optional(),
  LoggingConfiguration: z.unknown().optional(),
  AccessControl: z.unknown().optional(),
  Tags: z.unknown().optional(),
});

export function bucketsOf(templates: Templates): ReadonlyMap<string, Bucket> {
  const buckets = templates.byType('AWS::S3::Bucket').map((resource): Bucket => {
    const parsed = bucketSchema.safeParse(resource.properties);
    if (!parsed.success) {
      throw new Error(
        `Bucket ${resource.logicalId} cannot be stood in for: ${z.prettifyError(parsed.error)}`,
      );
    }
    return bucketOf(physicalId(resource), parsed.data, templates.account);
  });
  return new Map(buckets.map((bucket) => [bucket.name, bucket]));
}

function bucketOf(name: string, properties: z.infer<typeof bucketSchema>, account: string): Bucket {
  const declared = properties.BucketEncryption?.ServerSideEncryptionConfiguration[0];
  const byDefault = declared?.ServerSideEncryptionByDefault;
  return {
    name,
    arn: `arn:aws:s3:::${name}`,
    account,
    versioning: properties.VersioningConfiguration?.Status ?? 'Off',
    encryption:
      byDefault?.SSEAlgorithm === 'aws:kms'
        ? {
            algorithm: 'aws:kms',
            keyId: byDefault.KMSMasterKeyID,
            bucketKey: declared?.BucketKeyEnabled ?? false,
          }
        : { algorithm: 'AES256' },
    lifecycle: lifecycleRules(properties.LifecycleConfiguration ?? { Rules: [] }),
    ownerEnforced:
      (properties.OwnershipControls?.Rules[0]?.ObjectOwnership ?? 'BucketOwnerEnforced') ===
      'BucketOwnerEnforced',
  };
}
