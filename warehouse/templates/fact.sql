-- what: every visible row of the fact `{name}`; commits are listed before files, so no query sees half a run
-- What a forced attempt replaces is hidden by its maker, since a compaction may hold its rows.
create or replace {kind} facts.{name} as
with forced as (
    select unnest(replaces) as origin_run_id from main.run_history where verb <> 'compact'
)
select f.*
from main.runs
join read_parquet('{glob}', hive_partitioning = true, hive_types = {{'run_id': varchar}}{union}) f using (run_id)
anti join forced on forced.origin_run_id = f.origin_run_id{only};
