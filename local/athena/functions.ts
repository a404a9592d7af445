/** Functions a query may call in the stand-in: names Athena has that DuckDB answers, and what its parser makes of operators. */

/** Athena's names. Those that answer differently are repaired in compat.sql. */
const ATHENA =
  'abs avg bool_and bool_or cardinality ceil ceiling coalesce concat contains corr cos count count_if covar_pop covar_samp ' +
  'cume_dist date_add date_diff date_trunc day day_of_month day_of_week day_of_year degrees dense_rank dow exp ' +
  'first_value floor greatest hour if json_extract_scalar lag last_value lead least length ln log10 lower lpad ltrim max max_by ' +
  'min min_by minute mod month nth_value ntile nullif percent_rank pi pow power quarter radians rank regexp_extract ' +
  'regexp_like regexp_replace replace reverse round row_number rpad rtrim second sequence sign sin split_part sqrt ' +
  'starts_with stddev stddev_pop stddev_samp strpos substr substring sum tan to_iso8601 translate trim truncate upper ' +
  'var_pop var_samp variance week year year_of_week array_agg array_join arbitrary any_value cast date grouping';

/** What DuckDB's parser writes for interval, extract, like, array[…], count(*), || and arithmetic. */
const PARSER =
  'count_star date_part to_days to_months to_years to_hours to_minutes to_seconds to_weeks to_quarters trunc ' +
  'list_value list_extract array_extract array_slice row struct_pack struct_extract like_escape not_like_escape ilike_escape ' +
  '~~ !~~ ~~~ ~~* !~~* + - * / // % || ! << >> & | ^ ** unnest not_distinct';

const ALLOWED: ReadonlySet<string> = new Set(`${ATHENA} ${PARSER}`.split(' '));

export const isAllowedFunction = (name: string): boolean => ALLOWED.has(name);
