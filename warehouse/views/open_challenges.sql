-- what: retrainings that were begun against the champion in place since it stands, and came to no verdict of the gate
--       parent_id: whose weights the challenger begins from; epochs: as they were asked; begun_at: when its labels were frozen;
--       captions: the kind that it reads
-- grain: run_id
-- reads: run_history, champions, models, promotions, snapshot_cards
create or replace view main.open_challenges as
with begun as (
    select
        run_id,
        parameters ->> '$.champion_id' as champion_id,
        parameters ->> '$.snapshot_id' as snapshot_id,
        parameters ->> '$.parent_id' as parent_id,
        (parameters ->> '$.epochs')::integer as epochs,
        finished_at as begun_at
    from run_history
    where verb = 'retrain'
),
ended as (
    select p.champion_id, m.snapshot_id, m.parent_model_id as parent_id
    from promotions p
    join models m using (model_id)
    where p.decided_by = 'gate'
    union
    select c.model_id as champion_id, m.snapshot_id, m.parent_model_id as parent_id
    from champions c
    join models m using (model_id)
)
select b.*, s.captions
from begun b
left join snapshot_cards s using (snapshot_id)
join champions c on c.model_id = b.champion_id and b.begun_at > c.promoted_at
anti join ended e
    on e.champion_id = b.champion_id
    and e.snapshot_id = b.snapshot_id
    and e.parent_id is not distinct from b.parent_id;
