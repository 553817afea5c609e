-- what: train posts that a model speaks of after it was trained on them or on a twin: it says nothing new there
-- grain: post_id, model_id
-- reads: predictions, splits
create or replace view main.seen_posts as
select p.post_id, p.model_id
from predictions p
join splits s using (post_id)
where s.split = 'train' and not p.is_out_of_fold;
