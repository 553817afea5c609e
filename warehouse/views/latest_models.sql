-- what: the model of each task that was trained last
-- grain: task
-- reads: models, run_history
create or replace view main.latest_models as
select m.*
from models m
left join run_history h on h.run_id = m.origin_run_id
qualify row_number() over (partition by m.task order by h.finished_at desc, m.model_id) = 1;
