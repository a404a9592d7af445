/** The columns of the record tables, in their order, and what makes a row of each from a canonical row of a feed. */
import { keyColumns } from '../contract/load.ts';
import type { EventMapping, FeedContract, MappedColumn, RecordMapping } from '../contract/model.ts';
import { type ColumnType, sqlName, sqlText } from '../parquet.ts';
import type { PartnerId, RecordTable } from '../zones.ts';

export const RECORD_COLUMNS: Readonly<Record<RecordTable, Readonly<Record<string, ColumnType>>>> = {
  person: {
    record_ref: 'varchar',
    partner: 'varchar',
    feed: 'varchar',
    person_key: 'varchar',
    forename: 'varchar',
    surname: 'varchar',
    middle_names: 'varchar',
    dob: 'date',
    sex: 'varchar',
    ethnicity: 'varchar',
    postcode: 'varchar',
    uprn: 'varchar',
    phone: 'varchar',
    nhs_number: 'varchar',
    restricted: 'boolean',
    safety_marker: 'varchar',
    collection_date: 'date',
  },
  event: {
    record_ref: 'varchar',
    partner: 'varchar',
    feed: 'varchar',
    event_no: 'integer',
    person_key: 'varchar',
    event_type: 'varchar',
    code: 'varchar',
    role: 'varchar',
    event_date: 'date',
    knife: 'boolean',
    domestic: 'boolean',
    firearm: 'boolean',
    county_lines: 'boolean',
    lsoa21cd: 'varchar',
    lad24cd: 'varchar',
    occurrence_key: 'varchar',
    collection_date: 'date',
  },
  place: {
    record_ref: 'varchar',
    partner: 'varchar',
    feed: 'varchar',
    uprn: 'varchar',
    postcode: 'varchar',
    lsoa21cd: 'varchar',
    lad24cd: 'varchar',
    collection_date: 'date',
  },
  relation: {
    record_ref: 'varchar',
    partner: 'varchar',
    feed: 'varchar',
    person_key: 'varchar',
    related_person_key: 'varchar',
    relation_type: 'varchar',
    collection_date: 'date',
  },
};

/** A column expression for each column of a table; a column not named is empty. */
type Expressions = Readonly<Record<string, string>>;

/** Room for the codes of one event entry of a contract, so that event numbers of one row never meet. */
const EVENTS_PER_ENTRY = 1_000;

/**
 * The `select` that makes one table from `canonical` (columns of the contract, with record_ref and change) and
 * `postcode_area` (postcode, lsoa21cd, lad24cd); null where the feed says nothing of that kind.
 */
export function tableSql(table: RecordTable, contract: FeedContract, partner: PartnerId): string | null {
  const { records, collectionDate } = contract;
  if (records === null || collectionDate === null)
    throw new Error(`The contract ${contract.id} does not say what a row means.`);
  const common = {
    record_ref: 'canonical.record_ref',
    partner: sqlText(partner),
    feed: sqlText(contract.id),
    collection_date: cell(collectionDate),
  };
  const select = (own: Expressions, from = 'canonical', where = 'true'): string =>
    `select ${Object.entries(RECORD_COLUMNS[table])
      .map(([name, type]) => `cast(${{ ...own, ...common }[name] ?? 'null'} as ${type}) as ${name}`)
      .join(', ')} from ${from} where canonical.change = 'u' and ${where}`;
  if (table === 'person') return personSql(contract, records, select);
  if (table === 'event') return eventSql(contract, records, select);
  if (table === 'place') return placeSql(records, select);
  return relationSql(records, select);
}

type Select = (own: Expressions, from?: string, where?: string) => string;

const cell = (column: string | null): string => (column === null ? 'null' : `canonical.${sqlName(column)}`);
/** A flag column holds Y, N or nothing. */
const isYes = (column: string | null): string => (column === null ? 'null' : `(${cell(column)} = 'Y')`);
const withArea = (postcode: string | null): string =>
  postcode === null
    ? 'canonical, (select null as lsoa21cd, null as lad24cd) area'
    : `canonical left join postcode_area area on area.postcode = ${cell(postcode)}`;

