/** The shape of an Open Data Contract Standard v3.1 file, as far as this product reads it. */
import { z } from 'zod';

/** https://bitol-io.github.io/open-data-contract-standard/v3.1.0/ (schema/odcs-json-schema-v3.1.0.json). */
const customProperty = z.strictObject({
  id: z.string().optional(),
  property: z.string(),
  value: z.unknown(),
  description: z.string().optional(),
});

const logicalTypeOptions = z.looseObject({
  minLength: z.number().int().nonnegative().optional(),
  maxLength: z.number().int().positive().optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  minimum: z.union([z.number(), z.string()]).optional(),
  maximum: z.union([z.number(), z.string()]).optional(),
});

/** Keys the standard allows on a property; those after `examples` are read past. */
const property = z.strictObject({
  id: z.string().optional(),
  name: z.string().min(1),
  businessName: z.string().optional(),
  description: z.string().optional(),
  logicalType: z.string(),
  logicalTypeOptions: logicalTypeOptions.optional(),
  physicalType: z.string().optional(),
  physicalName: z.string().optional(),
  required: z.boolean().optional(),
  unique: z.boolean().optional(),
  primaryKey: z.boolean().optional(),
  primaryKeyPosition: z.number().int().optional(),
  partitioned: z.boolean().optional(),
  partitionKeyPosition: z.number().int().optional(),
  classification: z.string().optional(),
  criticalDataElement: z.boolean().optional(),
  encryptedName: z.string().optional(),
  examples: z.array(z.unknown()).optional(),
  relationships: z.unknown().optional(),
  quality: z.unknown().optional(),
  transformSourceObjects: z.unknown().optional(),
  transformLogic: z.unknown().optional(),
  transformDescription: z.unknown().optional(),
  authoritativeDefinitions: z.unknown().optional(),
  tags: z.unknown().optional(),
  items: z.unknown().optional(),
  properties: z.unknown().optional(),
  customProperties: z.array(customProperty).optional(),
});

const schemaObject = z.strictObject({
  id: z.string().optional(),
  name: z.string().min(1),
  logicalType: z.literal('object').optional(),
  physicalName: z.string().optional(),
  physicalType: z.string().optional(),
  businessName: z.string().optional(),
  description: z.string().optional(),
  dataGranularityDescription: z.string().optional(),
  relationships: z.unknown().optional(),
  quality: z.unknown().optional(),
  authoritativeDefinitions: z.unknown().optional(),
  tags: z.unknown().optional(),
  customProperties: z.array(customProperty).optional(),
  properties: z.array(property).min(1),
});

export const odcsFile = z.strictObject({
  apiVersion: z.string().regex(/^v3\.[01]\.\d+$/, 'must be v3.1.0'),
  kind: z.literal('DataContract'),
  id: z.string().min(1),
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be three numbers such as 1.0.0'),
  status: z.enum(['proposed', 'draft', 'active', 'deprecated', 'retired']),
  name: z.string().optional(),
  tenant: z.string().optional(),
  domain: z.string().optional(),
  dataProduct: z.string().optional(),
  description: z
    .strictObject({
      purpose: z.string().optional(),
      limitations: z.string().optional(),
      usage: z.string().optional(),
      authoritativeDefinitions: z.unknown().optional(),
      customProperties: z.array(customProperty).optional(),
    })
    .optional(),
  schema: z.array(schemaObject).length(1, 'must hold one table: a feed is one kind of file'),
  servers: z.unknown().optional(),
  support: z.unknown().optional(),
  price: z.unknown().optional(),
  team: z.unknown().optional(),
  roles: z.unknown().optional(),
  slaProperties: z.unknown().optional(),
  slaDefaultElement: z.unknown().optional(),
  authoritativeDefinitions: z.unknown().optional(),
  tags: z.unknown().optional(),
  contractCreatedTs: z.unknown().optional(),
  customProperties: z.array(customProperty).optional(),
});
export type OdcsFile = z.infer<typeof odcsFile>;
export type OdcsProperty = z.infer<typeof property>;

/** Custom properties as one record; a name written twice is a mistake, not a choice. */
export function customValues(
  list: readonly { readonly property: string; readonly value?: unknown }[] | undefined,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries((list ?? []).map((entry) => [entry.property, entry.value]));
}

/** zod's findings as sentences with the place in the file. */
export function problemsOf(error: z.ZodError): readonly string[] {
  return error.issues.map((issue) => `${issue.path.map(String).join('.') || 'the file'}: ${issue.message}`);
}
