/** What passes from the making of the valley to the writing of files: rows as columns, and the truth beside them. */
import type { FeedId, IsoDate, PartnerId } from '../../pipeline/zones.ts';
import type { Day } from './calendar.ts';
import type { MistakeRates } from './mistakes.ts';
import type { Relation } from './households.ts';
import type { Place } from './places.ts';

export interface SyntheticRow {
  readonly partner: PartnerId;
  readonly feed: FeedId;
  /** The value of the contract's primary key. */
  readonly key: string;
  /** Collection date: decides which window of a delta a row belongs to. */
  readonly collected: Day;
  readonly values: Readonly<Record<string, string>>;
  /** The true person the row speaks of; null where it names nobody. */
  readonly entity: string | null;
  /** Columns as they read once the agency has seen its slips and put them right. */
  readonly corrected: () => Readonly<Record<string, string>>;
  /** True places behind the row: where the person lives, where it happened. */
  readonly places: readonly { readonly of: 'home' | 'location' | 'visit'; readonly place: Place }[];
}

export interface Sink {
  readonly row: (row: SyntheticRow) => void;
  readonly relation: (relation: Relation) => void;
}

export interface ValleyOptions {
  readonly seed: number | string;
  /** The valley's months end before the month of this date begins. */
  readonly until: IsoDate;
  /** Whole months, 1 to 72; 36 unless told. */
  readonly months?: number;
  /** 1 is the demo: serious violence at its real volume, the rest a sample. */
  readonly scale?: number;
  readonly mistakes?: Partial<MistakeRates>;
}
