-- what: the runs that count: committed, and replaced by none
-- grain: run_id
-- reads: facts.runs
-- audit: finished_at >= started_at
create or replace view main.runs as
with replaced as (
    select unnest(replaces) as run_id from facts.runs where run_id = origin_run_id
)
select * from facts.runs
anti join replaced using (run_id)
where run_id = origin_run_id;
