/** Everything a report pack says beside its numbers, as the release step knows it. */

import type { IsoDate, PartnerId, SnapshotId } from '../zones.ts';
import type { ProtectedTable } from './protect.ts';
import type { ReportShape } from './table.ts';

export interface Release {
  /** Opaque id of the release. */
  readonly release: string;
  readonly releasedAt: string;
  readonly report: ReportShape & {
    readonly lawful_basis: string;
    readonly gateway: string;
    readonly level: number;
    readonly geography: { readonly unit: string; readonly vintage: string };
    readonly recipients: readonly { readonly partner: PartnerId; readonly role: string }[];
  };
  /** First day covered and the day after the last one. */
  readonly period: { readonly id: string; readonly start: IsoDate; readonly end: IsoDate };
  readonly snapshot: {
    readonly snapshot: SnapshotId;
    readonly publishedAt: string;
    /** `<partner>/<feed>` → day the newest extract was taken; null where the sender did not say. */
    readonly extracted: Readonly<Record<string, IsoDate | null>>;
  };
  readonly definition: {
    readonly digest: string;
    readonly expires: string;
    readonly sql: string;
    readonly registerDigest: string;
  };
  readonly agreedBy: readonly {
    readonly partner: PartnerId;
    readonly name: string;
    readonly signer: string;
    readonly signedAt: string;
    readonly expires: string;
  }[];
  readonly seriousViolence: { readonly id: string; readonly title: string; readonly statement: string };
  readonly partnerNames: Readonly<Record<PartnerId, string>>;
  readonly table: ProtectedTable;
  /** TopoJSON of the districts (object `areas`, `id` is the code), as in contracts/reference. */
  readonly districts: unknown;
}
