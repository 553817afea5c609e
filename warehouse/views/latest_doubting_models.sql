-- what: the model of each task that was trained last among those that were mined: whose doubts make the queue
-- grain: task
-- reads: models, run_history, doubts
create or replace view main.latest_doubting_models as
select m.*
from models m
left join run_history h on h.run_id = m.origin_run_id
semi join doubts using (model_id)
qualify row_number() over (partition by m.task order by h.finished_at desc, m.model_id) = 1;
