/** Reads the `records` property of a contract: what one row says about a person, events, a place and a relation. */
import { z } from 'zod';
import type { RecordMapping } from './model.ts';

const column = z.string().min(1);
const optional = column.nullish().transform((name) => name ?? null);
const mapped = z.strictObject({ column, codes: z.record(z.string(), z.string()) });

const person = z.strictObject({
  personKey: column,
  forename: optional,
  middleNames: optional,
  surname: optional,
  dob: optional,
  sex: optional,
  ethnicity: optional,
  postcode: optional,
  uprn: optional,
  phone: optional,
  nhsNumber: optional,
  safetyMarker: mapped.nullish().transform((marker) => marker ?? null),
});

const event = z.strictObject({
  eventType: z.enum(['offence', 'social-care-factor', 'fire-visit']),
  code: z.union([
    z.strictObject({ column }),
    z.strictObject({ list: column }),
    z.strictObject({ flags: z.record(column, z.string()) }),
  ]),
  role: z.union([z.strictObject({ value: z.string() }), mapped]),
  eventDate: column,
  occurrenceKey: optional,
  knife: optional,
  firearm: optional,
  domestic: optional,
  countyLines: optional,
  postcode: optional,
});

export const recordMapping = z.strictObject({
  person: person.nullish().transform((value) => value ?? null),
  events: z.array(event).default([]),
  place: z
    .strictObject({ uprn: optional, postcode: optional })
    .nullish()
    .transform((value) => value ?? null),
  relation: z
    .strictObject({ personKey: column, relatedPersonKey: column, relationType: column })
    .nullish()
    .transform((value) => value ?? null),
});

/** Every column the mapping names, so that one that does not exist is found when the contract is read. */
export function mappedColumns(mapping: RecordMapping): readonly string[] {
  const events = mapping.events.flatMap((entry) => [
    ...('column' in entry.code
      ? [entry.code.column]
      : 'list' in entry.code
        ? [entry.code.list]
        : Object.keys(entry.code.flags)),
    'column' in entry.role ? entry.role.column : null,
    entry.eventDate,
    entry.occurrenceKey,
    entry.knife,
    entry.firearm,
    entry.domestic,
    entry.countyLines,
    entry.postcode,
  ]);
  const { safetyMarker, ...persons } = mapping.person ?? { safetyMarker: null };
  const named = [
    ...events,
    ...Object.values(persons),
    safetyMarker?.column,
    mapping.place?.uprn,
    mapping.place?.postcode,
    ...Object.values(mapping.relation ?? {}),
  ];
  return named.filter((name): name is string => typeof name === 'string');
}
