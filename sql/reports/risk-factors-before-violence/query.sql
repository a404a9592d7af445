-- Risk factors other agencies had found before a person's first serious violence, and how common they are without it.
-- One row per risk factor, true zeros included; parameters in the order definition.yaml lists them.
with
period as (
    select cast(? as date) as first_day, cast(? as date) as day_after
),
factors as (
    select risk_factor.factor, risk_factor.label, risk_factor.event_type, risk_factor.code
    from risk_factor where risk_factor.snapshot = ?
),
definition as (
    select serious_violence_kind.code, serious_violence_kind.needs
    from serious_violence_kind
    where serious_violence_kind.snapshot = ? and serious_violence_kind.definition_version = ?
),
records as (
    select person_record.record_ref, person_record.feed, person_record.collection_date, record_person.person_id
    from person_record
    inner join record_person on person_record.record_ref = record_person.record_ref
    where person_record.snapshot = ? and person_record.collection_date >= cast(? as date)
        and record_person.snapshot = ? and not coalesce(person_record.restricted, false)
),
events as (
    select records.person_id, event_record.feed, event_record.event_type, event_record.code, event_record.role,
        event_record.event_date, event_record.knife, event_record.firearm, event_record.county_lines
    from event_record
    inner join records on event_record.record_ref = records.record_ref
    where event_record.snapshot = ?
),
first_violence as (
    select events.person_id, min(events.event_date) as violence_date
    from events
    inner join definition on events.code = definition.code
    where events.event_type = 'offence' and events.role in ('suspect', 'victim') and (
        definition.needs = 'none'
        or (definition.needs = 'knife' and events.knife)
        or (definition.needs = 'firearm' and events.firearm)
        or (definition.needs = 'county_lines' and events.county_lines)
    )
    group by events.person_id
),
agencies as (
    select distinct events.event_type, events.feed from events where events.event_type <> 'offence'
),
known as (
    select agencies.event_type, contacts.person_id, min(contacts.contact_date) as known_since
    from agencies
    inner join (
        select records.person_id, records.feed, records.collection_date as contact_date from records
        union all
        select events.person_id, events.feed, events.event_date as contact_date from events
    ) as contacts on agencies.feed = contacts.feed
    group by agencies.event_type, contacts.person_id
),
studied as (
    select known.event_type, known.person_id, known.known_since,
        coalesce(first_violence.violence_date < period.day_after, false) as violent,
        case when first_violence.violence_date < period.day_after then first_violence.violence_date else period.day_after end as cut_off
    from known
    cross join period
    left join first_violence on known.person_id = first_violence.person_id
    where first_violence.violence_date is null or first_violence.violence_date >= period.first_day
),
found as (
    select factors.factor, events.person_id, min(events.event_date) as found_date
    from events
    inner join factors on events.event_type = factors.event_type and events.code = factors.code
    group by factors.factor, events.person_id
)
select
    factors.factor, factors.label,
    count(distinct case when studied.violent and found.found_date < studied.cut_off then studied.person_id end) as violent_with_factor,
    count(distinct case when studied.violent then studied.person_id end) as violent_known,
    count(distinct case when not studied.violent and found.found_date < studied.cut_off then studied.person_id end) as others_with_factor,
    count(distinct case when not studied.violent then studied.person_id end) as others_known
from (select distinct factors.factor, factors.label, factors.event_type from factors) as factors
left join studied on factors.event_type = studied.event_type and studied.known_since < studied.cut_off
left join found on factors.factor = found.factor and studied.person_id = found.person_id
group by factors.factor, factors.label
order by factors.factor, factors.label
