-- what: the figures of each model on each split, oldest model first
-- grain: model_id, split, name
-- reads: evaluations, models, run_history
-- audit: low is null or low <= high
create or replace view main.progress as
select e.model_id, m.task, h.finished_at as trained_at, e.split, e.name, e.value, e.low, e.high, e.n
from evaluations e
join models m using (model_id)
left join run_history h on h.run_id = m.origin_run_id
where e.label is null
order by trained_at, e.model_id, e.split, e.name;
