/** What a month of each linked table holds, as SQL over that month's records: names, dates of birth and addresses stay behind. */
import type { LinkedTable, RecordTable } from '../zones.ts';

/** Files of one month, as paths on this machine; a table the month does not have is an empty list. */
export interface MonthFiles {
  readonly records: Readonly<Record<RecordTable, readonly string[]>>;
  /** Assignments of the month's person records. */
  readonly assignments: readonly string[];
}

/** Files that hold for every month of a snapshot. */
export interface SharedFiles {
  /** Who is who: partner, feed, person_key → person_id, over all months. */
  readonly parties: readonly string[];
  /** Public lookup: postcode → lsoa21cd, lad24cd. */
  readonly postcodes: string;
}

/** Which record tables a linked table is made from: it is made anew only when one of them changed. */
export const MADE_FROM: Readonly<Record<LinkedTable, readonly (RecordTable | 'assignments' | 'parties')[]>> =
  {
    record_person: ['person', 'assignments'],
    person_record: ['person'],
    event_record: ['event'],
    place_record: ['place'],
    relation_record: ['relation', 'parties'],
  };

/**
 * The rows of one linked table for one month, ordered by its key, or null when the month has none.
 *
 * `pseudonym` is bound as the statement's first parameter ($1) where a reference has to be hidden: a keyed hash of
 * two nested SHA-256, so that no length can be added to what is hashed.
 */
export function linkedTableSql(table: LinkedTable, month: MonthFiles, shared: SharedFiles): LinkedSql | null {
  const { records } = month;
  switch (table) {
    case 'record_person':
      return records.person.length === 0
        ? null
        : plain(`select record_ref, person_id from ${parquet(month.assignments)} order by record_ref`);
    case 'person_record':
      return records.person.length === 0
        ? null
        : plain(`
            select person.record_ref, person.partner, person.feed, cast(year(person.dob) as integer) as birth_year,
                   person.sex, ${ETHNICITY_GROUP} as ethnicity_group, home.lsoa21cd, home.lad24cd,
                   coalesce(person.restricted, false) as restricted, person.collection_date
            from ${parquet(records.person)} person
            left join ${csv(shared.postcodes)} home on home.postcode = person.postcode
            order by person.record_ref`);
    case 'event_record':
      return records.event.length === 0
        ? null
        : keyed(`
            select record_ref, record_ref || '-' || event_no as event_ref, partner, feed, event_type, code, role,
                   event_date, ${hidden("partner || '|' || occurrence_key")} as occurrence_ref,
                   coalesce(knife, false) as knife, coalesce(domestic, false) as domestic,
                   coalesce(firearm, false) as firearm, coalesce(county_lines, false) as county_lines,
                   lsoa21cd, lad24cd, collection_date
            from ${parquet(records.event)} order by record_ref, event_no`);
    case 'place_record':
      return records.place.length === 0
        ? null
        : keyed(`
            select record_ref, ${hidden("coalesce('uprn|' || uprn, 'postcode|' || postcode)")} as place_ref,
                   partner, feed, lsoa21cd, lad24cd, collection_date
            from ${parquet(records.place)} order by record_ref`);
    case 'relation_record':
      return records.relation.length === 0
        ? null
        : plain(`
            select relation.record_ref, related.person_id as related_person_id, relation.relation_type,
                   relation.collection_date
            from ${parquet(records.relation)} relation
            join (select distinct partner, feed, person_key, person_id from ${parquet(shared.parties)}) related
              on related.partner = relation.partner and related.feed = relation.feed
             and related.person_key = relation.related_person_key
            order by relation.record_ref, related_person_id`);
  }
}

export interface LinkedSql {
  readonly sql: string;
  /** True when the pseudonym secret is to be bound as $1. */
  readonly takesSecret: boolean;
}
const plain = (sql: string): LinkedSql => ({ sql, takesSecret: false });
const keyed = (sql: string): LinkedSql => ({ sql, takesSecret: true });

const hidden = (value: string): string => `substr(sha256($1 || sha256($1 || ${value})), 1, 26)`;

/**
 * Census group of a police 16+1 code or a school census code: both begin with the group's letter. Police count
 * Chinese (O1) under "other", the census of 2021 under Asian, and reports compare with the census.
 */
const ETHNICITY_GROUP = `case
    when person.ethnicity in ('O1', 'CHNE') then 'asian'
    when person.ethnicity like 'W%' then 'white'
    when person.ethnicity like 'M%' then 'mixed'
    when person.ethnicity like 'A%' then 'asian'
    when person.ethnicity like 'B%' then 'black'
    when person.ethnicity like 'O%' then 'other'
  end`;

const literal = (path: string): string => `'${path.replaceAll("'", "''")}'`;
const parquet = (paths: readonly string[]): string => `read_parquet([${paths.map(literal).join(', ')}])`;
const csv = (path: string): string => `read_csv(${literal(path)}, header = true, all_varchar = true)`;
