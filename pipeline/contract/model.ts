/** What the declared truth says once read: partners, feeds, columns and what a row means. */
import type { FeedId, PartnerId } from '../zones.ts';

/** Everything under contracts/partners and contracts/feeds, read and checked against each other. */
export interface Contracts {
  readonly partners: ReadonlyMap<PartnerId, PartnerFile>;
  readonly feeds: ReadonlyMap<FeedId, FeedContract>;
}

export const ROLES = [
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
export type Role = (typeof ROLES)[number];

/** One public body that signed: who it is, who acts for it, what it chooses to share. */
export interface PartnerFile {
  readonly id: PartnerId;
  readonly short: string;
  readonly name: string;
  readonly kind: 'police' | 'council' | 'fire' | 'health';
  readonly status: 'active' | 'off';
  readonly controller: {
    readonly organisation: string;
    readonly dataProtectionOfficer: {
      readonly name: string;
      readonly email: string;
      readonly telephone: string;
    };
    readonly address: string;
  };
  /** The law this partner shares under. */
  readonly gateway: string;
  readonly approvers: readonly string[];
  readonly staff: readonly StaffMember[];
  readonly feeds: readonly PartnerFeed[];
}
export interface StaffMember {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}
export interface PartnerFeed {
  readonly feed: FeedId;
  /** Columns this partner chose to share; null means every column of the contract. */
  readonly columns: readonly string[] | null;
  /** Further gateways this partner's own agreement names, which cover codes that PCSCA s.16 does not. */
  readonly gateways: readonly string[];
}

/** The categories of the privacy notice, version 2. Nothing outside them lands; health is not among them. */
export const NOTICE_CATEGORIES = [
  'crimes-and-incidents',
  'social-care',
  'fire-prevention',
  'place-and-census',
] as const;
export type NoticeCategory = (typeof NOTICE_CATEGORIES)[number];

/** One feed: its columns, how its files are written, and what a row says. */
export interface FeedContract {
  readonly id: FeedId;
  readonly version: string;
  readonly name: string;
  readonly purpose: string;
  readonly limitations: string;
  readonly grain: string;
  /** null only for a contract checked on its own, outside contracts/feeds. */
  readonly category: NoticeCategory | null;
  readonly columns: readonly Column[];
  readonly dialect: Dialect;
  /** The column whose date starts the six-year clock. */
  readonly collectionDate: string | null;
  readonly records: RecordMapping | null;
  /** SHA-256 over the canonical form of all that changes what a file means or may hold; see digest.ts. */
  readonly digest: string;
}

export interface Dialect {
  readonly encoding: 'utf-8' | 'windows-1252' | 'utf-16';
  /** One ASCII character. */
  readonly delimiter: string;
  readonly headerRow: boolean;
  readonly dateFormat: DateFormat;
  /** Two-digit years up to this one are of this century; null: two-digit years are refused. */
  readonly twoDigitYearPivot: number | null;
  /** Share of rows that may lose an optional cell before the whole file is refused. */
  readonly maxRejectRatio: number;
  readonly nilReturnAllowed: boolean;
}
/** Order of the parts and the mark between them: `yyyy-MM-dd`, `dd/MM/yyyy`, `MM/dd/yyyy`, `dd.MM.yy`, `yyyyMMdd` … */
export interface DateFormat {
  readonly text: string;
  readonly order: 'ymd' | 'dmy' | 'mdy';
  readonly separator: string;
  readonly yearDigits: 2 | 4;
}

export const LOGICAL_TYPES = ['string', 'date', 'timestamp', 'integer', 'number', 'boolean'] as const;
export type LogicalType = (typeof LOGICAL_TYPES)[number];

export const FORMATS = [
  'name',
  'postcode',
  'uprn',
  'phone',
  'nhs-number',
  'birth-date',
  'past-date',
  'ho-offence-code',
] as const;
export type ColumnFormat = (typeof FORMATS)[number];

export interface Column {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly type: LogicalType;
  readonly required: boolean;
  readonly unique: boolean;
  /** Place in the row key, from 1; null where the column is no part of it. */
  readonly keyPosition: number | null;
  readonly classification: string;
  readonly examples: readonly string[];
  readonly purpose: string;
  readonly gateway: string;
  readonly retention: string;
  readonly format: ColumnFormat | null;
  /** Date format where it differs from the file's. */
  readonly dateFormat: DateFormat | null;
  readonly codes: readonly string[] | null;
  /** Several codes in one cell, separated by this character. */
  readonly listSeparator: string | null;
  /** Codes that the contract's own gateway does not cover, by the gateway that would. */
  readonly codesBeyondGateway: Readonly<Record<string, readonly string[]>>;
  readonly minLength: number | null;
  readonly maxLength: number | null;
  readonly pattern: string | null;
  readonly minimum: string | number | null;
  readonly maximum: string | number | null;
}

/** What one row of a feed says about a person, events, a place and a relation; values are column names. */
export interface RecordMapping {
  readonly person: PersonMapping | null;
  readonly events: readonly EventMapping[];
  readonly place: { readonly uprn: string | null; readonly postcode: string | null } | null;
  readonly relation: {
    readonly personKey: string;
    readonly relatedPersonKey: string;
    readonly relationType: string;
  } | null;
}
export interface PersonMapping {
  readonly personKey: string;
  readonly forename: string | null;
  readonly middleNames: string | null;
  readonly surname: string | null;
  readonly dob: string | null;
  readonly sex: string | null;
  readonly ethnicity: string | null;
  readonly postcode: string | null;
  readonly uprn: string | null;
  readonly phone: string | null;
  readonly nhsNumber: string | null;
  readonly safetyMarker: MappedColumn | null;
}
export interface MappedColumn {
  readonly column: string;
  readonly codes: Readonly<Record<string, string>>;
}
export interface EventMapping {
  readonly eventType: string;
  /** One code in a column, several in a list column, or one for each flag that is set. */
  readonly code:
    | { readonly column: string }
    | { readonly list: string }
    | { readonly flags: Readonly<Record<string, string>> };
  readonly role: { readonly value: string } | MappedColumn;
  readonly eventDate: string;
  readonly occurrenceKey: string | null;
  readonly knife: string | null;
  readonly firearm: string | null;
  readonly domestic: string | null;
  readonly countyLines: string | null;
  readonly postcode: string | null;
}

/** A contract or partner file that cannot be used, in words for its author. It holds no personal data: contracts have none. */
export class ContractError extends Error {
  readonly problems: readonly string[];
  constructor(file: string, problems: readonly string[]) {
    super(`${file} cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ContractError';
    this.problems = problems;
  }
}
