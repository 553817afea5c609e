-- what: when each verb last committed a run, how long that took, and how often it ever did
-- grain: verb
-- reads: run_history
-- audit: n_runs > 0
create or replace view main.last_runs as
select
    verb,
    max(finished_at) as last_at,
    date_diff('millisecond', max_by(started_at, finished_at), max(finished_at)) / 1000 as last_s,
    count(*) as n_runs
from run_history
group by verb;
