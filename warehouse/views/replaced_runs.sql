-- what: runs that count no more, since when, and whether a compaction that counts carries on their rows of `runs`
-- grain: run_id
-- reads: run_history, runs, facts.runs
create or replace view main.replaced_runs as
with replacing as (
    select unnest(replaces) as run_id, finished_at as replaced_at from run_history
),
carried as (
    select distinct f.origin_run_id as run_id
    from facts.runs f
    join runs using (run_id)
    where f.origin_run_id <> f.run_id
)
select
    h.run_id,
    any_value(h.finished_at) as finished_at,
    min(r.replaced_at) as replaced_at,
    h.run_id in (from carried) as is_carried
from run_history h
anti join runs using (run_id)
join replacing r using (run_id)
group by h.run_id;
