/** Reads one feed contract (ODCS v3.1 YAML) into the model, or says in sentences why it cannot be used. */
import { parse } from 'yaml';
import { z } from 'zod';
import { parseDateFormat } from './date-format.ts';
import { contractDigest } from './digest.ts';
import { mappedColumns, recordMapping } from './mapping.ts';
import {
  type Column,
  ContractError,
  type DateFormat,
  type Dialect,
  type FeedContract,
  FORMATS,
  LOGICAL_TYPES,
  NOTICE_CATEGORIES,
} from './model.ts';
import { customValues, type OdcsFile, type OdcsProperty, odcsFile, problemsOf } from './odcs.ts';

/** `house`: a contract of this platform must say everything; a contract checked on its own may leave our additions out. */
export interface FeedContractOptions {
  readonly house: boolean;
}

const ENCODINGS: Readonly<Record<string, Dialect['encoding']>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'utf-8-sig': 'utf-8',
  'us-ascii': 'utf-8',
  ascii: 'utf-8',
  'windows-1252': 'windows-1252',
  windows1252: 'windows-1252',
  'cp-1252': 'windows-1252',
  cp1252: 'windows-1252',
  'utf-16': 'utf-16',
  utf16: 'utf-16',
  'utf-16le': 'utf-16',
  'utf-16-le': 'utf-16',
};
const DELIMITERS: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  '\\t': '\t',
  pipe: '|',
};
const TYPES: Readonly<Record<string, Column['type']>> = {
  ...Object.fromEntries(LOGICAL_TYPES.map((type) => [type, type])),
  array: 'string',
  text: 'string',
};

/** What the contract says about the whole file, each with the value used where it is silent. */
const fileProperties = z.object({
  encoding: z
    .string()
    .default('utf-8')
    .transform((text, context) => named(ENCODINGS, text.toLowerCase(), 'an encoding we read', context)),
  delimiter: z
    .string()
    .default(',')
    .transform((text, context) =>
      text.length === 1 ? text : named(DELIMITERS, text.toLowerCase(), 'one character', context),
    ),
  headerRow: z
    .union([z.boolean(), z.number()])
    .default(true)
    .transform((value) => value !== false && value !== 0),
  dateFormat: z
    .string()
    .default('yyyy-MM-dd')
    .transform((text, context) => dateFormat(text, context)),
  twoDigitYearPivot: z.number().int().min(0).max(99).nullable().default(null),
  maxRejectRatio: z.number().min(0).max(1).default(0),
  nilReturnAllowed: z.boolean().default(false),
  category: z.enum(NOTICE_CATEGORIES).nullable().default(null),
  collectionDate: z.string().nullable().default(null),
  records: recordMapping.nullable().default(null),
});

const columnProperties = z.object({
  purpose: z.string().default(''),
  gateway: z.string().default(''),
  retention: z.string().default(''),
  format: z.enum(FORMATS).nullable().default(null),
  nhsCheckDigit: z.boolean().default(false),
  dateFormat: z
    .string()
    .transform((text, context) => dateFormat(text, context))
    .nullable()
    .default(null),
  codes: z.array(z.coerce.string()).min(1).nullable().default(null),
  listSeparator: z.string().length(1).nullable().default(null),
  codesBeyondGateway: z.record(z.string(), z.array(z.string())).default({}),
});

function named<Value>(
  values: Readonly<Record<string, Value>>,
  key: string,
  what: string,
  context: z.RefinementCtx,
): Value {
  const value = values[key];
  if (value !== undefined) return value;
  context.addIssue({ code: 'custom', message: `is not ${what}` });
  return z.NEVER;
}

function dateFormat(text: string, context: z.RefinementCtx): DateFormat {
  const format = parseDateFormat(text);
  if (format !== null) return format;
  context.addIssue({ code: 'custom', message: 'is not a date format such as yyyy-MM-dd or dd/MM/yyyy' });
  return z.NEVER;
}

/** Throws ContractError with every problem found. `file` is only named in the message. */
export function parseFeedContract(text: string, file: string, options: FeedContractOptions): FeedContract {
  const odcs = odcsFile.safeParse(readYaml(text, file));
  if (!odcs.success) throw new ContractError(file, problemsOf(odcs.error));
  const own = fileProperties.safeParse(customValues(odcs.data.customProperties));
  if (!own.success)
    throw new ContractError(
      file,
      problemsOf(own.error).map((problem) => `customProperties: ${problem}`),
    );

  const table = odcs.data.schema[0];
  if (table === undefined) throw new ContractError(file, ['schema: must hold one table']);
  const problems: string[] = [];
  const columns = table.properties.flatMap((property) => {
    const column = readColumn(property, problems);
    return column === null ? [] : [column];
  });
  const { category, collectionDate, records, ...dialect } = own.data;
  const contract = {
    id: odcs.data.id,
    version: odcs.data.version,
    name: odcs.data.name ?? odcs.data.id,
    purpose: odcs.data.description?.purpose ?? '',
    limitations: odcs.data.description?.limitations ?? '',
    grain: table.description ?? '',
    category,
    columns,
    dialect,
    collectionDate,
    records,
  };
  problems.push(...checkWhole(contract), ...(options.house ? checkHouse(contract, odcs.data) : []));
  if (problems.length > 0) throw new ContractError(file, problems);
  return { ...contract, digest: contractDigest(contract) };
}

function readYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new ContractError(file, [
      `is not YAML: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`,
    ]);
  }
}

function readColumn(property: OdcsProperty, problems: string[]): Column | null {
  const own = columnProperties.safeParse(customValues(property.customProperties));
  const type = TYPES[property.logicalType];
  if (!own.success) problems.push(...problemsOf(own.error).map((problem) => `${property.name}: ${problem}`));
  if (type === undefined)
    problems.push(`${property.name}: logicalType ${property.logicalType} cannot stand in a CSV cell`);
  if (!own.success || type === undefined) return null;
  const { nhsCheckDigit, format, ...rest } = own.data;
  const options = property.logicalTypeOptions ?? {};
  return {
    name: property.name,
    label: property.businessName ?? property.name,
    description: property.description ?? '',
    type,
    required: (property.required ?? false) || (property.primaryKey ?? false),
    unique: (property.unique ?? false) || (property.primaryKey ?? false),
    keyPosition: property.primaryKey === true ? (property.primaryKeyPosition ?? 1) : null,
    classification: property.classification ?? 'personal',
    examples: (property.examples ?? []).map(String),
    ...rest,
    format: format ?? (nhsCheckDigit ? 'nhs-number' : formatByName(property.name, type)),
    dateFormat:
      rest.dateFormat ?? (typeof options.format === 'string' ? parseDateFormat(options.format) : null),
    minLength: options.minLength ?? null,
    maxLength: options.maxLength ?? null,
    pattern: options.pattern ?? null,
    minimum: options.minimum ?? null,
    maximum: options.maximum ?? null,
  };
}

/** A contract from elsewhere may not name our formats; the field's usual column names say as much. */
function formatByName(name: string, type: Column['type']): Column['format'] {
  if (type === 'date') return /(^|_)(dob|date_of_birth|birth_date)$/.test(name) ? 'birth-date' : null;
  if (type !== 'string' && type !== 'integer') return null;
  if (/(^|_)nhs_(number|no)$/.test(name)) return 'nhs-number';
  if (/(^|_)uprn$/.test(name)) return 'uprn';
  if (type === 'integer') return null;
  if (/(^|_)postcode$/.test(name)) return 'postcode';
  if (/(^|_)(phone|mobile|telephone)(_number)?$/.test(name)) return 'phone';
  return null;
}

type Unsigned = Omit<FeedContract, 'digest'>;

function checkWhole(contract: Unsigned): readonly string[] {
  const problems: string[] = [];
  const names = contract.columns.map((column) => column.name);
  const known = new Set(names);
  if (known.size !== names.length) problems.push('two properties have the same name');
  if (known.has('change'))
    problems.push('a column may not be called change: that name marks a changes delivery');
  const used = [
    ...(contract.records === null ? [] : mappedColumns(contract.records)),
    ...(contract.collectionDate === null ? [] : [contract.collectionDate]),
  ];
  for (const name of new Set(used)) {
    if (!known.has(name)) problems.push(`records name a column that is not in the schema: ${name}`);
  }
  const dates = [contract.dialect.dateFormat, ...contract.columns.map((column) => column.dateFormat)];
  if (dates.some((format) => format?.yearDigits === 2) && contract.dialect.twoDigitYearPivot === null) {
    problems.push('dateFormat has two-digit years, so twoDigitYearPivot must say which century they mean');
  }
  if (!/^[\t\x20-\x7e]$/.test(contract.dialect.delimiter) || /[\w"]/.test(contract.dialect.delimiter)) {
    problems.push('delimiter must be one mark such as , ; | or a tab');
  }
  return problems;
}

/** What a contract of this platform must say beyond the standard; the reasons are the privacy notice and the Act. */
function checkHouse(contract: Unsigned, odcs: OdcsFile): readonly string[] {
  const problems: string[] = [];
  if (contract.category === null) problems.push('category: must name a category of the privacy notice');
  if (contract.records === null) problems.push('records: must say what a row means');
  if (contract.purpose === '') problems.push('description.purpose: must say what the data is for');
  if (odcs.name === undefined) problems.push('name: must not be empty');
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(contract.id))
    problems.push('id: must be lower-case words joined by hyphens');
  const clock = contract.columns.find((column) => column.name === contract.collectionDate);
  if (clock === undefined || clock.type !== 'date' || !clock.required) {
    problems.push('collectionDate: must name a required date column, because it starts the six-year clock');
  }
  if (!contract.columns.some((column) => column.keyPosition !== null))
    problems.push('no column is the primary key');
  for (const column of contract.columns) {
    const missing = (['description', 'purpose', 'gateway', 'retention'] as const).filter(
      (key) => column[key] === '',
    );
    if (column.examples.length === 0) problems.push(`${column.name}: has no made-up example`);
    for (const key of missing) problems.push(`${column.name}: ${key} must not be empty`);
  }
  for (const property of odcs.schema[0]?.properties ?? []) {
    if (property.classification === undefined) problems.push(`${property.name}: has no classification`);
  }
  return problems;
}
