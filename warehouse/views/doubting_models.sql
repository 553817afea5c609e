-- what: the model of each task whose doubts make the queue: the champion where it was mined, else the one trained last of those mined
-- grain: task
-- reads: models, champions, run_history, doubts
create or replace view main.doubting_models as
select m.*
from models m
left join champions c using (task, model_id)
left join run_history h on h.run_id = m.origin_run_id
semi join doubts using (model_id)
qualify row_number() over (
    partition by m.task order by c.model_id is not null desc, h.finished_at desc, m.model_id
) = 1;
