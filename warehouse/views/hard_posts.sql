-- what: posts that a model doubts, the champion where it was mined: reasons, hardest first, and the strength of
--       disagreement with the given label
-- grain: post_id, task
-- reads: standing_doubts, doubting_models
-- audit: strength between 0 and 1
create or replace view main.hard_posts as
select
    d.post_id,
    m.task,
    d.model_id,
    list(d.reason order by d.strength desc, d.reason) as reasons,
    list(d.strength order by d.strength desc, d.reason) as strengths,
    max(d.strength) as strength,
    coalesce(max(d.strength) filter (d.reason = 'wrong-and-confident'), 0) as disagreement
from standing_doubts d
join doubting_models m using (model_id)
group by d.post_id, m.task, d.model_id;
