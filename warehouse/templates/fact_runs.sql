-- what: every row of the fact `runs`, also of runs that were replaced, and the history that compactions carry
create or replace {kind} facts.runs as
from read_parquet('{glob}', hive_partitioning = true, hive_types = {{'run_id': varchar}}{union});
