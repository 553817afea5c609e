-- what: the rounds of the loop: each trained model ends one, which began when the model before it (of its task) was trained
-- grain: task, n
-- reads: models, run_history
-- audit: begun_at is null or begun_at <= trained_at
create or replace view main.loop_stretches as
select
    m.task,
    row_number() over told as n,
    m.model_id,
    m.snapshot_id,
    lag(m.snapshot_id) over told as earlier_snapshot_id,
    lag(h.finished_at) over told as begun_at, -- null for the first
    h.finished_at as trained_at
from models m
join run_history h on h.run_id = m.origin_run_id
window told as (partition by m.task order by h.finished_at, m.model_id);
