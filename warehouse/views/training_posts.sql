-- what: the posts of each model's snapshot as they were frozen: those of train and pool trained it, those of val stopped it
--       held_out_by: the fold model that never saw the post; null where every network of the model did
-- grain: model_id, post_id
-- reads: models, snapshots, posts
create or replace view main.training_posts as
select
    m.model_id,
    t.post_id,
    p.source,
    p.text,
    t.label,
    t.split,
    t.fold % nullif((m.config ->> '$.folds')::integer, 0) as held_out_by
from models m
join snapshots t using (snapshot_id)
join posts p using (post_id);
