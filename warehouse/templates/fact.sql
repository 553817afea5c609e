-- what: every visible row of the fact `{name}`; commits are listed before files, so no query sees half a run
create or replace view facts.{name} as
select f.*
from main.runs
join read_parquet('{glob}', hive_partitioning = true, hive_types = {{'run_id': varchar}}) f using (run_id);
