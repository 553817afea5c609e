-- what: the model that speaks for each task: its champion; where none was ever promoted, the one trained last
-- grain: task
-- reads: models, champions, run_history
create or replace view main.standing_models as
select m.*, c.model_id is not null as is_champion
from models m
left join champions c using (task, model_id)
left join run_history h on h.run_id = m.origin_run_id
qualify row_number() over (
    partition by m.task order by c.model_id is not null desc, h.finished_at desc, m.model_id
) = 1;
