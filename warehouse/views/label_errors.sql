-- what: labelled posts that a model which never saw them contradicts, most certain first (self-confidence, Northcutt et al. 2021)
-- grain: post_id, task
-- reads: latest_predictions, labels, splits
-- audit: self_confidence between 0 and 1.000001
create or replace view main.label_errors as
select
    l.post_id,
    l.task,
    p.model_id,
    l.label as given_label,
    p.label as predicted_label,
    p.probs[l.label] as self_confidence,
    p.confidence,
    l.label_origin
from latest_predictions p
join labels l using (post_id, task)
anti join splits s on s.post_id = l.post_id and s.split = 'test'
where p.is_out_of_fold and p.label <> l.label
order by self_confidence, l.post_id;
