/** A CloudFormation template as it is read, and the account and region it is resolved for. */
import { z } from 'zod';

/** The account of the stand-in; no real account has this number. */
export const LOCAL_ACCOUNT = '000000000000';
export const REGION = 'eu-west-2';

export const Document = z.object({
  Parameters: z.record(z.string(), z.object({ Default: z.unknown().optional() })).default({}),
  Mappings: z.record(z.string(), z.unknown()).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z
    .record(
      z.string(),
      z.object({
        Type: z.string(),
        Properties: z.record(z.string(), z.unknown()).default({}),
        Condition: z.string().optional(),
      }),
    )
    .default({}),
  Outputs: z
    .record(
      z.string(),
      z.object({
        Value: z.unknown(),
        Export: z.object({ Name: z.unknown() }).optional(),
        Condition: z.string().optional(),
      }),
    )
    .default({}),
});
type TemplateDocument = z.infer<typeof Document>;

export interface Stack {
  readonly name: string;
  readonly document: TemplateDocument;
}
