/** Reads what the other rooms declare and the cloud is built from: partners, tables, reports. Only the fields needed here. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** Folders of the rooms; each can be moved by a context value of the same name (tests do). */
export interface Rooms {
  readonly partnersDir: string;
  readonly schemaDir: string;
  readonly reportsDir: string;
  readonly workflowsDir: string;
}
export const ROOMS: Rooms = {
  partnersDir: 'contracts/partners',
  schemaDir: 'sql/schema',
  reportsDir: 'sql/reports',
  workflowsDir: 'workflows',
};

export const STAFF_ROLES = [
  'uploader',
  'approver',
  'analyst',
  'dpo',
  'reviewer',
  'operator',
  'matcher',
  'auditor',
  'author',
] as const;
export type StaffRole = (typeof STAFF_ROLES)[number];

const kebab = z.string().regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/);

// The whole partner file is judged by pipeline/contract; here unknown fields are none of our business.
const partnerFile = z.object({
  // Bucket names end at 63 characters: tvt-landing-<id>-<12 digits>.
  id: kebab.max(38),
  short: kebab.max(20),
  status: z.string(),
  staff: z.array(z.object({ id: kebab, name: z.string(), role: z.enum(STAFF_ROLES) })),
  feeds: z.array(z.object({ feed: kebab, columns: z.array(z.string()).optional() })),
});
export type Partner = z.infer<typeof partnerFile>;

const projection = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('date'),
    format: z.string(),
    range: z.string(),
    interval: z.int(),
    unit: z.string(),
  }),
  z.strictObject({ type: z.literal('injected') }),
  z.strictObject({ type: z.literal('enum'), values: z.array(z.string()).min(1) }),
]);
export type Projection = z.infer<typeof projection>;

const columnType = z.enum(['varchar', 'date', 'integer', 'boolean', 'bigint', 'double']);
export type ColumnType = z.infer<typeof columnType>;

const schemaFile = z.object({
  database: z.string().regex(/^tvt_[a-z]+$/),
  zone: z.enum(['linked', 'reports']),
  partitions: z.record(z.string(), z.object({ type: columnType, description: z.string(), projection })),
  tables: z.array(
    z.object({
      name: z.string().regex(/^[a-z_]+$/),
      description: z.string(),
      partitions: z.array(z.string()),
      location: z.string(),
      columns: z.array(z.object({ name: z.string(), type: columnType, description: z.string() })),
    }),
  ),
});
export type Schema = z.infer<typeof schemaFile>;

const reportFile = z.object({
  id: kebab,
  calendar: z.object({ frequency: z.enum(['monthly', 'quarterly', 'yearly']), day: z.int().min(1).max(28) }),
  recipients: z.array(z.object({ partner: kebab })),
  output_retention_days: z.int().positive(),
});
export interface Report {
  readonly id: string;
  readonly calendar: { readonly frequency: 'monthly' | 'quarterly' | 'yearly'; readonly day: number };
  readonly recipients: readonly string[];
  readonly outputRetentionDays: number;
}

export interface Declared {
  /** Partners in force: a partner that is not active has no bucket, key or role. */
  readonly partners: readonly Partner[];
  readonly schemas: readonly Schema[];
  readonly reports: readonly Report[];
  /** ASL text by file stem. */
  readonly workflow: (name: string) => string;
}

export function readDeclared(rooms: Rooms): Declared {
  const partners = yamlFiles(rooms.partnersDir).map((path) => {
    const partner = read(path, partnerFile);
    if (partner.id !== basename(path, '.yaml'))
      throw new Error(`${path} declares the partner ${partner.id}; the file must carry the partner's id.`);
    return partner;
  });
  refuseTwice(partners.map(({ short }) => short));
  return {
    partners: partners.filter(({ status }) => status === 'active'),
    schemas: yamlFiles(rooms.schemaDir).map((path) => read(path, schemaFile)),
    reports: readReports(rooms.reportsDir),
    workflow: (name) => readFileSync(join(rooms.workflowsDir, `${name}.asl.json`), 'utf8'),
  };
}

function readReports(folder: string): Report[] {
  return readdirSync(folder)
    .sort()
    .map((id) => join(folder, id, 'definition.yaml'))
    .filter((path) => existsSync(path))
    .map((path) => {
      const { id, calendar, recipients, output_retention_days } = read(path, reportFile);
      return {
        id,
        calendar,
        recipients: recipients.map(({ partner }) => partner),
        outputRetentionDays: output_retention_days,
      };
    });
}

function yamlFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));
}

function read<T>(path: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path} cannot be built from: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function refuseTwice(shorts: readonly string[]): void {
  const twice = shorts.find((short, index) => shorts.indexOf(short) !== index);
  if (twice !== undefined)
    throw new Error(`Two partners have the short name ${twice}; their roles would be the same role.`);
}
