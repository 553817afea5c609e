-- what: every run that ever committed, also those that a compaction or a forced attempt has replaced
-- grain: run_id
-- reads: facts.runs
create or replace view main.run_history as
select * exclude (run_id, origin_run_id), origin_run_id as run_id
from facts.runs
qualify row_number() over (partition by origin_run_id order by (run_id = origin_run_id) desc, run_id) = 1;
