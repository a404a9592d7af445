-- DuckDB macros that answer as Athena's engine does where DuckDB would silently answer otherwise; run before a query.
-- One macro per difference seen; a macro hides the built-in of its name, which stays reachable as system.main.<name>.

-- whole units elapsed, not boundaries crossed: someone born on 24 November is still 25 on 23 November
create macro date_diff(unit, earlier, later) as date_sub(unit, earlier, later);
-- unit first, and a date stays a date
create macro date_add(unit, amount, day) as case lower(unit)
    when 'day' then cast(day + to_days(cast(amount as integer)) as date)
    when 'week' then cast(day + to_days(cast(amount as integer) * 7) as date)
    when 'month' then cast(day + to_months(cast(amount as integer)) as date)
    when 'quarter' then cast(day + to_months(cast(amount as integer) * 3) as date)
    when 'year' then cast(day + to_years(cast(amount as integer)) as date)
    else error('date_add: unit not supported') end;
-- one null makes the whole null
create macro greatest(one, two) as case when one is null or two is null then null when one >= two then one else two end,
    (one, two, three) as case when one is null or two is null or three is null then null
        when one >= two and one >= three then one when two >= three then two else three end;
create macro least(one, two) as case when one is null or two is null then null when one <= two then one else two end,
    (one, two, three) as case when one is null or two is null or three is null then null
        when one <= two and one <= three then one when two <= three then two else three end;
create macro concat(one, two) as one || two, (one, two, three) as one || two || three,
    (one, two, three, four) as one || two || three || four;
-- positions begin with 1; 0 is outside the string
create macro substr(whole, start) as case when start = 0 then '' else system.main.substring(whole, start) end,
    (whole, start, size) as case when start = 0 then '' else system.main.substring(whole, start, size) end;
create macro substring(whole, start) as case when start = 0 then '' else system.main.substr(whole, start) end,
    (whole, start, size) as case when start = 0 then '' else system.main.substr(whole, start, size) end;
-- past the end is null, not an empty string
create macro split_part(whole, separator, nth) as string_split(whole, separator)[nth];
create macro regexp_extract(whole, pattern) as
    case when regexp_matches(whole, pattern) then system.main.regexp_extract(whole, pattern) end;
-- Monday is 1 and Sunday is 7
create macro day_of_week(day) as isodow(day);
create macro dow(day) as isodow(day);
create macro day_of_year(day) as dayofyear(day);
create macro year_of_week(day) as isoyear(day);
-- names DuckDB has under another one
create macro array_join(items, separator) as array_to_string(items, separator);
create macro to_iso8601(day) as strftime(cast(day as date), '%Y-%m-%d');
create macro sequence(first, last) as generate_series(first, last), (first, last, step) as generate_series(first, last, step);
