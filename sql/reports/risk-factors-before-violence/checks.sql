-- What must be true of every result of query.sql, judged before disclosure control: each row is a broken promise.
-- One row per failure, none when all is well; `result` is the result of query.sql.
select 'a part exceeds its whole' as failure, count(*) as found
from result
where result.violent_with_factor > result.violent_known or result.others_with_factor > result.others_known
having count(*) > 0
union all
select 'a count is negative' as failure, count(*) as found
from result where result.violent_with_factor < 0 or result.others_with_factor < 0
having count(*) > 0
union all
select 'a factor stands twice' as failure, count(*) as found
from result
having count(*) <> count(distinct result.factor)
union all
select 'no factor at all' as failure, count(*) as found
from result
having count(*) = 0
order by failure
