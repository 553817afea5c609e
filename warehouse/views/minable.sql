-- what: predictions that may be mined: of labels, out of fold, not in the test split, not an official unlabelled test
-- grain: post_id, model_id
-- reads: predictions, models, splits, posts, labels
-- audit: not exists (from training_posts t where t.post_id = minable.post_id and t.model_id = minable.model_id and t.split <> 'val' and coalesce(t.held_out_by <> minable.fold, true))
create or replace view main.minable as
select
    p.post_id,
    p.model_id,
    p.fold,
    o.source,
    s.split,
    l.label,
    p.probs,
    -- a modality alone says nothing without the other: both then read as the pair does
    case when p.image_probs is null then p.probs else coalesce(p.text_probs, p.probs) end as text_probs,
    case when p.text_probs is null then p.probs else coalesce(p.image_probs, p.probs) end as image_probs
from predictions p
join models m using (model_id)
join splits s using (post_id)
join posts o using (post_id)
left join labels l on l.post_id = p.post_id and l.task = m.task
where p.is_out_of_fold
  and p.probs is not null
  and s.split <> 'test'
  and not o.is_official_unlabelled;
