-- what: models whose weights nobody needs: never promoted nor in anybody's place, not the last of their task, not of a
--       challenge that is open, and no ancestor of a model that stays. A refused or undecided challenger is spare once
--       another was trained
-- grain: model_id
-- reads: models, open_challenges, promotions, run_history
create or replace view main.spare_models as
with recursive told as (
    select
        m.model_id,
        m.task,
        h.finished_at as trained_at,
        row_number() over (partition by m.task order by h.finished_at desc, m.model_id) = 1 as is_last
    from models m
    join run_history h on h.run_id = m.origin_run_id
),
needed as (
    select model_id from told where is_last
    union
    select model_id from promotions where verdict = 'promoted'
    union
    select champion_id from promotions where champion_id is not null
    union
    select m.model_id
    from models m
    join open_challenges c on c.snapshot_id = m.snapshot_id and c.parent_id is not distinct from m.parent_model_id
),
staying as (
    select model_id from needed
    union
    select m.parent_model_id
    from staying s
    join models m using (model_id)
    where m.parent_model_id is not null
)
select model_id, task, trained_at
from told
anti join staying using (model_id);
