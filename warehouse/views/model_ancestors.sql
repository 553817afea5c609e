-- what: whose weights each model began from, all the way back; each model itself is of generation 0, its parent of 1
--       folds: fold models of each; fold model k began from fold model k, so that no held-out post was ever learned
-- grain: model_id, ancestor_id
-- reads: models
-- audit: folds is not distinct from ancestor_folds
-- audit: generation >= 0
create or replace view main.model_ancestors as
with recursive lines as (
    select model_id, model_id as ancestor_id, 0 as generation
    from models
    union
    select l.model_id, m.parent_model_id as ancestor_id, l.generation + 1 as generation
    from lines l
    join models m on m.model_id = l.ancestor_id
    where m.parent_model_id is not null and m.parent_model_id <> l.model_id
)
select
    l.model_id,
    l.ancestor_id,
    l.generation,
    (m.config ->> '$.folds')::integer as folds,
    (a.config ->> '$.folds')::integer as ancestor_folds,
    a.snapshot_id
from lines l
join models m using (model_id)
join models a on a.model_id = l.ancestor_id;
