-- Serious violence recorded by the police, by the local definition: offences, and the people suspected or harmed.
-- One row per district, kind and quarter, true zeros included; parameters in the order definition.yaml lists them.
with
period as (
    select cast(? as date) as first_day, cast(? as date) as day_after
),
districts as (
    select distinct area.lad24cd as district_code, area.lad24nm as district_name
    from area
    where area.snapshot = ?
),
definition as (
    select serious_violence_kind.code, serious_violence_kind.needs, serious_violence_kind.kind
    from serious_violence_kind
    where serious_violence_kind.snapshot = ? and serious_violence_kind.definition_version = ?
),
unrestricted as (
    select person_record.record_ref
    from person_record
    where person_record.snapshot = ? and person_record.collection_date >= cast(? as date)
        and not coalesce(person_record.restricted, false)
),
people as (
    select record_person.record_ref, record_person.person_id
    from record_person
    where record_person.snapshot = ?
),
offences as (
    select
        event_record.record_ref, event_record.occurrence_ref, event_record.code, event_record.event_date,
        event_record.lad24cd, event_record.knife, event_record.firearm, event_record.county_lines
    from event_record
    where event_record.snapshot = ?
        and event_record.event_type = 'offence' and event_record.role in ('suspect', 'victim')
),
quarters as (
    select
        cast(period.first_day + interval '3' month * step.number as date) as quarter_start,
        cast(period.first_day + interval '3' month * (step.number + 1) as date) as next_quarter
    from period
    cross join (
        values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11),
            (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23)
    ) as step (number)
    where cast(period.first_day + interval '3' month * step.number as date) < period.day_after
),
cells as (
    select districts.district_code, districts.district_name, kinds.kind, quarters.quarter_start, quarters.next_quarter
    from districts
    cross join (select distinct definition.kind from definition) as kinds
    cross join quarters
),
counted as (
    select offences.lad24cd, definition.kind, offences.event_date, offences.occurrence_ref, people.person_id
    from offences
    inner join definition on offences.code = definition.code
    inner join unrestricted on offences.record_ref = unrestricted.record_ref
    inner join people on offences.record_ref = people.record_ref
    where definition.needs = 'none'
        or (definition.needs = 'knife' and offences.knife)
        or (definition.needs = 'firearm' and offences.firearm)
        or (definition.needs = 'county_lines' and offences.county_lines)
)
select
    cells.district_code,
    cells.district_name,
    cells.kind,
    cells.quarter_start,
    count(distinct counted.occurrence_ref) as offences,
    count(distinct counted.person_id) as persons
from cells
left join counted
    on cells.district_code = counted.lad24cd
    and cells.kind = counted.kind
    and counted.event_date >= cells.quarter_start
    and counted.event_date < cells.next_quarter
group by cells.district_code, cells.district_name, cells.kind, cells.quarter_start
order by cells.district_code, cells.district_name, cells.kind, cells.quarter_start
