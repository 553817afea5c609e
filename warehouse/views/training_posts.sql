-- what: the posts that each model learned from, as they were frozen: of its own snapshot (generation 0), and of those of the
--       models whose weights it began from, where its own has them no more; those of train and pool trained it, those of val
--       stopped it. held_out_by: the fold model that never saw the post; null where every network of the model did
-- grain: model_id, post_id
-- reads: models, model_ancestors, snapshots, facts.snapshots, posts
create or replace view main.training_posts as
with learned as (
    select model_id, post_id, label, split, fold, 0 as generation
    from models
    join snapshots using (snapshot_id)
    where parent_model_id is null
    union all
    select a.model_id, t.post_id, t.label, t.split, t.fold, a.generation
    from model_ancestors a
    join models m on m.model_id = a.model_id and m.parent_model_id is not null
    join facts.snapshots t on t.snapshot_id = a.snapshot_id
    qualify row_number() over (partition by a.model_id, t.post_id order by t.split = 'val', a.generation) = 1
)
select
    l.model_id,
    l.post_id,
    p.source,
    coalesce(p.text, '') as text,
    l.label,
    l.split,
    l.fold % nullif((m.config ->> '$.folds')::integer, 0) as held_out_by,
    l.generation
from learned l
join models m using (model_id)
join posts p using (post_id);
