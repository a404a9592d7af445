-- What must be true of every result of query.sql, judged before disclosure control: each row is a broken promise.
-- One row per failure, none when all is well; `result` is the result of query.sql.
select 'a count is negative' as failure, count(*) as found
from result where result.offences < 0 or result.persons < 0
having count(*) > 0
union all
select 'offences without a person, or a person without an offence' as failure, count(*) as found
from result where (result.offences = 0 and result.persons > 0) or (result.offences > 0 and result.persons = 0)
having count(*) > 0
union all
select 'not the thirteen districts' as failure, count(distinct result.district_code) as found
from result
having count(distinct result.district_code) <> 13
union all
select 'a combination of district, kind and quarter is missing or stands twice' as failure, count(*) as found
from result
having count(*) <> count(distinct result.district_code) * count(distinct result.kind) * count(distinct result.quarter_start)
order by failure