const caseOf = ({ column, codes }: MappedColumn): string =>
  `case ${cell(column)} ${Object.entries(codes)
    .map(([code, meaning]) => `when ${sqlText(code)} then ${sqlText(meaning)}`)
    .join(' ')} end`;

/** Where the row key stands in for a person's number, a row has a person only if it says something of one. */
function hasPerson(contract: FeedContract, records: RecordMapping): string {
  const { person } = records;
  if (person === null) return 'false';
  const isRowKey = keyColumns(contract).some((column) => column.name === person.personKey);
  const said = [person.forename, person.surname, person.dob].filter((name) => name !== null);
  return isRowKey
    ? `coalesce(${said.map((name) => `cast(${cell(name)} as varchar)`).join(', ')}) is not null`
    : 'true';
}

function personSql(contract: FeedContract, records: RecordMapping, select: Select): string | null {
  const { person } = records;
  if (person === null) return null;
  const own = {
    person_key: cell(person.personKey),
    forename: cell(person.forename),
    surname: cell(person.surname),
    middle_names: cell(person.middleNames),
    dob: cell(person.dob),
    sex: cell(person.sex),
    ethnicity: cell(person.ethnicity),
    postcode: cell(person.postcode),
    uprn: cell(person.uprn),
    phone: cell(person.phone),
    nhs_number: cell(person.nhsNumber),
    restricted: 'false',
    safety_marker: person.safetyMarker === null ? 'null' : caseOf(person.safetyMarker),
  };
  return select(own, 'canonical', hasPerson(contract, records));
}

/** All codes an entry gives a row, as a list. */
function codesOf({ code }: EventMapping): string {
  if ('column' in code) return `[${cell(code.column)}]`;
  if ('list' in code) return `string_split(${cell(code.list)}, ';')`;
  const flags = Object.entries(code.flags).map(
    ([flag, meaning]) => `case when ${isYes(flag)} then ${sqlText(meaning)} end`,
  );
  return `list_filter([${flags.join(', ')}], lambda one: one is not null)`;
}

function eventSql(contract: FeedContract, records: RecordMapping, select: Select): string | null {
  if (records.events.length === 0) return null;
  const personKey =
    records.person === null
      ? 'null'
      : `case when ${hasPerson(contract, records)} then ${cell(records.person.personKey)} end`;
  return records.events
    .map((event, entry) => {
      const codes = codesOf(event);
      const numbered = `(select *, unnest(${codes}) as one_code, unnest(range(1, len(${codes}) + 1)) as one_number from canonical)`;
      const own = {
        event_no: `${entry * EVENTS_PER_ENTRY} + canonical.one_number`,
        person_key: personKey,
        event_type: sqlText(event.eventType),
        code: 'canonical.one_code',
        role: 'value' in event.role ? sqlText(event.role.value) : caseOf(event.role),
        event_date: cell(event.eventDate),
        knife: isYes(event.knife),
        domestic: isYes(event.domestic),
        firearm: isYes(event.firearm),
        county_lines: isYes(event.countyLines),
        lsoa21cd: 'area.lsoa21cd',
        lad24cd: 'area.lad24cd',
        occurrence_key: cell(event.occurrenceKey),
      };
      return select(
        own,
        withArea(event.postcode).replace('canonical', `${numbered} canonical`),
        'canonical.one_code is not null',
      );
    })
    .join(' union all ');
}

function placeSql({ place }: RecordMapping, select: Select): string | null {
  if (place === null) return null;
  const own = {
    uprn: cell(place.uprn),
    postcode: cell(place.postcode),
    lsoa21cd: 'area.lsoa21cd',
    lad24cd: 'area.lad24cd',
  };
  return select(
    own,
    withArea(place.postcode),
    `coalesce(${cell(place.uprn)}, ${cell(place.postcode)}) is not null`,
  );
}

function relationSql({ relation }: RecordMapping, select: Select): string | null {
  if (relation === null) return null;
  const own = {
    person_key: cell(relation.personKey),
    related_person_key: cell(relation.relatedPersonKey),
    relation_type: cell(relation.relationType),
  };
  return select(own, 'canonical', `${cell(relation.relatedPersonKey)} is not null`);
}
