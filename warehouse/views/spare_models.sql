-- what: models that stand nowhere: never promoted or refused, in nobody's place, no parent, and not the last of their task
-- grain: model_id
-- reads: models, promotions, run_history
create or replace view main.spare_models as
with told as (
    select
        m.model_id,
        m.task,
        h.finished_at as trained_at,
        row_number() over (partition by m.task order by h.finished_at desc, m.model_id) = 1 as is_last
    from models m
    join run_history h on h.run_id = m.origin_run_id
),
named as (
    select model_id from promotions
    union
    select champion_id from promotions
    union
    select parent_model_id from models
)
select model_id, task, trained_at
from told
anti join named using (model_id)
where not is_last;
