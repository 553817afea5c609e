-- what: posts that the latest model doubts: reasons, hardest first, and the strength of disagreement with the given label
-- grain: post_id, task
-- reads: doubts, models, run_history
-- audit: strength between 0 and 1
create or replace view main.hard_posts as
with latest as (
    select m.task, m.model_id
    from models m
    join run_history h on h.run_id = m.origin_run_id
    semi join doubts using (model_id)
    qualify row_number() over (partition by m.task order by h.finished_at desc, m.model_id) = 1
)
select
    d.post_id,
    l.task,
    d.model_id,
    list(d.reason order by d.strength desc, d.reason) as reasons,
    list(d.strength order by d.strength desc, d.reason) as strengths,
    max(d.strength) as strength,
    coalesce(max(d.strength) filter (d.reason = 'wrong-and-confident'), 0) as disagreement
from doubts d
join latest l using (model_id)
group by d.post_id, l.task, d.model_id;
