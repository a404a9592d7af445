/** What is written down about each version and each upload under way: the JSON beside the encrypted bodies. */
import { z } from 'zod';
import { CHECKSUM_NAMES } from './checksums.ts';

const text = z.record(z.string(), z.string());

export const checksumSchema = z.strictObject({
  name: z.enum(CHECKSUM_NAMES),
  value: z.string(),
  type: z.enum(['FULL_OBJECT', 'COMPOSITE']),
});

/** Under which key a body lies: KMS wraps the data key for the caller, or the stand-in's own key for SSE-S3. */
export const encryptionSchema = z.discriminatedUnion('algorithm', [
  z.strictObject({
    algorithm: z.literal('aws:kms'),
    keyArn: z.string(),
    wrappedKey: z.base64(),
    context: text,
    bucketKey: z.boolean(),
  }),
  z.strictObject({ algorithm: z.literal('AES256'), wrappedKey: z.base64() }),
]);
export type Encryption = z.infer<typeof encryptionSchema>;

/** A body is one file, or for a multipart upload one file for each part, in order. */
const segmentSchema = z.strictObject({
  file: z.string().regex(/^[0-9a-f]{32}$/),
  size: z.int().nonnegative(),
});
export type Segment = z.infer<typeof segmentSchema>;

/** What the writer said about an object, kept and given back. */
export const describedSchema = z.strictObject({
  /** content-type, cache-control, content-disposition, content-encoding, content-language, expires. */
  headers: text,
  metadata: text,
  tags: text,
});
export type Described = z.infer<typeof describedSchema>;

export const contentSchema = z.strictObject({
  size: z.int().nonnegative(),
  /** Without quotation marks. */
  etag: z.string(),
  segments: z.array(segmentSchema),
  described: describedSchema,
  encryption: encryptionSchema,
  checksum: checksumSchema,
  /** The multipart upload it came from, so that completing twice answers twice. */
  uploadId: z.string().nullable(),
});
export type Content = z.infer<typeof contentSchema>;

export const versionSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** Rises with every version written: the order of versions, whatever the clock says. */
  sequence: z.int().positive(),
  key: z.string(),
  /** `null` where the bucket was not versioned when it was written. */
  versionId: z.string(),
  lastModified: z.iso.datetime(),
  /** Null for a delete marker. */
  content: contentSchema.nullable(),
});
export type Version = z.infer<typeof versionSchema>;
/** A version that has a body. */
export type ObjectVersion = Version & { readonly content: Content };
export const hasContent = (version: Version | undefined): version is ObjectVersion =>
  version !== undefined && version.content !== null;

export const partSchema = z.strictObject({
  number: z.int().min(1).max(10_000),
  etag: z.string(),
  size: z.int().nonnegative(),
  file: z.string().regex(/^[0-9a-f]{32}$/),
  lastModified: z.iso.datetime(),
  checksum: checksumSchema,
});
export type Part = z.infer<typeof partSchema>;

export const uploadSchema = z.strictObject({
  uploadId: z.string().regex(/^[0-9a-f]{32}$/),
  key: z.string(),
  initiated: z.iso.datetime(),
  /** `<role>/<session>` of who began it: listings name the initiator. */
  initiator: z.string(),
  described: describedSchema,
  encryption: encryptionSchema,
  checksumName: z.enum(CHECKSUM_NAMES),
  checksumType: z.enum(['FULL_OBJECT', 'COMPOSITE']),
  /** Whether the writer asked for that checksum, or S3 chose it. */
  checksumAsked: z.boolean(),
});
export type Upload = z.infer<typeof uploadSchema>;
