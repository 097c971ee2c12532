const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean))

/**
 * Functions a SELECT may call (operators are always allowed). All take and give values of a bounded size; none reads files, settings or
 * the catalogue. Missing on purpose: `repeat`, `lpad`, `rpad`, `range` and `generate_series` as values, `list_resize`, `printf`, `format`.
 */
export const SQL_FUNCTIONS: ReadonlySet<string> = words(`
  count count_star sum avg mean min max first last any_value arbitrary arg_min arg_max argmin argmax min_by max_by count_if countif bool_and bool_or
  median mode quantile quantile_cont quantile_disc approx_quantile approx_count_distinct stddev stddev_pop stddev_samp var_pop var_samp variance
  corr covar_pop covar_samp regr_slope regr_intercept regr_r2 regr_count skewness kurtosis kurtosis_pop entropy mad product fsum kahan_sum favg
  histogram list array_agg string_agg group_concat listagg bit_and bit_or bit_xor grouping grouping_id weighted_avg
  row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value fill
  abs ceil ceiling floor round trunc sign sqrt cbrt exp ln log log2 log10 pow power mod fmod fdiv greatest least isnan isinf isfinite signbit
  sin cos tan asin acos atan atan2 sinh cosh tanh degrees radians pi random hash
  add subtract multiply divide xor even gcd lcm
  date_trunc datetrunc date_part datepart date_diff datediff date_add date_sub extract time_bucket epoch epoch_ms epoch_us epoch_ns make_timestamp
  make_timestamp_ms make_date make_time to_timestamp now current_timestamp get_current_timestamp current_date today transaction_timestamp
  year quarter month week weekofyear yearweek day dayofmonth dayofweek isodow weekday dayofyear hour minute second millisecond microsecond isoyear
  dayname monthname last_day age strftime strptime try_strptime
  to_years to_quarters to_months to_weeks to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds
  lower upper lcase ucase length len strlen char_length character_length substring substr left right trim ltrim rtrim concat concat_ws replace
  contains starts_with ends_with prefix suffix position strpos instr split_part string_split str_split split reverse ascii chr unicode
  regexp_matches regexp_full_match regexp_extract regexp_replace regexp_split_to_array like_escape ilike_escape not_like_escape not_ilike_escape
  coalesce ifnull nullif if error typeof
  list_value list_contains list_has array_contains list_position list_extract list_element array_extract list_slice array_slice list_sort list_sum
  list_avg list_min list_max list_count list_first list_last list_distinct list_unique list_has_any list_has_all array_length array_to_string
  list_aggregate list_any_value struct_pack struct_extract row unnest map map_keys map_values element_at cardinality
  constant_or_null is_histogram_other_bin width_bucket
`)

/** What may stand in FROM with parentheses. These give their rows bit by bit. */
export const SQL_TABLE_FUNCTIONS: ReadonlySet<string> = words('range generate_series unnest')
